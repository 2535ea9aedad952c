"""What takes how much room: the database, and the files by what they are, whose they are, and in which project."""

from __future__ import annotations

from typing import Any

from server.store.database.db import Database

_KIND = """
CASE WHEN instr(f.path, '/artifacts/') THEN 'artifacts' WHEN instr(f.path, '/models/') THEN 'models'
    WHEN instr(f.path, '/metrics/') THEN 'debug samples' ELSE 'other' END
"""
_ROOM = "count(*) AS files, coalesce(sum(f.size), 0) AS bytes"


class Usage:
    """Sizes are bytes; every list is largest first."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def database(self) -> int:
        """The database with its write-ahead log."""
        parts = (self._db.path, self._db.path.with_name(self._db.path.name + "-wal"))
        return sum(part.stat().st_size for part in parts if part.exists())

    def files(self) -> dict[str, int]:
        return self._rows(f"SELECT {_ROOM} FROM files f")[0]

    def kinds(self) -> list[dict[str, Any]]:
        """By what the SDK put them there as."""
        return self._rows(f"SELECT {_KIND} AS kind, {_ROOM} FROM files f GROUP BY kind ORDER BY bytes DESC")

    def projects(self, limit: int) -> list[dict[str, Any]]:
        """By the project that their task is in now."""
        return self._rows(
            f"SELECT p.id, p.name, {_ROOM} FROM files f JOIN tasks t ON t.id = f.task"
            " JOIN projects p ON p.id = t.project GROUP BY p.id ORDER BY bytes DESC, p.name LIMIT ?",
            limit,
        )

    def tasks(self, limit: int) -> list[dict[str, Any]]:
        return self._rows(
            f"SELECT t.id, t.name, t.status, t.project, {_ROOM} FROM files f JOIN tasks t ON t.id = f.task"
            " GROUP BY t.id ORDER BY bytes DESC, t.name LIMIT ?",
            limit,
        )

    def ownerless(self) -> dict[str, int]:
        """Files whose task is gone, or that never had one."""
        return self._rows(
            f"SELECT {_ROOM} FROM files f WHERE f.task IS NULL OR f.task NOT IN (SELECT id FROM tasks)"
        )[0]

    def _rows(self, sql: str, *params: int) -> list[dict[str, Any]]:
        return [dict(row) for row in self._db.rows(sql, params)]
