"""A database that is damaged anywhere while it is used: the next look finds it, no backup of it replaces a good one."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import pytest

from server import cli
from server.domain.soundness import Soundness
from server.store import Store

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Open, with a few hundred tasks in the database itself and more in its journal, and a good backup beside it."""
    opened = Store(tmp_path / "server", synchronous="NORMAL")
    fill(opened, 0, 400)
    opened.db.checkpoint()
    fill(opened, 400, 500)
    assert cli.main(["backup", str(tmp_path / "good.tar"), "--data", str(opened.folder)]) == 0
    yield opened
    opened.close()


def fill(store: Store, first: int, last: int) -> None:
    with store.transaction():
        for number in range(first, last):
            store.tasks.insert(
                {
                    "id": f"{number:032x}",
                    "name": f"task {number}",
                    "type": "training",
                    "project": f"p{number % 7}",
                }
            )


def overwrite(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def page(folder: Path, name: str) -> tuple[int, int]:
    """Where the first page of a table or an index begins, and how long pages are."""
    with closing(sqlite3.connect(folder / "soundyard.db")) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    return (root - 1) * size, size


def a_page_of(name: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        checkpoint(folder)
        at, size = page(folder, name)
        overwrite(folder / "soundyard.db", at, b"\xab" * size)

    return damage


def at(place: int, data: bytes) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        checkpoint(folder)
        overwrite(folder / "soundyard.db", place, data)

    return damage


def checkpoint(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "soundyard.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def half(folder: Path) -> None:
    checkpoint(folder)
    path = folder / "soundyard.db"
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def zeros(folder: Path) -> None:
    """A file system that lost blocks gives zeros for them."""
    checkpoint(folder)
    path = folder / "soundyard.db"
    overwrite(path, path.stat().st_size // 8192 * 4096, bytes(40_960))


def the_journal(folder: Path) -> None:
    path = folder / "soundyard.db-wal"
    overwrite(path, path.stat().st_size // 2, b"\xab" * (path.stat().st_size // 2))


def an_index_without_a_row(folder: Path) -> None:
    """The pages fit together, and what they say is wrong."""
    checkpoint(folder)
    path = folder / "soundyard.db"
    # In a leaf of this index, or of another one that has the name.
    found = path.read_bytes().find(b"task 123", page(folder, "tasks_by_name")[0])
    assert found > 0
    overwrite(path, found, b"task 12~")


def nothing_left(folder: Path) -> None:
    checkpoint(folder)
    (folder / "soundyard.db").write_bytes(b"")


def another_file(folder: Path) -> None:
    shutil.copy(folder / "soundyard.db", folder / "older.db")
    (folder / "older.db").replace(folder / "soundyard.db")


DAMAGES: dict[str, Callable[[Path], None]] = {
    "the first bytes": at(0, b"nothing known"),
    "the rest of the head": at(16, b"\xff" * 84),
    "the schema": at(100, b"\xab" * 3996),
    "a table": a_page_of("tasks"),
    "a table without row numbers": a_page_of("projects"),
    "an index": a_page_of("tasks_by_name"),
    "an index that lies": an_index_without_a_row,
    "blocks of zeros": zeros,
    "half of it": half,
    "nothing left": nothing_left,
    "the journal": the_journal,
    "the file removed": lambda folder: (folder / "soundyard.db").unlink(),
    "the journal removed": lambda folder: (folder / "soundyard.db-wal").unlink(),
    "another file in its place": another_file,
}


@pytest.mark.parametrize("place", DAMAGES)
def test_it_is_said_and_no_backup_of_it_replaces_a_good_one(store: Store, tmp_path: Path, place: str) -> None:
    clock = [10.0]
    soundness = Soundness(lambda: clock[0])
    clock[0] = 20
    soundness.run(store.folder, 30, NOW)
    assert soundness.damage == []
    good = (tmp_path / "good.tar").read_bytes()
    DAMAGES[place](store.folder)
    clock[0] = 60
    soundness.run(store.folder, 30, NOW)
    assert soundness.damage, "nothing was said"
    if "removed" not in place and "another" not in place:  # what lies there then is a whole database, or none
        code = cli.main(["backup", str(tmp_path / "good.tar"), "--replace", "--data", str(store.folder)])
        assert code == 1 and (tmp_path / "good.tar").read_bytes() == good
