"""What the server is told when Ctrl-C ends a run: the task is stopped, and so is what it has put on queues."""

import atexit
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from audio import interruption
from tasks.client import connection
from tasks.errors import Unreachable

REASON = "interrupted with Ctrl-C"


class LastWord:
    """Says it after the SDK's goodbye, or instead of it when Ctrl-C is pressed again: to be made before `Task.init`.

    Not before: the SDK's monitor takes a stopped task for one that somebody aborts, and interferes. A server that is
    away learns it from nobody; its watchdog ends the task.
    """

    def __init__(self, server: connection.Connection) -> None:
        self._server = server
        self._task = ""
        atexit.register(self)  # those that are registered later, as the SDK's, are called earlier
        interruption.at_last(self)

    def about(self, task: str) -> None:
        """This task was interrupted. Its steps and trials are stopped at once."""
        self._task = task
        with _undisturbed(), suppress(Unreachable):
            self._stop_steps()

    def _stop_steps(self) -> None:
        for step in self._unfinished():
            why = f"task {self._task} was {REASON}"
            connection.call(self._server, "tasks.stop", task=step, status_reason=why)

    def _unfinished(self) -> list[str]:
        """Steps of a pipeline and trials of a search that wait or run: nobody would look at what they give."""
        asked: dict[str, Any] = {"parent": self._task, "status": ["queued", "in_progress"]}
        found = connection.call(
            self._server, "tasks.get_all", **asked, only_fields=["id"], search_hidden=True
        )
        return [str(one["id"]) for one in found["tasks"]]

    def __call__(self) -> None:
        if self._task:
            with _undisturbed(), suppress(Unreachable):
                told: dict[str, Any] = {"task": self._task, "force": True, "status_reason": REASON}
                connection.call(self._server, "tasks.stopped", **told)
                self._stop_steps()  # again: the SDK's threads may have put one on a queue since


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Without Ctrl-C for as long as the block runs, which is seconds."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
