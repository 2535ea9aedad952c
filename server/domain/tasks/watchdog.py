"""What ends a task that nobody runs any more, and gives up workers that are gone.

A running task gives signs of life: events, its SDK's ping every 30 s, its agent's every 60 s. It is stopped when it
has been silent for longer than `watchdog_minutes` (ClearML's rule, two hours by default). It is lost already
when it has been silent for longer than `lost_task_minutes` and there is proof that nobody runs it, of the worker
that last reported to do so:

- the worker is alive and has reported since that it runs another task, or none (an agent that was killed and
  started again says so), or
- the worker signed off.

And it is lost when the worker has been silent, and the task with it, for as long as its queue says, or
`worker_timeout`. That is no proof: the network of a remote worker may be cut. So the time is longer than outages
usually are, and a run that comes back too late is ended (`lost.py`). What is lost waits at the front of its queue
again, as often as the queue allows, or has failed.

A task that was asked to stop ends after two silent minutes: its agent, which would have ended it, is not there.

Silence during which this server didn't listen doesn't count: after a start, or when the machine slept, everybody
gets the full time again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from server.api.change import Change
from server.domain.tasks import lost, queues, transitions
from server.domain.tasks.lost_policy import Policy
from server.store import Store
from server.store.database import times

log = logging.getLogger("soundyard.watchdog")

SILENT = "Forced stop (non-responsive)"
UNANSWERED = "Stopped (its agent did not answer)"
_ANSWER_TIME = timedelta(minutes=2)
_LEAST = timedelta(seconds=2)
"""Of silence, before anything is looked up."""
_REPORTED = 60.0
"""Seconds within which a worker has said what it runs."""
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
    retries: int = 1
    due: timedelta = timedelta(seconds=15)
    _last: datetime | None = None

    def run(self, now: datetime) -> list[str]:
        """Returns: the tasks that run no more."""
        self._notice_a_gap(now)
        with self.store.transaction():
            for worker in self.store.workers.give_up_silent(now, self.worker_timeout.total_seconds()):
                log.info("worker %s has not reported for a while: taken for gone", worker)
            for task in self.store.queues.return_lost(now - queues.HANDOUT_LIFE):
                log.warning("task %s was handed out and never started: back in its queue", task)
            return [task["id"] for task in self.store.workers.running_tasks() if self._judged(task, now)]

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

    def _judged(self, task: dict[str, Any], now: datetime) -> bool:
        """Whether its run has ended by this."""
        since = max(times.parse(task["last_update"]), self.listening_since)
        silent = now - since
        if task["status_message"] == transitions.STOPPING:
            return silent > _ANSWER_TIME and self._stop(task, UNANSWERED, now)
        why = self._loss(task, since, now)
        if why:
            lost.hand_on(self.store, task["id"], self._policy, now, task["worker"] or "its agent", why)
        elif self.watchdog and silent > self.watchdog:
            return self._stop(task, SILENT, now)
        return bool(why)

    @property
    def _policy(self) -> Policy:
        return Policy(self.retries, self.worker_timeout.total_seconds())

    def _loss(self, task: dict[str, Any], since: datetime, now: datetime) -> str:
        """Why the task is taken for lost; empty when it is not. `since`: of its own silence."""
        if not self.lost_task or now - since <= _LEAST or not (task["worker"] or task["handed_out"]):
            return ""
        policy = self._policy.of_queue(self.store.queues.get(task["queue"] or ""))
        silent = (now - since).total_seconds()
        patience = self.lost_task.total_seconds()
        if policy.seconds:
            patience = min(patience, max(policy.seconds, _REPORTED))
        if task["worker"] and silent > patience:
            if task["gone"] == "signed off":
                return "which has signed off"
            if (
                not task["gone"]
                and task["worker_task"] != task["id"]
                and times.parse(task["worker_seen"]) > since
            ):
                return "which does not run it any more"
        seen = task["worker_seen"] or task["last_update"]
        alone = min(silent, lost.silent_for(seen, self.listening_since, now))
        if policy.seconds and alone > policy.seconds:
            return f"of which nothing was heard for {alone:.0f} s"
        return ""

    def _stop(self, task: dict[str, Any], reason: str, now: datetime) -> bool:
        log.warning("task %s (%s): %s", task["id"], task["name"], reason)
        running = ("in_progress",)
        transitions.change(
            self.store, task["id"], "stopped", Change(now, reason=reason), allowed_from=running
        )
        return True
