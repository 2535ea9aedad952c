"""An agent that takes no task for a while: the server is told so, and why, and the agent's log is.

It is done by ClearML's own means, the worker's runtime property `force`, which its daemon asks for before it takes a
task, and which lapses by itself. Beside it stands `held`, the reason, which the Workers page shows.
"""

import os
import time
from pathlib import Path

import requests

from agents.told import tracked

PAUSES = (
    30.0,
    60.0,
    120.0,
    240.0,
    480.0,
    600.0,
)  # s, the first time that nothing can be fetched, the second, …
UNTOLD = (requests.RequestException, OSError, KeyError, ValueError)  # of a server, or of its configuration


def hold(server: tracked.Server, worker: str, why: str, seconds: float) -> None:
    """Take no task for so long. Raises: requests.RequestException; a server without such properties refuses."""
    _set(server, worker, seconds, force="off", held=why)


def release(server: tracked.Server, worker: str) -> None:
    """The opposite of `hold`. Raises: requests.RequestException."""
    _set(server, worker, 1.0, force="on", held="")


def _set(server: tracked.Server, worker: str, seconds: float, **values: str) -> None:
    properties = [{"key": key, "value": value, "expiry": seconds} for key, value in values.items()]
    server.call("workers.set_runtime_properties", worker=worker, runtime_properties=properties)


def say(text: str) -> str:
    """As a line of the agent's log. Returns: that line."""
    return f"{time.strftime('%Y-%m-%d %H:%M:%S')} soundyard: {text}"


class Failures:
    """How often in a row an agent could not fetch what it was to run; kept beside its configuration and log.

    `configuration`: the agent's own, NAME.conf; None for a task that no agent of ours has taken.
    """

    def __init__(self, configuration: Path | None) -> None:
        self._count = configuration and configuration.with_suffix(".unfetched")
        self._log = configuration and configuration.with_suffix(".log")

    @classmethod
    def of_this_agent(cls) -> "Failures":
        """Of the agent that has started this process."""
        file = os.environ.get("CLEARML_CONFIG_FILE") if tracked.worker() else None
        return cls(Path(file) if file else None)

    def one_more(self, server: tracked.Server, worker: str, why: str) -> None:
        """Take no task for a while, which is longer each time."""
        if not self._count or not self._log:
            return
        number = self._number()
        pause = PAUSES[min(number, len(PAUSES) - 1)]
        hold(server, worker, why, pause)
        self._count.write_text(str(number + 1))
        with self._log.open("a") as log:
            print(say(f"no task is taken for {pause:.0f} s: {why}"), file=log)

    def none(self) -> None:
        """Something was fetched: the next pause is the first one again."""
        if self._count:
            self._count.unlink(missing_ok=True)

    def _number(self) -> int:
        try:
            return int(self._count.read_text()) if self._count else 0
        except (OSError, ValueError):
            return 0
