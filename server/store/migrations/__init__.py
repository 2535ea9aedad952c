"""Numbered migrations: `NNNN_name.sql`, applied in order, each in one transaction.

The database's `user_version` is the number of the last one applied. A database newer than the code is refused,
and a copy is made before an existing one is migrated. A new one has its name when it is whole. A migration may call the
functions of `_FUNCTIONS`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import orjson

from server.api import whole
from server.api.errors import StorageFull
from server.store.database import room, sealed
from server.store.files import addresses
from server.store.files.file_uses import dataset_parents

FOLDER = Path(__file__).parent


class NewerDatabase(Exception):
    """The database was written by a newer version of Soundyard; use that version, or restore a backup."""


class EmptiedDatabase(Exception):
    """The database has no bytes, beside what was uploaded: its content is lost, and a new one would hide that."""


def numbered() -> list[tuple[int, Path]]:
    return sorted((int(path.name[:4]), path) for path in FOLDER.glob("[0-9]*.sql"))


def version_of(database: Path) -> int:
    """The number of the last migration applied, without applying any."""
    with sealed.reading(database) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


def _is_new(database: Path) -> bool:
    """Whether there is nothing in it: a first start had no room for more, in a version before this one.

    Raises EmptiedDatabase when there was.
    """
    if not database.exists():
        return True
    if not database.stat().st_size:
        uploaded = database.parent / "files"
        if any(one.is_file() for one in uploaded.rglob("*")):
            raise EmptiedDatabase(
                f"{database} is empty, though {uploaded} holds what was uploaded: its content is lost. Restore the "
                "newest backup (python -m server restore FILE --replace), or move the empty file away to begin anew"
            )
        return True
    with sealed.reading(database) as connection:
        return not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]


def migrate(path: Path, steps: list[tuple[int, Path]] | None = None) -> int:
    """Bring the database at `path` to the newest schema (create it when absent). Returns: its version.

    Raises:
        NewerDatabase: the file's version is above every migration known here.
        EmptiedDatabase: it has lost its content.
        StorageFull: the disk has no room for that; what was there is as it was.
    """
    steps = numbered() if steps is None else steps
    newest = steps[-1][0]
    is_new = _is_new(path)
    version = 0 if is_new else version_of(path)
    if version > newest:
        raise NewerDatabase(f"{path} has schema {version}, this code knows {newest}. {NewerDatabase.__doc__}")
    pending = [(number, file) for number, file in steps if number > version]
    if not pending:
        return newest
    try:
        if is_new:
            _create(path, pending)
        else:
            _bring_up(path, pending)
    except (OSError, sqlite3.OperationalError) as fault:
        if room.is_lacking(path.parent) or "disk is full" in str(fault):
            raise StorageFull() from fault
        raise
    return newest


def _create(path: Path, steps: Sequence[tuple[int, Path]]) -> None:
    with (
        whole_database(path) as partial,
        closing(sqlite3.connect(partial, isolation_level=None)) as connection,
    ):
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")  # before there is a table: see `store.space`
        _apply(connection, steps)
        for end in ("-wal", "-shm"):  # of one that was removed: not of this
            path.with_name(path.name + end).unlink(missing_ok=True)


def _bring_up(path: Path, pending: Sequence[tuple[int, Path]]) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        before = path.with_name(f"{path.stem}.before-{pending[-1][0]:04d}{path.suffix}")
        with whole_database(before) as partial, closing(sqlite3.connect(partial)) as copy:
            connection.backup(copy)
        _apply(connection, pending)


def _apply(connection: sqlite3.Connection, steps: Iterable[tuple[int, Path]]) -> None:
    for name, inputs, function in _FUNCTIONS:
        connection.create_function(name, inputs, function, deterministic=True)
    for number, file in steps:
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{file.read_text()}\n;PRAGMA user_version={number};\nCOMMIT;"
        )


@contextmanager
def whole_database(target: Path) -> Iterator[Path]:
    """A path beside it for a database, which has the name when the block is through, and is gone when it is not."""
    partial = target.with_name(target.name + ".partial")
    beside = [partial, *(partial.with_name(partial.name + end) for end in ("-journal", "-wal", "-shm"))]
    for path in beside:
        path.unlink(missing_ok=True)
    try:
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(target)
        whole.sync_folder(target.parent)
    finally:
        for path in beside:
            path.unlink(missing_ok=True)


def _listed(values: Iterable[str]) -> str:
    return orjson.dumps(sorted(values)).decode()


_FUNCTIONS = (
    ("FILE_KEY", 1, addresses.key),
    ("FILE_KEYS", 1, lambda address: _listed(addresses.keys(address))),
    ("FILE_KEYS_IN", 1, lambda text: _listed(addresses.keys_in(text))),
    ("DATASET_PARENTS", 2, lambda id, text: _listed(dataset_parents(id, orjson.loads(text or "null") or {}))),
)
"""Name, number of arguments, what it does. Lists are given as JSON."""
