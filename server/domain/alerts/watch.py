"""What the rules look for, found once: a change of status as it happened, a condition when it begins to hold."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from server.store import Store
from server.store.database import times

_OVERLAP = timedelta(minutes=2)
"""A round looks that far back again: what is told already is not told twice."""
_FIRST = timedelta(days=1)
"""So far the first round after a start looks back: less than what is told is kept."""
_KEPT = timedelta(days=90)
_WORDS = {
    "created": "is a draft again", "queued": "was enqueued", "in_progress": "began", "stopped": "was aborted",
    "failed": "failed", "completed": "completed", "closed": "was closed", "published": "was published",
}  # fmt: skip


@dataclass
class Watch:
    """`run` is called every few seconds; time is passed in."""

    store: Store
    _looked: dict[str, datetime] = field(default_factory=dict)
    _pruned: datetime | None = None

    def run(self, now: datetime) -> int:
        """Returns: how much has happened that is news."""
        alerts = self.store.alerts
        rules = alerts.rules(enabled=True)
        changes = alerts.changes()
        found = [(rule, event) for rule in rules for event in self._events(rule, changes, now)]
        told = 0
        with self.store.transaction() if found or changes else nullcontext():
            for rule, event in found:
                told += alerts.tell(rule, now, event)
            if changes:
                alerts.drop_changes(changes[-1]["id"])
        self._end(rules, found)
        self._prune(now)
        return told

    def _end(self, rules: list[dict[str, Any]], found: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
        holding = {(rule["id"], event["key"]) for rule, event in found}
        for rule in rules:
            over = [key for key in self.store.alerts.holding(rule["id"]) if (rule["id"], key) not in holding]
            if over:
                with self.store.transaction():
                    for key in over:
                        self.store.alerts.end(rule["id"], key)

    def _prune(self, now: datetime) -> None:
        if self._pruned is not None and timedelta(0) <= now - self._pruned < timedelta(hours=1):
            return
        self._pruned = now
        with self.store.transaction():
            self.store.alerts.drop_old(now - _KEPT)

    def _events(
        self, rule: dict[str, Any], changes: list[dict[str, Any]], now: datetime
    ) -> Iterator[dict[str, Any]]:
        condition = rule["condition"]
        if rule["kind"] == "status":
            yield from self._statuses(rule, condition, changes)
        elif rule["kind"] == "metric":
            yield from self._metrics(rule, condition, now)
        elif rule["kind"] == "queue":
            yield from self._queues(condition, now)
        elif rule["kind"] == "worker":
            yield from self._workers(rule)
        else:
            yield from self._disk(rule, condition)

    def _statuses(
        self, rule: dict[str, Any], condition: dict[str, Any], changes: list[dict[str, Any]]
    ) -> Iterator[dict[str, Any]]:
        if not changes:
            return
        for change in self.store.alerts.changes_of(condition, rule["since"], changes[-1]["id"]):
            word = _WORDS.get(change["status"], f"is {change['status']}")
            tab = "log" if change["status"] == "failed" else "execution"
            yield {
                **_of_task(change["task"], change["project"], tab),
                "key": f"{change['id']} {change['task']} {change['status']}",
                "title": f"{change['name']} {word}",
                "text": change["why"] or "",
            }

    def _metrics(
        self, rule: dict[str, Any], condition: dict[str, Any], now: datetime
    ) -> Iterator[dict[str, Any]]:
        begin = times.parse(rule["since"])
        since = max(begin, self._looked.get(rule["id"], now - _FIRST) - _OVERLAP)
        self._looked[rule["id"]] = now
        name = f"{condition['metric']}/{condition['variant']}"
        for task in self.store.alerts.metrics(condition, times.text(since)):
            key = f"{task['id']} {task['started']}"
            if self.store.alerts.is_told(rule["id"], key):
                continue
            yield {
                **_of_task(task["id"], task["project"], "scalars"),
                "key": key,
                "title": f"{task['name']}: {name} is {task['value']:.6g}",
                "text": f"{condition['comparison']} {condition['value']:g}, at iteration {task['iter'] or 0}",
            }

    def _queues(self, condition: dict[str, Any], now: datetime) -> Iterator[dict[str, Any]]:
        before = now - timedelta(minutes=condition["minutes"])
        for queue in self.store.alerts.late_queues(condition["queue"], before):
            yield {
                "key": f"queue {queue['id']}",
                "holds": True,
                "project": None,
                "title": f"Tasks wait in the queue {queue['name']}",
                "text": f"{queue['waiting']} waiting, the first since {queue['since'][:16]} UTC",
                "path": f"/queues/{queue['id']}",
            }

    def _workers(self, rule: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for worker in self.store.alerts.lost_workers(rule["since"]):
            runs = f"; it ran {worker['task_name']}" if worker["task_name"] else ""
            yield {
                "key": f"{worker['id']} {worker['seen']}",
                "holds": False,
                "project": worker["project"],
                "title": f"The worker {worker['id']} is lost",
                "text": f"no sign of life since {worker['seen'][:16]} UTC{runs}",
                "path": "/workers",
            }

    def _disk(self, rule: dict[str, Any], condition: dict[str, Any]) -> Iterator[dict[str, Any]]:
        free = shutil.disk_usage(self.store.folder).free / 1e9
        limit = condition["free_gb"] * (1.1 if self.store.alerts.is_told(rule["id"], "disk") else 1)
        if free < limit:
            yield {
                "key": "disk",
                "holds": True,
                "project": None,
                "title": f"The server's disk is nearly full: {free:.1f} GB free",
                "text": f"less than {condition['free_gb']:g} GB",
                "path": "/settings/storage",
            }


def _of_task(task: str, project: str | None, tab: str) -> dict[str, Any]:
    return {
        "project": project,
        "holds": False,
        "path": f"/projects/{project or '*'}/tasks/{task}/output/{tab}",
    }
