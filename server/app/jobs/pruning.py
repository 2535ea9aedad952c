"""Rounds of retention while the server works, at a quiet pace, so that nobody waits for them; they end with it."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from datetime import datetime, timedelta

from server.domain.projects import retention, retention_policy
from server.store import Store

log = logging.getLogger("soundyard.retention")

_SHARE = 4
"""Times as long as a step takes, nothing is done: at most a fifth of the writer's time."""
_LEAST = 0.01


class Pruning:
    """`end` may be called from another thread. Time is passed in."""

    def __init__(self, store: Store, minutes: float) -> None:
        self._store = store
        self._every = timedelta(minutes=minutes)
        self._due: datetime | None = None
        self._ended = threading.Event()

    def run(self, now: datetime) -> None:
        """A round, if it is time and anything is set."""
        if self._due is not None and self._due - self._every <= now < self._due:
            return
        self._due = now + self._every
        if not retention_policy.policy(self._store):
            return
        done = retention.Round(self._store, now, self._wait)
        with suppress(retention.Interrupted):
            done.run()
        if done.rows or done.files:
            log.info("let go of what was old: %s rows, %s files", done.rows, done.files)

    def _wait(self, took: float) -> None:
        if self._ended.wait(max(_LEAST, _SHARE * took)):
            raise retention.Interrupted

    def end(self) -> None:
        self._ended.set()
