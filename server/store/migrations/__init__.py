"""Numbered migrations: `NNNN_name.sql`, applied in order, each in one transaction.

The database's `user_version` is the number of the last one applied. A database newer than the code is refused,
and a copy is made before an existing one is migrated. A migration may call the functions of `_FUNCTIONS`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import orjson

from server.store import addresses
from server.store.file_uses import dataset_parents

FOLDER = Path(__file__).parent


class NewerDatabase(Exception):
    """The database was written by a newer version of Soundyard; use that version, or restore a backup."""


def numbered() -> list[tuple[int, Path]]:
    return sorted((int(path.name[:4]), path) for path in FOLDER.glob("[0-9]*.sql"))


def version_of(database: Path) -> int:
    """The number of the last migration applied, without applying any."""
    with closing(sqlite3.connect(database.resolve().as_uri() + "?mode=ro", uri=True)) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


def migrate(path: Path, steps: list[tuple[int, Path]] | None = None) -> int:
    """Bring the database at `path` to the newest schema (create it when absent). Returns: its version.

    Raises:
        NewerDatabase: the file's version is above every migration known here.
    """
    steps = numbered() if steps is None else steps
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        newest = steps[-1][0]
        if version > newest:
            raise NewerDatabase(
                f"{path} has schema {version}, this code knows {newest}. {NewerDatabase.__doc__}"
            )
        pending = [(number, file) for number, file in steps if number > version]
        if pending and version:
            _back_up(connection, path.with_name(f"{path.stem}.before-{pending[-1][0]:04d}{path.suffix}"))
        for name, inputs, function in _FUNCTIONS:
            connection.create_function(name, inputs, function, deterministic=True)
        for number, file in pending:
            connection.executescript(
                f"BEGIN IMMEDIATE;\n{file.read_text()}\n;PRAGMA user_version={number};\nCOMMIT;"
            )
        return newest
    finally:
        connection.close()


def _back_up(connection: sqlite3.Connection, target: Path) -> None:
    """A copy beside the database, which has its name when it is whole."""
    partial = target.with_name(target.name + ".partial")
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(partial)) as copy:
        connection.backup(copy)
    partial.replace(target)


def _listed(values: Iterable[str]) -> str:
    return orjson.dumps(sorted(values)).decode()


_FUNCTIONS = (
    ("FILE_KEY", 1, addresses.key),
    ("FILE_KEYS", 1, lambda address: _listed(addresses.keys(address))),
    ("FILE_KEYS_IN", 1, lambda text: _listed(addresses.keys_in(text))),
    ("DATASET_PARENTS", 2, lambda id, text: _listed(dataset_parents(id, orjson.loads(text or "null") or {}))),
)
"""Name, number of arguments, what it does. Lists are given as JSON."""
