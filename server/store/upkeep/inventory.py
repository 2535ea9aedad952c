"""What a database consists of, without what is in it: for somebody who has to find a fault from afar."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from server.store.upkeep.checkup import Reader

_PRAGMAS = ("user_version", "journal_mode", "page_size", "page_count", "freelist_count", "auto_vacuum")


def shape(connection: Reader) -> dict[str, Any]:
    """Rows of each table, how each is declared, and SQLite's own figures."""
    declared = connection.execute("SELECT name, type, sql FROM sqlite_master ORDER BY type, name").fetchall()
    tables = [row["name"] for row in declared if row["type"] == "table"]
    return {
        "sqlite": sqlite3.sqlite_version,
        "pragmas": {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in _PRAGMAS},
        "rows": {name: _rows(connection, name) for name in tables},
        "declared": {row["name"]: row["sql"] for row in declared if row["sql"]},
    }


def _rows(connection: Reader, table: str) -> int | str:
    try:
        return connection.execute(f'SELECT COUNT(*) FROM "{table}"').fetchone()[0]
    except sqlite3.Error as fault:
        return str(fault)


def secrets(connection: Reader) -> list[str]:
    """Texts that people gave to be kept secret: credentials of cloud storage, addresses that alerts are sent to."""
    found = connection.execute("SELECT value FROM settings WHERE name = 'storage'").fetchall()
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alert_channels'").fetchone():
        found += connection.execute("SELECT address AS value FROM alert_channels").fetchall()
    return [text for row in found for text in _texts(json.loads(row["value"]))]


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _texts(inner)]
    return [value] if isinstance(value, str) else []
