"""What a monitoring system asks for again and again: each answer costs a look-up or two, whatever is stored."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from server.store.database import times
from server.store.database.db import Database


class Health:
    def __init__(self, db: Database) -> None:
        self._db = db

    def write(self, now: datetime) -> None:
        """Write something, durably. Raises: StorageFull, sqlite3.Error: nothing can be written."""
        with self._db.transaction():
            sql = "INSERT OR REPLACE INTO settings(name, value) VALUES ('written', json_quote(?))"
            self._db.execute(sql, (times.text(now),))

    def schema(self) -> int:
        """The number of the last migration that was applied."""
        return self._db.value("PRAGMA user_version")

    def queues(self, now: datetime) -> list[dict[str, Any]]:
        """Each queue's `name`, `length`, and for how many seconds its next entry has `waited` (0: there is none)."""
        sql = (
            "SELECT q.name, (SELECT COUNT(*) FROM queue_entries e WHERE e.queue = q.id) AS length,"
            " MAX(0, COALESCE((julianday(?) - julianday((SELECT e.added FROM queue_entries e WHERE e.queue = q.id"
            " ORDER BY e.position LIMIT 1))) * 86400.0, 0)) AS waited FROM queues q ORDER BY q.name"
        )
        return [dict(row) for row in self._db.rows(sql, (times.text(now),))]

    def workers(self) -> tuple[int, int]:
        """How many there are, and how many of them say that they run a task."""
        row = self._db.row("SELECT COUNT(*), COUNT(NULLIF(task, '')) FROM workers WHERE gone IS NULL")
        return (row[0], row[1]) if row else (0, 0)

    def tasks(self, status: str) -> int:
        """Of those that do not pile up: queued, in_progress."""
        return self._db.value("SELECT COUNT(*) FROM tasks WHERE status = ?", (status,))

    def sizes(self) -> dict[str, int]:
        """Bytes of the database and of its write-ahead log."""
        log = self._db.path.with_name(self._db.path.name + "-wal")
        return {
            "database": self._db.path.stat().st_size,
            "wal": log.stat().st_size if log.exists() else 0,
        }
