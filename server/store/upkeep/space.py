"""Room that rows have left in the database, given back to the disk.

A new database keeps account of its free pages (SQLite's incremental auto-vacuum), so that they can be given back a few
at a time. One of an earlier version does so once it has been written anew: `python -m server retention --compact`.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from server.store.database.db import Database

_INCREMENTAL = 2


class Space:
    def __init__(self, db: Database) -> None:
        self._db = db

    def can_be_given_back(self) -> bool:
        return self._db.value("PRAGMA auto_vacuum") == _INCREMENTAL

    def free_bytes(self) -> int:
        """Of pages that hold nothing."""
        return self._db.value("PRAGMA freelist_count") * self._db.value("PRAGMA page_size")

    def give_back(self, pages: int) -> int:
        """Some free pages. Returns: how many are left. Raises: StorageFull."""
        with self._db.transaction():
            self._db.rows(f"PRAGMA incremental_vacuum({int(pages)})")
            return self._db.value("PRAGMA freelist_count")

    def shorten(self) -> None:
        """What was given back leaves the file when the journal is brought into it."""
        self._db.checkpoint()


def compact(path: Path) -> None:
    """Write a database anew, without gaps, and so that it can shrink from then on. Nobody may be using it.

    Raises: sqlite3.OperationalError: no room for a second one, or it is in use.
    """
    with closing(sqlite3.connect(path, isolation_level=None, timeout=5)) as connection:
        connection.execute(f"PRAGMA auto_vacuum={_INCREMENTAL}")
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
