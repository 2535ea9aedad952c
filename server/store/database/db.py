"""One SQLite file in WAL mode: many readers, one writer, and who is in a transaction.

Store modules call `db.rows(…)` and `db.execute(…)`; which connection serves them follows from the thread: within
`with db.transaction():` all of them see the writer, outside each statement borrows a reader. Transactions
nest by joining the outer one, so that a service can compose several store calls into one commit. For a caller to
whom some projects are closed, both are connections that show and change only the rest (see `guard`).

Where the disk has no room to open it for writing, it is read; each write looks whether there is room by now.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from server.api.errors import ClosedProject, StorageFull, TooSlow
from server.store.database import guard, patterns, readers, restriction, room, sealed

log = logging.getLogger("soundyard.database")

_STEPS = 20_000
"""Of SQLite's machine, between two looks at the clock."""
_AGAIN = 1.0
"""Seconds between two tries to write to a disk that had no room."""

_WRITERS_CACHE = 16_000
"""kB of pages."""
_READERS_CACHE = 2_000
"""kB of pages of each: there may be forty at one time, and the system keeps what they read once for all."""

Params = Sequence[Any] | dict[str, Any]


class Database:
    """Safe for any number of threads. A write outside a transaction is refused: it would commit by itself."""

    def __init__(self, path: Path, synchronous: str = "FULL", statement_seconds: float = 0) -> None:
        """`statement_seconds`: how long reading may take with one statement; 0: any time.

        Raises: sqlite3.Error: it can't even be read.
        """
        self.path = path
        self._longest = statement_seconds
        self._synchronous = synchronous
        self._local = threading.local()
        self._writing = threading.RLock()
        self._readers = readers.Readers(self._reader)
        self._guarded_readers = readers.Readers(self._guarded_reader)
        self._guarded_writer: sqlite3.Connection | None = None
        self._gate = sealed.Gate()
        self._tried = time.monotonic()
        self._writer: sqlite3.Connection | None = None
        try:
            self._writer = self._connect(_WRITERS_CACHE)
        except sqlite3.OperationalError:
            if not sealed.can_be(path) or not room.is_lacking(path.parent):
                raise
            log.warning("the disk of %s has no room: it is read, and nothing is written until there is", path)

    def _connect(self, kilobytes: int) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=30)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={self._synchronous}")
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute("SELECT 1 FROM sqlite_master").fetchone()  # which makes what lies beside it
        except BaseException:
            connection.close()
            raise
        return _prepared(connection, kilobytes)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        if getattr(self._local, "depth", 0):
            yield self._require_transaction()
        else:
            pool = self._readers if restriction.current() is None else self._guarded_readers
            with pool.lent() as reader:
                yield reader

    def _reader(self) -> sqlite3.Connection:
        return self._for_reading(self._opened())

    def _guarded_reader(self) -> sqlite3.Connection:
        return self._for_reading(guard.shadow(self._opened(), writes=False))

    def _opened(self) -> sqlite3.Connection:
        if not self._is_sealed:
            return self._connect(_READERS_CACHE)
        return _prepared(
            sealed.connect(self.path, isolation_level=None, check_same_thread=False), _READERS_CACHE
        )

    def _for_reading(self, reader: sqlite3.Connection) -> sqlite3.Connection:
        reader.execute("PRAGMA query_only=ON")
        if self._longest:
            reader.set_progress_handler(patterns.time_is_up, _STEPS)
        return reader

    @property
    def _is_sealed(self) -> bool:
        return self._writer is None

    def _for_writing(self) -> sqlite3.Connection:
        """Raises: StorageFull."""
        if self._writer is None and time.monotonic() - self._tried >= _AGAIN:
            self._tried = time.monotonic()
            try:
                writer = self._connect(_WRITERS_CACHE)
            except sqlite3.OperationalError as fault:
                raise StorageFull() from fault
            with self._gate.closed():
                self._writer = writer
                self._readers.renew()
                self._guarded_readers.renew()
            log.warning("there is room for %s again: it is written to", self.path)
        if self._writer is None:
            raise StorageFull()
        if restriction.current() is None:
            return self._writer
        if self._guarded_writer is None:
            self._guarded_writer = guard.shadow(self._connect(_WRITERS_CACHE), writes=True)
        return self._guarded_writer

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Begin, then commit, or roll back on any error. The caller's answer may be sent once this has left.

        Raises:
            StorageFull: the disk has no room; nothing of the transaction was written.
            ClosedProject: it would change what the caller may not, or make what is there and not shown to them.
        """
        with self._writing:
            depth = getattr(self._local, "depth", 0)
            if depth:
                yield
                return
            writer = self._for_writing()
            self._local.depth, self._local.after, self._local.writer = 1, [], writer
            try:
                writer.execute("BEGIN IMMEDIATE")
                yield
                self._call_before_commit()
                writer.execute("COMMIT")
            except BaseException as fault:
                if writer.in_transaction:
                    writer.execute("ROLLBACK")
                if isinstance(fault, sqlite3.OperationalError) and "disk is full" in str(fault):
                    raise StorageFull() from fault
                if isinstance(fault, sqlite3.IntegrityError) and writer is self._guarded_writer:
                    raise ClosedProject() from fault
                raise
            finally:
                self._local.depth = 0
        with restriction.restricted(None):
            for call in self._local.after:
                call()

    def after_commit(self, call: Callable[[], object]) -> None:
        """Have this called once when the current transaction is committed; not at all if it is rolled back."""
        self._require_transaction()
        if call not in self._local.after:
            self._local.after.append(call)

    @property
    def is_writing(self) -> bool:
        """Whether this thread is in a transaction."""
        return bool(getattr(self._local, "depth", 0))

    def before_commit(self, call: Callable[[], object] | None) -> None:
        """Have this called in the next transaction that this thread commits, once, as its last: what it writes is
        committed with the rest, or nothing is. None: nothing any more."""
        self._local.before = call

    def _call_before_commit(self) -> None:
        call = getattr(self._local, "before", None)
        self._local.before = None
        if call is not None:
            call()

    def execute(self, sql: str, params: Params = ()) -> int:
        """Run one writing statement. Returns: the number of rows it changed."""
        return self._require_transaction().execute(self._meant(sql), params).rowcount

    def execute_many(self, sql: str, params: Iterable[Params]) -> int:
        return self._require_transaction().executemany(self._meant(sql), params).rowcount

    def _meant(self, sql: str) -> str:
        is_guarded = (
            self._local.writer is self._guarded_writer
            if self.is_writing
            else restriction.current() is not None
        )
        return guard.meant(sql) if is_guarded else sql

    def rows(self, sql: str, params: Params = ()) -> list[sqlite3.Row]:
        """Raises: TooSlow, when it takes longer than a statement may, or a pattern on one text."""
        with self._reading() as connection:
            return connection.execute(self._meant(sql), params).fetchall()

    def tuples(self, sql: str, params: Params = ()) -> list[tuple[Any, ...]]:
        """Rows as plain tuples, in half the time: where there may be very many."""
        with self._reading() as connection:
            cursor = connection.cursor()
            cursor.row_factory = None
            return cursor.execute(self._meant(sql), params).fetchall()

    def row(self, sql: str, params: Params = ()) -> sqlite3.Row | None:
        with self._reading() as connection:
            return connection.execute(self._meant(sql), params).fetchone()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        patterns.allow(self._longest)
        try:
            with self._unchanged(), self._connection() as connection:
                yield connection
        except sqlite3.OperationalError as fault:
            if "interrupted" in str(fault) or "user-defined function" in str(fault):
                raise TooSlow() from fault
            raise
        finally:
            patterns.allow(0)

    def _unchanged(self) -> AbstractContextManager[None]:
        """While this reads what it takes for unchangeable, nobody begins to write."""
        return self._gate.passing() if self._is_sealed else nullcontext()

    def value(self, sql: str, params: Params = ()) -> Any:
        """The first column of the first row, or None."""
        found = self.row(sql, params)
        return found[0] if found else None

    def checkpoint(self) -> None:
        """Bring what the journal holds into the database, as far as nobody reads what was before."""
        with self._writing:
            self._for_writing().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def close(self) -> None:
        with self._writing:
            self._readers.close()
            self._guarded_readers.close()
            for writer in (self._writer, self._guarded_writer):
                if writer is not None:
                    writer.close()

    def _require_transaction(self) -> sqlite3.Connection:
        if not getattr(self._local, "depth", 0) or self._writer is None:
            raise RuntimeError("a write needs `with db.transaction():`")
        return self._local.writer


def _prepared(connection: sqlite3.Connection, kilobytes: int) -> sqlite3.Connection:
    connection.row_factory = sqlite3.Row
    connection.execute(f"PRAGMA cache_size=-{kilobytes}")
    connection.create_function("REGEXP", 2, patterns.matches, deterministic=True)
    guard.functions(connection)
    return connection
