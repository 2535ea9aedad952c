"""A database that can only be read: the disk has no room for the files that SQLite wants beside it.

SQLite opens such a file when it is told that nobody changes it (https://sqlite.org/uri.html#uriimmutable). The server,
which holds the folder, sees to that: `Gate` has statements end before the first that writes begins.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any


def can_be(path: Path) -> bool:
    """Whether all of the database is in its one file: what is in a journal beside it would not be seen."""
    journal = path.with_name(path.name + "-wal")
    return path.is_file() and (not journal.exists() or journal.stat().st_size == 0)


def connect(path: Path, **more: Any) -> sqlite3.Connection:
    """Raises: sqlite3.Error."""
    return sqlite3.connect(path.resolve().as_uri() + "?mode=ro&immutable=1", uri=True, **more)


@contextmanager
def reading(path: Path, **more: Any) -> Iterator[sqlite3.Connection]:
    """A database for reading alone, whether or not anybody uses it, and whether or not there is room to do so.

    Raises: sqlite3.Error.
    """
    connection = sqlite3.connect(path.resolve().as_uri() + "?mode=ro", uri=True, timeout=30, **more)
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        if not can_be(path):
            raise
        connection = connect(path, **more)
    with closing(connection):
        yield connection


class Gate:
    """Many pass at one time; who closes it waits until nobody is within, and keeps others out meanwhile."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._within = 0
        self._is_closed = False

    @contextmanager
    def passing(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._is_closed)
            self._within += 1
        try:
            yield
        finally:
            with self._changed:
                self._within -= 1
                self._changed.notify_all()

    @contextmanager
    def closed(self) -> Iterator[None]:
        with self._changed:
            self._is_closed = True
            self._changed.wait_for(lambda: not self._within)
        try:
            yield
        finally:
            with self._changed:
                self._is_closed = False
                self._changed.notify_all()
