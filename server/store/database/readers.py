"""The connections that read: lent for one statement each, and as many as are in use at one time.

A connection of each thread's own would be simpler, but threads come and go with the requests: each new one opened a
file that nobody closed, with a cache of its own.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

KEPT = 8
"""Connections that are kept open while nobody reads: more than there are cores to read on."""


class Readers:
    """Safe for any number of threads. None waits: where more than `KEPT` read, the others are closed afterwards."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._lent: set[sqlite3.Connection] = set()

    @contextmanager
    def lent(self) -> Iterator[sqlite3.Connection]:
        """One that nobody else uses meanwhile. The one that was used last is taken first: its cache is warm.

        Raises: sqlite3.Error: another one can't be opened.
        """
        reader = self._taken() or self._opened()
        try:
            yield reader
        finally:
            if not self._is_kept(reader):
                reader.close()

    def renew(self) -> None:
        """None that was opened before is used again; what reads ends first."""
        with self._lock:
            idle, self._idle, self._lent = self._idle, [], set()
        for reader in idle:
            reader.close()

    close = renew

    def _taken(self) -> sqlite3.Connection | None:
        with self._lock:
            if not self._idle:
                return None
            reader = self._idle.pop()
            self._lent.add(reader)
            return reader

    def _opened(self) -> sqlite3.Connection:
        reader = self._connect()
        with self._lock:
            self._lent.add(reader)
        return reader

    def _is_kept(self, reader: sqlite3.Connection) -> bool:
        """Whether it waits for the next statement now."""
        with self._lock:
            if reader not in self._lent:
                return False
            self._lent.remove(reader)
            if len(self._idle) >= KEPT:
                return False
            self._idle.append(reader)
            return True
