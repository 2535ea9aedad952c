"""What is set while the server runs, by name."""

from __future__ import annotations

from typing import Any

import orjson

from server.store.database.db import Database


class StoredSettings:
    def __init__(self, db: Database) -> None:
        self._db = db

    def get(self, name: str) -> Any:
        """None when it was never set."""
        value = self._db.value("SELECT value FROM settings WHERE name = ?", (name,))
        return orjson.loads(value) if value is not None else None

    def set(self, name: str, value: Any) -> None:
        sql = "INSERT OR REPLACE INTO settings(name, value) VALUES (?, ?)"
        self._db.execute(sql, (name, orjson.dumps(value).decode()))
