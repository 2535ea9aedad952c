"""The audit log's rows: written once, read by pages, and dropped when they are old or too many."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from server.store import times
from server.store.db import Database


class Audit:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, now: datetime, entry: dict[str, Any]) -> None:
        """`entry`: kind, action, failed, user, user_name, client, request, what (a list), details (an object)."""
        values = {
            **entry,
            "at": times.text(now),
            "what": orjson.dumps(entry["what"], default=str).decode(),
            "details": orjson.dumps(entry["details"], default=str).decode(),
        }
        names = ", ".join(values)
        slots = ", ".join(f":{name}" for name in values)
        self._db.execute(f"INSERT INTO audit({names}) VALUES ({slots})", values)

    def page(
        self, page: int, size: int, kind: str = "", failed: bool | None = None
    ) -> tuple[list[dict[str, Any]], int]:
        """The newest first, and how many there are in all; of every kind unless one is named."""
        where = "(:kind = '' OR kind = :kind) AND (:failed IS NULL OR failed = :failed)"
        params = {"kind": kind, "failed": failed, "size": size, "skip": page * size}
        sql = f"SELECT * FROM audit WHERE {where} ORDER BY id DESC LIMIT :size OFFSET :skip"
        rows = [_entry(dict(row)) for row in self._db.rows(sql, params)]
        return rows, self._db.value(f"SELECT COUNT(*) FROM audit WHERE {where}", params)

    def drop(self, before: datetime, most: int, most_failed: int) -> int:
        """Forget what is older, and the oldest of those beyond so many; failures are counted for themselves, so that
        none of the others goes because of them. Returns: entries dropped."""
        dropped = self._db.execute("DELETE FROM audit WHERE at < ?", (times.text(before),))
        for failed, kept in ((0, most), (1, most_failed)):
            sql = (
                "DELETE FROM audit WHERE failed = ?1 AND id <="
                " (SELECT id FROM audit WHERE failed = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)"
            )
            dropped += self._db.execute(sql, (failed, kept))
        return dropped


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "failed": bool(row["failed"]),
        "what": orjson.loads(row["what"]),
        "details": orjson.loads(row["details"]),
    }
