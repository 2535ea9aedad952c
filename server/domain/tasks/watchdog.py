"""What ends a task that nobody runs any more, and gives up workers that are gone.

A running task gives signs of life: events, its SDK's ping every 30 s, its agent's every 60 s. It is stopped when it
has been silent for longer than `watchdog_minutes` (ClearML's rule, two hours by default). It is stopped already
when it has been silent for longer than `lost_task_minutes` and there is proof that nobody runs it, of the worker
that last reported to do so:

- the worker is alive and has reported since that it runs another task, or none (an agent that was killed and
  started again says so), or
- the worker signed off, or
- the worker runs on this server's own machine and has been silent for `worker_timeout_seconds` itself.

A task that was asked to stop ends after two silent minutes: its agent, which would have ended it, is not there.

A remote worker that falls silent together with its task proves nothing: the network may be cut, and the run may
come back. It gets the two hours.

Silence during which this server didn't listen doesn't count: after a start, or when the machine slept, everybody
gets the full time again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from server.domain.tasks import queues, transitions
from server.store import Store, times

log = logging.getLogger("soundyard.watchdog")

SILENT = "Forced stop (non-responsive)"
LOST = "Forced stop (its worker is gone)"
UNANSWERED = "Stopped (its agent did not answer)"
_ANSWER_TIME = timedelta(minutes=2)
_KEPT = timedelta(days=7)
"""Statistics of machines and queues."""


@dataclass
class Watchdog:
    """`listening_since`: silence counts from here at the earliest. `due`: how often `run` is called."""

    store: Store
    listening_since: datetime
    watchdog: timedelta
    lost_task: timedelta
    worker_timeout: timedelta
    due: timedelta = timedelta(seconds=15)
    _last: datetime | None = None

    def run(self, now: datetime) -> list[str]:
        """Returns: the tasks that were stopped."""
        self._notice_a_gap(now)
        with self.store.transaction():
            for worker in self.store.workers.give_up_silent(now, self.worker_timeout.total_seconds()):
                log.info("worker %s has not reported for a while: taken for gone", worker)
            for task in self.store.queues.return_lost(now - queues.HANDOUT_LIFE):
                log.warning("task %s was handed out and never started: back in its queue", task)
            verdicts = [(task, self._verdict(task, now)) for task in self.store.workers.running_tasks()]
            return [self._stop(task, reason, now) for task, reason in verdicts if reason]

    def sample(self, now: datetime) -> None:
        """Record queue lengths, and drop old statistics."""
        old = now - _KEPT
        with self.store.transaction():
            self.store.queues.sample(now)
            self.store.queues.drop_samples(old)
            self.store.workers.drop_stats(old)
            self.store.workers.drop_gone(old)
            self.store.serving.drop_old(old)

    def _notice_a_gap(self, now: datetime) -> None:
        """The machine slept, or its clock was set: whoever is alive must get the chance to say so."""
        if self._last is not None and not timedelta(0) <= now - self._last <= 4 * self.due:
            self.listening_since = now
        self._last = now

    def _verdict(self, task: dict[str, Any], now: datetime) -> str | None:
        since = max(times.parse(task["last_update"]), self.listening_since)
        silent = now - since
        if self.watchdog and silent > self.watchdog:
            return SILENT
        if task["status_message"] == transitions.STOPPING and silent > _ANSWER_TIME:
            return UNANSWERED
        if not self.lost_task or silent <= self.lost_task or task["worker"] is None:
            return None
        if task["gone"]:
            return LOST if task["gone"] == "signed off" or task["local"] else None
        says_otherwise = task["worker_task"] != task["id"] and times.parse(task["worker_seen"]) > since
        return LOST if says_otherwise else None

    def _stop(self, task: dict[str, Any], reason: str, now: datetime) -> str:
        log.warning("task %s (%s): %s", task["id"], task["name"], reason)
        running = ("in_progress",)
        transitions.change(self.store, task["id"], "stopped", now, None, reason=reason, allowed_from=running)
        return task["id"]
