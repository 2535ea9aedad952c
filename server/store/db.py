"""One SQLite file in WAL mode: many readers, one writer, and who is in a transaction.

Store modules call `db.rows(…)` and `db.execute(…)`; which connection serves them follows from the thread: within
`with db.transaction():` all of them see the writer, outside each thread has a reader of its own. Transactions
nest by joining the outer one, so that a service can compose several store calls into one commit.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from server.api.errors import StorageFull, TooSlow
from server.store import patterns

_STEPS = 20_000
"""Of SQLite's machine, between two looks at the clock."""

Params = Sequence[Any] | dict[str, Any]


class Database:
    """Safe for any number of threads. A write outside a transaction is refused: it would commit by itself."""

    def __init__(self, path: Path, synchronous: str = "FULL", statement_seconds: float = 0) -> None:
        """`statement_seconds`: how long reading may take with one statement; 0: any time."""
        self.path = path
        self._longest = statement_seconds
        self._synchronous = synchronous
        self._local = threading.local()
        self._writing = threading.RLock()
        self._readers: list[sqlite3.Connection] = []
        self._writer = self._connect()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=30)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={self._synchronous}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA cache_size=-16000")
        connection.create_function("REGEXP", 2, patterns.matches, deterministic=True)
        return connection

    @property
    def _connection(self) -> sqlite3.Connection:
        if getattr(self._local, "depth", 0):
            return self._writer
        reader = getattr(self._local, "reader", None)
        if reader is None:
            reader = self._local.reader = self._connect()
            reader.execute("PRAGMA query_only=ON")
            if self._longest:
                reader.set_progress_handler(patterns.time_is_up, _STEPS)
            self._readers.append(reader)
        return reader

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Begin, then commit, or roll back on any error. The caller's answer may be sent once this has left.

        Raises:
            StorageFull: the disk has no room; nothing of the transaction was written.
        """
        with self._writing:
            depth = getattr(self._local, "depth", 0)
            if depth:
                yield
                return
            self._local.depth, self._local.after = 1, []
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                yield
                self._writer.execute("COMMIT")
            except BaseException as fault:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                if isinstance(fault, sqlite3.OperationalError) and "disk is full" in str(fault):
                    raise StorageFull() from fault
                raise
            finally:
                self._local.depth = 0
        for call in self._local.after:
            call()

    def after_commit(self, call: Callable[[], object]) -> None:
        """Have this called once when the current transaction is committed; not at all if it is rolled back."""
        self._require_transaction()
        if call not in self._local.after:
            self._local.after.append(call)

    def execute(self, sql: str, params: Params = ()) -> int:
        """Run one writing statement. Returns: the number of rows it changed."""
        self._require_transaction()
        return self._writer.execute(sql, params).rowcount

    def execute_many(self, sql: str, params: Iterable[Params]) -> int:
        self._require_transaction()
        return self._writer.executemany(sql, params).rowcount

    def rows(self, sql: str, params: Params = ()) -> list[sqlite3.Row]:
        """Raises: TooSlow, when it takes longer than a statement may, or a pattern on one text."""
        with self._timed():
            return self._connection.execute(sql, params).fetchall()

    def tuples(self, sql: str, params: Params = ()) -> list[tuple]:
        """Rows as plain tuples, in half the time: where there may be very many."""
        cursor = self._connection.cursor()
        cursor.row_factory = None
        with self._timed():
            return cursor.execute(sql, params).fetchall()

    def row(self, sql: str, params: Params = ()) -> sqlite3.Row | None:
        with self._timed():
            return self._connection.execute(sql, params).fetchone()

    @contextmanager
    def _timed(self) -> Iterator[None]:
        patterns.allow(self._longest)
        try:
            yield
        except sqlite3.OperationalError as fault:
            if "interrupted" in str(fault) or "user-defined function" in str(fault):
                raise TooSlow() from fault
            raise
        finally:
            patterns.allow(0)

    def value(self, sql: str, params: Params = ()) -> Any:
        """The first column of the first row, or None."""
        found = self.row(sql, params)
        return found[0] if found else None

    def close(self) -> None:
        with self._writing:
            for connection in [*self._readers, self._writer]:
                connection.close()

    def _require_transaction(self) -> None:
        if not getattr(self._local, "depth", 0):
            raise RuntimeError("a write needs `with db.transaction():`")
