"""The audit log's rows: written once, read by pages, and dropped when they are old or too many."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from server.store.database import times
from server.store.database.db import Database


class Audit:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, now: datetime, entry: Mapping[str, Any]) -> int:
        """`entry`: kind, action, failed, user, user_name, client, request, what (a list), details (an object).

        Returns: its number.
        """
        values = {**entry, "at": times.text(now), **_written(entry)}
        names = ", ".join(values)
        slots = ", ".join(f":{name}" for name in values)
        self._db.execute(f"INSERT INTO audit({names}) VALUES ({slots})", values)
        return self._db.value("SELECT last_insert_rowid()")

    def tell(self, id: int, entry: Mapping[str, Any]) -> None:
        """Let an entry say what has become of the deed: its failed, user, user_name, what, details."""
        sql = (
            "UPDATE audit SET failed = :failed, user = :user, user_name = :user_name, what = :what,"
            " details = :details WHERE id = :id"
        )
        self._db.execute(sql, {**entry, "id": id, **_written(entry)})

    def withdraw(self, id: int) -> None:
        """The deed was none."""
        self._db.execute("DELETE FROM audit WHERE id = ?", (id,))

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


def _written(entry: Mapping[str, Any]) -> dict[str, str]:
    return {name: orjson.dumps(entry[name], default=str).decode() for name in ("what", "details")}


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "failed": bool(row["failed"]),
        "what": orjson.loads(row["what"]),
        "details": orjson.loads(row["details"]),
    }
