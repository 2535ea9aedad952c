"""A clean stop: the server's abort reaches the work, the work keeps its state, and only then the process ends.

An agent, like the SDK's own monitor, kills an aborted task's process at once, unless the task has registered an abort
callback: then it waits until the callback returns. The callback runs in a thread of the SDK; it asks the main thread
to stop (`requested`) and waits until that has kept what it wants to keep (`kept`).
"""

import threading
from typing import Any

PATIENCE = 120.0  # s that the main thread has to finish its batch and upload its checkpoint


class StopRequest:
    """Whether the server wants the task to end, and whether the work has come to a clean end."""

    def __init__(self, task: Any) -> None:
        self._requested = threading.Event()
        self._kept = threading.Event()
        task.register_abort_callback(self._on_abort, callback_execution_timeout=PATIENCE)

    def __call__(self) -> bool:
        """True once the server has asked to stop: the shape of `should_stop` in `audio/`."""
        return self._requested.is_set()

    def wait(self, seconds: float) -> None:
        """Pause, no longer than until the server asks to stop."""
        self._requested.wait(seconds)

    def kept(self) -> None:
        """Say that everything worth keeping has been uploaded, and wait for the process to be ended."""
        self._kept.set()
        threading.Event().wait(PATIENCE)

    def _on_abort(self) -> None:
        self._requested.set()
        self._kept.wait(PATIENCE)
