"""Queues and the tasks waiting in them.

An entry leaves its queue in the same transaction that hands it out, so no two agents get one task. Until the task
has started, the hand-out is remembered: should the agent die on the way, the entry goes back (`return_lost`).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson

from server.store.database import restriction, times
from server.store.database.db import Database
from server.store.documents.documents import Collection, Document
from server.store.documents.schema import Schema

SCHEMA = Schema(
    table="queues",
    fields={
        **dict.fromkeys(("name", "display_name", "user", "company"), "text"),
        **dict.fromkeys(("created", "last_update"), "time"),
        **dict.fromkeys(("tags", "system_tags"), "list"),
        "metadata": "json",
    },
)
_WAITING = ("queued", "created")
"""What a waiting task's status may be: `queues.add_task` adds an entry without touching the status."""


class Queues(Collection):
    """See `Collection`; entries are rows of their own."""

    def __init__(self, db: Database) -> None:
        super().__init__(db, SCHEMA)
        self.when_added: Callable[[str], object] | None = None
        """Called with a queue's id after an entry came in and was committed."""

    def by_name(self, name: str) -> Document | None:
        id = self._db.value("SELECT id FROM queues WHERE name = ?", (name,))
        return self.get(id) if id else None

    def create(self, name: str, user: str | None, company: str, now: datetime, **fields: Any) -> str:
        """`fields`: display_name, tags, system_tags. Returns: the new queue's id."""
        stamps = {"created": times.text(now), "last_update": times.text(now)}
        document = {"id": uuid.uuid4().hex, "name": name, "user": user, "company": company}
        return self.insert({"tags": [], "system_tags": [], "metadata": {}, **fields, **document, **stamps})

    def delete(self, ids: Any) -> int:
        """Entries and statistics go with a queue."""
        listed = orjson.dumps([ids] if isinstance(ids, str) else list(ids)).decode()
        self._db.execute("DELETE FROM queue_stats WHERE queue IN (SELECT value FROM json_each(?))", (listed,))
        return super().delete(ids)

    def names(self, queues: list[str]) -> dict[str, str]:
        """Returns: id → name of those that exist."""
        sql = "SELECT id, name FROM queues WHERE id IN (SELECT value FROM json_each(?))"
        return {row["id"]: row["name"] for row in self._db.rows(sql, (orjson.dumps(queues).decode(),))}

    # Entries

    def entries(self, queue: str, limit: int | None = None) -> list[dict[str, Any]]:
        """In order: `task`, `name` (the task's), `added`."""
        sql = (
            "SELECT e.task, t.name, e.added FROM queue_entries e LEFT JOIN tasks t ON t.id = e.task"
            " WHERE e.queue = ? ORDER BY e.position LIMIT ?"
        )
        return [dict(row) for row in self._db.rows(sql, (queue, -1 if limit is None else limit))]

    def length(self, queue: str) -> int:
        return self._db.value("SELECT COUNT(*) FROM queue_entries WHERE queue = ?", (queue,))

    def of_task(self, task: str) -> str | None:
        """The queue in which this task waits."""
        return self._db.value("SELECT queue FROM queue_entries WHERE task = ?", (task,))

    def add(self, queue: str, task: str, now: datetime, *, front: bool = False) -> int:
        """Append an entry. A task already waiting, here or elsewhere, stays where it is. Returns: entries added."""
        self._forget_handout(task)
        return self._insert(queue, task, times.text(now), front=front)

    def _insert(self, queue: str, task: str, added: str, *, front: bool) -> int:
        edge = "COALESCE(MIN(position) - 1, 0)" if front else "COALESCE(MAX(position) + 1, 0)"
        inserted = self._db.execute(
            "INSERT OR IGNORE INTO queue_entries(queue, position, task, added)"
            f" SELECT :queue, {edge}, :task, :added FROM main.queue_entries WHERE queue = :queue",
            {"queue": queue, "task": task, "added": added},
        )
        if inserted and self.when_added:
            self._db.after_commit(lambda: self.when_added and self.when_added(queue))
        return inserted

    def remove(self, task: str, queue: str | None = None) -> int:
        """Take a task out of the queue it waits in (or only out of this one). Returns: entries removed."""
        self._forget_handout(task)
        if queue is None:
            return self._db.execute("DELETE FROM queue_entries WHERE task = ?", (task,))
        return self._db.execute("DELETE FROM queue_entries WHERE task = ? AND queue = ?", (task, queue))

    def clear(self, queue: str) -> list[str]:
        """Returns: the tasks that waited there, of those that the caller may change."""
        sql = (
            "SELECT e.task FROM queue_entries e LEFT JOIN tasks t ON t.id = e.task"
            " WHERE e.queue = ? AND MAY_WRITE(t.project) ORDER BY e.position"
        )
        tasks = [row["task"] for row in self._db.rows(sql, (queue,))]
        self._db.execute_many("DELETE FROM queue_entries WHERE task = ?", [(task,) for task in tasks])
        return tasks

    def reorder(self, queue: str, tasks: list[str]) -> None:
        """Bring the entries that the caller sees into this order; `tasks` names each of them once. They share the
        places that they had, and any others stay in theirs."""
        self._reorder(queue, tasks)

    @restriction.unrestricted
    def _reorder(self, queue: str, tasks: list[str]) -> None:
        """An order is the queue's: it is no change of a task that may only be read."""
        listed = orjson.dumps(tasks).decode()
        sql = (
            "SELECT task, position FROM queue_entries WHERE queue = ?"
            " AND task IN (SELECT value FROM json_each(?)) ORDER BY position"
        )
        before = self._db.rows(sql, (queue, listed))
        moved = [
            (row["position"], task) for row, task in zip(before, tasks, strict=True) if row["task"] != task
        ]
        free = self._db.value("SELECT max(position) FROM queue_entries WHERE queue = ?", (queue,)) or 0
        aside = [(free + 1 + number, task) for number, (_, task) in enumerate(moved)]
        self._db.execute_many("UPDATE queue_entries SET position = ? WHERE task = ?", [*aside, *moved])

    # Hand-out

    def pop(self, queue: str, now: datetime) -> dict[str, Any] | None:
        """Take the first entry out, of those that the caller may change. Entries whose task waits no longer are
        dropped on the way.

        Returns: `task`, `added`, and the task's `user` and `company`; None when nothing waits.
        """
        while row := self._db.row(
            "SELECT e.task, e.added, t.user, t.company, t.status FROM queue_entries e"
            " LEFT JOIN tasks t ON t.id = e.task WHERE e.queue = ? AND MAY_WRITE(t.project)"
            " ORDER BY e.position LIMIT 1",
            (queue,),
        ):
            self._db.execute("DELETE FROM queue_entries WHERE task = ?", (row["task"],))
            if row["status"] in _WAITING:
                self._db.execute(
                    "INSERT OR REPLACE INTO queue_handouts(task, queue, added, handed) VALUES (?, ?, ?, ?)",
                    (row["task"], queue, row["added"], times.text(now)),
                )
                return dict(row)
        return None

    def is_waiting(self, queues: list[str]) -> bool:
        """Whether any of these queues has an entry; costs one look-up each."""
        sql = "SELECT 1 FROM queue_entries WHERE queue IN (SELECT value FROM json_each(?)) LIMIT 1"
        return self._db.value(sql, (orjson.dumps(queues).decode(),)) is not None

    def give_back(self, task: str) -> int:
        """Undo a hand-out that reached nobody: the task is the first of its queue again, unless it has started or
        waits elsewhere by now. Returns: entries put back."""
        handout = self._db.row("SELECT * FROM queue_handouts WHERE task = ?", (task,))
        self._forget_handout(task)
        status = self._db.value("SELECT status FROM tasks WHERE id = ?", (task,))
        if handout is None or status not in _WAITING or not self.exists(handout["queue"]):
            return 0
        return self._insert(handout["queue"], task, handout["added"], front=True)

    def return_lost(self, handed_before: datetime) -> list[str]:
        """Give back what was handed out before this moment and never started. Returns: the tasks put back."""
        sql = "SELECT task FROM queue_handouts WHERE handed < ?"
        lost = [row["task"] for row in self._db.rows(sql, (times.text(handed_before),))]
        return [task for task in lost if self.give_back(task)]

    def _forget_handout(self, task: str) -> None:
        self._db.execute("DELETE FROM queue_handouts WHERE task = ?", (task,))

    # Metrics: the length of each queue and how long its entries have waited, over time

    @restriction.unrestricted
    def sample(self, now: datetime) -> None:
        """Record length and average waiting time (s) of every queue."""
        self._db.execute(
            "INSERT OR REPLACE INTO queue_stats(queue, timestamp, length, waiting)"
            " SELECT q.id, :at, COUNT(e.task),"
            " MAX(0, COALESCE(AVG((julianday(:now) - julianday(e.added)) * 86400.0), 0))"
            " FROM queues q LEFT JOIN queue_entries e ON e.queue = q.id GROUP BY q.id",
            {"at": int(now.timestamp()), "now": times.text(now)},
        )

    def samples(self, start: float, end: float, queues: list[str]) -> list[dict[str, Any]]:
        """`queue`, `timestamp` (s), `length`, `waiting` (s), in order of time; no `queues`: of all."""
        sql = "SELECT * FROM queue_stats WHERE timestamp BETWEEN ? AND ?"
        if queues:
            sql += " AND queue IN (SELECT value FROM json_each(?))"
        params = (start, end, orjson.dumps(queues).decode()) if queues else (start, end)
        return [dict(row) for row in self._db.rows(sql + " ORDER BY timestamp", params)]

    def drop_samples(self, before: datetime) -> int:
        return self._db.execute("DELETE FROM queue_stats WHERE timestamp < ?", (int(before.timestamp()),))
