"""Is the data folder sound? Reads only, and may do so while a server works on it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from server.store.database import sealed

_SOON_READ = 300_000_000
"""Bytes."""
DATABASE, FILES = "soundyard.db", "files"


@dataclass
class FilesState:
    """Sizes in bytes; names relative to the folder of files."""

    known: int = 0
    missing: list[str] = field(default_factory=list)
    """In the database, not in the folder."""
    resized: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    """In the folder, not in the database."""
    orphans_size: int = 0


class Reader(sqlite3.Connection):
    """The database, opened for reading alone."""


@contextmanager
def reading(folder: Path) -> Iterator[Reader]:
    """Raises: sqlite3.DatabaseError when it is no database."""
    with sealed.reading(folder / DATABASE, factory=Reader) as connection:
        connection.row_factory = sqlite3.Row
        yield cast(Reader, connection)


def schema(connection: Reader) -> int:
    """The number of the last migration that was applied."""
    return connection.execute("PRAGMA user_version").fetchone()[0]


def broken_pages(connection: Reader) -> list[str]:
    """What doesn't fit together, a few lines of it; empty when all does. Reads every page once; where there are few,
    twice, so that an index that doesn't say what its table says is found, too."""
    if not schema(connection):
        return ["it has no tables"]
    size = (
        connection.execute("PRAGMA page_count").fetchone()[0]
        * connection.execute("PRAGMA page_size").fetchone()[0]
    )
    check = "integrity_check" if size <= _SOON_READ else "quick_check"
    found = [row[0] for row in connection.execute(f"PRAGMA {check}(3)")]
    return [] if found == ["ok"] else found


def identity(folder: Path) -> tuple[int, int] | None:
    """Of the database's file, which it keeps whatever is written to it. None: there is none."""
    try:
        facts = (folder / DATABASE).stat()
    except FileNotFoundError:
        return None
    return facts.st_dev, facts.st_ino


def removed(folder: Path) -> list[str]:
    """Files of the database that this process has open and that are removed: what it writes to them is gone when it
    ends. Empty where the system doesn't tell."""
    opened = Path("/proc/self/fd")
    try:
        descriptors = list(opened.iterdir())
    except OSError:
        return []
    known = {
        f"{(folder.resolve() / DATABASE)}{end} (deleted)": f"{DATABASE}{end}" for end in ("", "-wal", "-shm")
    }
    return sorted({known[target] for target in map(_target, descriptors) if target in known})


def _target(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink())
    except OSError:  # closed meanwhile
        return ""


def damage(connection: Reader, *, thorough: bool) -> list[str]:
    """What SQLite's own check finds (https://sqlite.org/pragma.html#pragma_integrity_check); empty when sound.

    `thorough` also compares every index with its table, which reads all of the database twice.
    """
    check = "integrity_check" if thorough else "quick_check"
    found = [row[0] for row in connection.execute(f"PRAGMA {check}(20)")]
    if found != ["ok"]:
        return found
    return [
        f"a row of {row[0]} refers to a missing row of {row[2]}"
        for row in connection.execute("PRAGMA foreign_key_check").fetchmany(20)
    ]


def stuck_tasks(connection: Reader) -> list[str]:
    """Tasks that say they wait, and wait in no queue."""
    rows = connection.execute(
        "SELECT id, name FROM tasks WHERE status = 'queued'"
        " AND id NOT IN (SELECT task FROM queue_entries) AND id NOT IN (SELECT task FROM queue_handouts)"
    )
    return [f"{row['id']} ({row['name']})" for row in rows]


def entries_without_task(connection: Reader) -> int:
    sql = "SELECT COUNT(*) FROM queue_entries WHERE task NOT IN (SELECT id FROM tasks)"
    return connection.execute(sql).fetchone()[0]


def admins(connection: Reader) -> tuple[int, int]:
    """Returns: how many users are admins, and how many of them can sign in with a password."""
    sql = "SELECT COUNT(*), COUNT(password) FROM users WHERE role = 'admin'"
    return tuple(connection.execute(sql).fetchone())


def key_is_known(connection: Reader, access_key: str) -> bool:
    sql = "SELECT 1 FROM credentials WHERE access_key = ?"
    return connection.execute(sql, (access_key,)).fetchone() is not None


def files_state(connection: Reader, folder: Path) -> FilesState:
    """The folder of files held against the database's list of them."""
    root, state = folder / FILES, FilesState()
    sizes = {row["path"]: row["size"] for row in connection.execute("SELECT path, size FROM files")}
    for path in root.rglob("*"):
        if not path.is_file() or path.is_symlink():
            continue
        name, size = path.relative_to(root).as_posix(), path.stat().st_size
        expected = sizes.pop(name, None)
        if expected is None:
            state.orphans.append(name)
            state.orphans_size += size
        else:
            state.known += 1
            if expected != size:
                state.resized.append(name)
    state.missing = sorted(sizes)
    return state
