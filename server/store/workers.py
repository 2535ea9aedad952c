"""Workers (running agents): who is there, what each runs, what its machine does."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from server.store.database import times
from server.store.database.db import Database

_JSON = ("queues", "tags", "system_tags", "runtime_properties")


class Workers:
    def __init__(self, db: Database) -> None:
        self._db = db

    def touch(self, worker: str, now: datetime, fields: dict[str, Any]) -> None:
        """Note a sign of life, and set these columns. An unknown worker, or one that had gone, is registered by it."""
        values = {
            name: orjson.dumps(value).decode() if name in _JSON else value for name, value in fields.items()
        }
        values |= {"last_activity_time": times.text(now), "last_report_time": times.text(now), "gone": None}
        given = {"id": worker, "register_time": times.text(now), **values}
        names, slots = ", ".join(given), ", ".join(f":{name}" for name in given)
        changes = ", ".join(f"{name} = excluded.{name}" for name in values)
        self._db.execute(
            f"INSERT INTO workers({names}) VALUES ({slots}) ON CONFLICT(id) DO UPDATE SET {changes}", given
        )

    def sign_off(self, worker: str, now: datetime) -> int:
        sql = "UPDATE workers SET gone = 'signed off', last_activity_time = ? WHERE id = ? AND gone IS NULL"
        return self._db.execute(sql, (times.text(now), worker))

    def get(self, worker: str, *, gone_too: bool = False) -> dict[str, Any] | None:
        row = self._db.row("SELECT * FROM workers WHERE id = ? AND (gone IS NULL OR ?)", (worker, gone_too))
        return _worker(row) if row else None

    def set_properties(self, worker: str, properties: dict[str, Any]) -> None:
        """Of one that is known; no sign of life."""
        sql = "UPDATE workers SET runtime_properties = ? WHERE id = ?"
        self._db.execute(sql, (orjson.dumps(properties).decode(), worker))

    def all(self, seen_after: datetime | None = None) -> list[dict[str, Any]]:
        """Each with the names of what it refers to: user_name, task_name, task_started, task_iteration, project,
        project_name."""
        sql = (
            "SELECT w.*, u.name AS user_name, t.name AS task_name, t.started AS task_started,"
            " t.last_iteration AS task_iteration, t.project, p.name AS project_name FROM workers w"
            " LEFT JOIN users u ON u.id = w.user LEFT JOIN tasks t ON t.id = w.task"
            " LEFT JOIN projects p ON p.id = t.project WHERE w.gone IS NULL AND w.last_activity_time >= ? ORDER BY w.id"
        )
        return [_worker(row) for row in self._db.rows(sql, (times.text(seen_after) if seen_after else "",))]

    def queue_lists(self, queue: str) -> list[list[str]]:
        """The different lists of queues that workers listen to, of those with this queue in it."""
        sql = "SELECT DISTINCT queues FROM workers WHERE gone IS NULL AND queues LIKE ?"
        return [orjson.loads(row["queues"]) for row in self._db.rows(sql, (f"%{queue}%",))]

    def queue_heads(self) -> dict[str, dict[str, Any]]:
        """Returns: queue id → its `name`, `num_tasks`, and its first task's `next_id` and `next_name`."""
        rows = self._db.rows(
            "SELECT q.id, q.name, (SELECT COUNT(*) FROM queue_entries e WHERE e.queue = q.id) AS num_tasks,"
            " t.id AS next_id, t.name AS next_name FROM queues q LEFT JOIN tasks t ON t.id ="
            " (SELECT e.task FROM queue_entries e WHERE e.queue = q.id ORDER BY e.position LIMIT 1)"
        )
        return {row["id"]: dict(row) for row in rows}

    def give_up_silent(self, now: datetime, default_seconds: float) -> list[str]:
        """Those silent for longer than the timeout they registered with are gone. Returns: their ids."""
        where = (
            "gone IS NULL AND (julianday(?) - julianday(last_activity_time)) * 86400.0"
            " > COALESCE(NULLIF(register_timeout, 0), ?)"
        )
        params = (times.text(now), default_seconds)
        silent = [row["id"] for row in self._db.rows(f"SELECT id FROM workers WHERE {where}", params)]
        self._db.execute(f"UPDATE workers SET gone = 'silent' WHERE {where}", params)
        return silent

    def drop_gone(self, before: datetime) -> int:
        """Forget for good who has been gone since then."""
        sql = "DELETE FROM workers WHERE gone IS NOT NULL AND last_activity_time < ?"
        return self._db.execute(sql, (times.text(before),))

    def running_tasks(self) -> list[dict[str, Any]]:
        """Tasks `in_progress` (id, name, last_update, status_message, started), and what is known of the worker that
        reported to run each: `worker` (None: nobody ever did), gone, local, worker_task, worker_seen; `queue`,
        and whether it was `handed_out` to an agent, rather than begun by hand."""
        sql = (
            "SELECT t.id, t.name, t.last_update, t.status_message, w.id AS worker, w.gone, w.local,"
            " w.task AS worker_task, w.last_activity_time AS worker_seen,"
            " json_extract(d.execution, '$.queue') AS queue,"
            " t.system_tags NOT LIKE '%\"development\"%' AND json_extract(d.execution, '$.queue') IS NOT NULL"
            " AS handed_out FROM tasks t LEFT JOIN workers w ON w.id = t.last_worker"
            " LEFT JOIN task_documents d ON d.id = t.id WHERE t.status = 'in_progress'"
        )
        return [dict(row) for row in self._db.rows(sql)]

    def runs(self, worker: str, task: str) -> bool:
        """Whether the worker is there and says that it runs this task."""
        sql = "SELECT 1 FROM workers WHERE id = ? AND task = ? AND gone IS NULL"
        return self._db.value(sql, (worker, task)) is not None

    def note_task(self, task: str, worker: str, now: datetime) -> None:
        """The task is known to run on this worker."""
        self._db.execute(
            "UPDATE tasks SET last_worker = ?, last_worker_report = ?, last_update = ? WHERE id = ?",
            (worker, times.text(now), times.text(now), task),
        )

    # Machine statistics

    def add_stats(self, worker: str, task: str | None, at: int, values: list[tuple[str, str, float]]) -> None:
        """`at`: milliseconds. `values`: (metric, variant, value)."""
        self._db.execute_many(
            "INSERT OR REPLACE INTO worker_stats(worker, timestamp, metric, variant, value, task)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [(worker, at, metric, variant, value, task) for metric, variant, value in values],
        )

    def metric_keys(self, workers: list[str]) -> list[str]:
        sql = "SELECT DISTINCT metric FROM worker_stats"
        if not workers:
            return [row["metric"] for row in self._db.rows(sql + " ORDER BY metric")]
        sql += " WHERE worker IN (SELECT value FROM json_each(?)) ORDER BY metric"
        return [row["metric"] for row in self._db.rows(sql, (orjson.dumps(workers).decode(),))]

    def stats(
        self, start: float, end: float, interval: int, metrics: list[str], workers: list[str]
    ) -> list[dict[str, Any]]:
        """Aggregates of each (worker, metric, variant) in each interval: `date` (s), `avg`, `min`, `max`.

        `start`, `end`: seconds since the epoch. Points without a report are absent.
        """
        where = "timestamp BETWEEN :start AND :end AND metric IN (SELECT value FROM json_each(:metrics))"
        if workers:
            where += " AND worker IN (SELECT value FROM json_each(:workers))"
        sql = (
            "SELECT worker, metric, variant, CAST(timestamp / 1000 / :interval AS INTEGER) * :interval AS date,"
            f" AVG(value) AS avg, MIN(value) AS min, MAX(value) AS max FROM worker_stats WHERE {where}"
            " GROUP BY worker, metric, variant, date ORDER BY worker, metric, variant, date"
        )
        params = {
            "start": start * 1000,
            "end": end * 1000,
            "interval": interval,
            "metrics": orjson.dumps(metrics).decode(),
            "workers": orjson.dumps(workers).decode(),
        }
        return [dict(row) for row in self._db.rows(sql, params)]

    def activity(self, start: float, end: float, interval: int) -> list[dict[str, Any]]:
        """How many workers reported in each interval (`total`), and how many of them with a task (`active`)."""
        sql = (
            "SELECT CAST(timestamp / 1000 / :interval AS INTEGER) * :interval AS date,"
            " COUNT(DISTINCT worker) AS total, COUNT(DISTINCT CASE WHEN task IS NOT NULL THEN worker END) AS active"
            " FROM worker_stats WHERE timestamp BETWEEN :start AND :end GROUP BY date ORDER BY date"
        )
        params = {"start": start * 1000, "end": end * 1000, "interval": interval}
        return [dict(row) for row in self._db.rows(sql, params)]

    def drop_stats(self, before: datetime) -> int:
        sql = "DELETE FROM worker_stats WHERE timestamp < ?"
        return self._db.execute(sql, (int(before.timestamp() * 1000),))


def _worker(row: Any) -> dict[str, Any]:
    worker = dict(row)
    for name in _JSON:
        worker[name] = orjson.loads(worker[name])
    return worker
