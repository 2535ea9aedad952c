"""The server may be away for hours while a task runs: whether it answers, waiting for it, and work that outlasts it.

The SDK sends events in the background and tries for ever, but a call of its API blocks until the server is back, an
upload raises, and the end of the process hangs. So what needs the server is done by `tasks.running.outbox` in the
background, or under `Line.persist`; and at its end a process says after what time it ends anyhow (`Line.end_within`).
"""

import os
import sys
import threading
import time
from collections.abc import Callable
from itertools import count
from typing import Any, TypeVar

from audio import interruption
from audio.errors import AudioError
from tasks.client.connection import Connection, setting
from tasks.errors import SoundyardError, Unreachable

HOURS = "SOUNDYARD_OUTAGE_HOURS"  # h that a finished task waits for a server that is away
DEFAULT_HOURS = 24.0
EVERY = 2.0  # s between looks
TRIES = 3  # of work that fails although the server answers

Found = TypeVar("Found")


def patience() -> float:
    """Seconds that a finished task waits for a server that is away. Raises SoundyardError for what is no number."""
    text = os.environ.get(HOURS) or str(DEFAULT_HOURS)
    try:
        return 3600 * max(0.0, float(text))
    except ValueError:
        raise SoundyardError(f"{HOURS} is {text!r}; it must be a number of hours, as 24 or 0.5.") from None


class Line:
    """The line to the server. Safe to be used by several threads."""

    def __init__(self, server: Connection, kept_in: str = "", seconds: float | None = None) -> None:
        """`kept_in`: where results lie meanwhile, for messages; `seconds`: how long to wait, `patience()` by itself."""
        self.server, self.kept_in = server, kept_in
        self.seconds = patience() if seconds is None else seconds

    def there(self) -> bool:
        """Whether the server answers right now."""
        import requests

        verify = setting(self.server.settings, "api", "verify_certificate")
        address = self.server.api_server.rstrip("/") + "/debug.ping"
        try:
            answer = requests.get(address, timeout=5, verify=True if verify is None else verify)
        except requests.RequestException:
            return False
        return int(answer.status_code) < 500

    def wait(self, why: str, seconds: float | None = None) -> None:
        """Return once the server answers, with a word when that takes a while. Raises Unreachable at the limit."""
        limit = self.seconds if seconds is None else seconds
        began = time.monotonic()
        if self.there():
            return
        say(
            f"The server at {self.server.api_server} does not answer. {why} Waiting for it, up to {span(limit)}."
        )
        while not self.there():
            if time.monotonic() - began > limit:
                raise Unreachable(self.given_up(limit))
            time.sleep(EVERY)
        say(f"The server answers again after {span(time.monotonic() - began)}.")

    def given_up(self, seconds: float) -> str:
        """What is said at the limit."""
        kept = f" What was done is kept in {self.kept_in}." if self.kept_in else ""
        return (
            f"The server at {self.server.api_server} did not answer for {span(seconds)}.{kept} When it runs again, put "
            f"the task on a queue: on this machine it goes on from there. ({HOURS} sets how long is waited.)"
        )

    def persist(self, what: str, action: Callable[[], Found]) -> Found:
        """Do what needs the server, again when it went away meanwhile. Raises Unreachable, and what `action` does.

        `action` may run several times. Errors that are meant for people are not tried again.
        """
        for attempt in count(1):
            self.wait(f"{what} has to wait.")
            try:
                return action()
            except (SoundyardError, AudioError):
                if self.there():
                    raise
            except Exception as error:
                if attempt >= TRIES and self.there():
                    raise
                say(f"note: {what} did not succeed ({first_line(error)}); trying again")
                time.sleep(min(attempt, 5) * EVERY / 4)
        raise AssertionError("unreachable")

    def end_within(self, seconds: float) -> None:
        """From now on the process ends once the server was away for so long."""
        threading.Thread(target=self._watch, args=(seconds,), daemon=True).start()

    def _watch(self, longest: float) -> None:
        last = time.monotonic()
        while True:
            time.sleep(EVERY)
            if self.there():
                last = time.monotonic()
            elif time.monotonic() - last > longest:
                leave(self.given_up(longest))


def find_it_soon(task: Any) -> None:
    """Let the SDK look for a server that is away every two seconds: its pauses grow to two minutes otherwise, whatever
    the configuration says (urllib3 2 does not heed the SDK's way of setting a limit)."""
    session = getattr(task.session, "_Session__http_session", None)
    for adapter in getattr(session, "adapters", {}).values():
        adapter.max_retries.backoff_max = EVERY


def leave(message: str, status: int = 1) -> None:
    """End the process here and now, without the SDK's own goodbye, which waits for the server."""
    print(f"error: {message}", file=sys.__stderr__, flush=True)  # not through the SDK's console
    if status == interruption.STATUS:
        interruption.end()
    os._exit(status)


def say(text: str) -> None:
    print(text, flush=True)


def span(seconds: float) -> str:
    """`90 s`, `12 min`, `24 h`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 2 * 3600 else f"{seconds / 3600:.3g} h"


def first_line(error: Any) -> str:
    """What an error says, short."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
