"""Windows of several requests computed together: whatever has come while the batch before was computed is the next one.

So a single request waits for nobody, and many share the cost of a batch.
"""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as Late
from contextvars import ContextVar
from typing import Any

import numpy as np

from audio.runtimes.contract import Runtime
from audio.serving.errors import Overdue

deadline: ContextVar[float] = ContextVar(
    "deadline", default=float("inf")
)  # of time.monotonic, of a request's thread


def hurry() -> None:
    """Raises Overdue once the time of this thread's request is over."""
    if time.monotonic() > deadline.get():
        raise Overdue("It took longer than a request may take here.")


class Batched:
    """A runtime (`audio.runtimes.contract.Runtime`) that many threads may call, over one that computes."""

    def __init__(self, runtime: Runtime, most: int, computed: Callable[[int], object]) -> None:
        """`most`: windows of a batch; `computed` is told of the windows of each."""
        self._runtime, self._most, self._computed = runtime, most, computed
        self.classes, self.multi_label = runtime.classes, runtime.multi_label
        self.preparation, self.calibration = runtime.preparation, runtime.calibration
        self.frontend = runtime.frontend
        self._waiting: queue.SimpleQueue[tuple[np.ndarray, Future[np.ndarray]] | None] = queue.SimpleQueue()
        threading.Thread(target=self._compute, name="computing", daemon=True).start()

    def logits(self, waves: np.ndarray) -> np.ndarray:
        """`(batch, time)` → `(batch, classes)`. Raises Overdue."""
        found = []
        for at in range(0, len(waves), self._most):  # no more than others have to wait for
            hurry()
            asked: Future[np.ndarray] = Future()
            self._waiting.put((waves[at : at + self._most], asked))
            left = deadline.get() - time.monotonic()
            try:
                found.append(asked.result(None if left == float("inf") else max(0.0, left)))
            except (Late, CancelledError) as error:
                asked.cancel()
                raise Overdue("It took longer than a request may take here.") from error
        return np.concatenate(found)

    def embeddings(self, waves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Computed by who asks."""
        return self._runtime.embeddings(waves)

    def close(self) -> None:
        """No more is asked."""
        self._waiting.put(None)

    def _compute(self) -> None:
        held: tuple[np.ndarray, Future[np.ndarray]] | None = None
        while True:
            one = held or self._waiting.get()
            held = None
            if one is None:
                return
            together, windows = [one], len(one[0])
            while windows < self._most:
                try:
                    more = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if more is None or windows + len(more[0]) > self._most:
                    held = more
                    if more is None:
                        self._waiting.put(None)
                    break
                together.append(more)
                windows += len(more[0])
            self._answer(
                [(waves, asked) for waves, asked in together if asked.set_running_or_notify_cancel()]
            )

    def _answer(self, together: list[tuple[np.ndarray, "Future[np.ndarray]"]]) -> None:
        if not together:
            return
        try:
            logits: Any = self._runtime.logits(np.concatenate([waves for waves, _ in together]))
        except BaseException as error:  # is raised in the threads that wait for it
            for _, asked in together:
                asked.set_exception(error)
            return
        self._computed(len(logits))
        at = 0
        for waves, asked in together:
            asked.set_result(logits[at : at + len(waves)])
            at += len(waves)
