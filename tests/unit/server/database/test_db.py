"""The database: transactions that nest, readers that don't wait, migrations that refuse what they can't know."""

import sqlite3
import subprocess
import sys
import threading

import psutil
import pytest

from server.store import Store
from server.store.database import readers
from server.store.database.db import Database
from server.store.migrations import EmptiedDatabase, NewerDatabase, migrate, numbered


@pytest.fixture
def db(tmp_path):
    opened = Database(tmp_path / "test.db")
    with opened.transaction():
        opened.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
    yield opened
    opened.close()


def test_a_write_outside_a_transaction_is_refused(db):
    with pytest.raises(RuntimeError, match="transaction"):
        db.execute("INSERT INTO notes(text) VALUES ('lost')")


def test_an_error_rolls_back_the_inner_and_the_outer_part(db):
    with pytest.raises(ZeroDivisionError), db.transaction():
        with db.transaction():
            db.execute("INSERT INTO notes(text) VALUES ('inner')")
        db.execute("INSERT INTO notes(text) VALUES ('outer')")
        raise ZeroDivisionError
    assert db.value("SELECT count(*) FROM notes") == 0


def test_a_transaction_sees_its_own_writes_and_another_thread_does_not(db):
    seen = []
    with db.transaction():
        db.execute("INSERT INTO notes(text) VALUES ('mine')")
        assert db.value("SELECT count(*) FROM notes") == 1
        reader = threading.Thread(target=lambda: seen.append(db.value("SELECT count(*) FROM notes")))
        reader.start()
        reader.join()
    assert seen == [0]


def test_many_writing_threads_take_turns_and_none_is_lost(db):
    def write() -> None:
        for _ in range(20):
            with db.transaction():
                db.execute("INSERT INTO notes(text) VALUES ('x')")

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert db.value("SELECT count(*) FROM notes") == 160


def test_regexp_is_pythons_search_and_null_never_matches(db):
    assert db.value(r"SELECT 'my ds v2' REGEXP '^my\ ds'") == 1
    assert db.value("SELECT NULL REGEXP '.*'") == 0


def test_migrations_are_applied_once_and_in_order(tmp_path):
    steps = []
    for number, sql in enumerate(("CREATE TABLE a (x)", "ALTER TABLE a ADD COLUMN y"), start=1):
        file = tmp_path / f"{number:04d}_step.sql"
        file.write_text(sql)
        steps.append((number, file))
    path = tmp_path / "data.db"
    assert migrate(path, steps[:1]) == 1
    assert migrate(path, steps) == 2
    assert migrate(path, steps) == 2
    assert [row[1] for row in sqlite3.connect(path).execute("PRAGMA table_info(a)")] == ["x", "y"]


def test_a_migration_that_fails_leaves_the_database_as_it_was_and_a_copy_is_made_before(tmp_path):
    good, bad = tmp_path / "0001_good.sql", tmp_path / "0002_bad.sql"
    good.write_text("CREATE TABLE a (x)")
    bad.write_text("CREATE TABLE b (x); INSERT INTO nowhere VALUES (1)")
    path = tmp_path / "data.db"
    migrate(path, [(1, good)])
    with pytest.raises(sqlite3.OperationalError):
        migrate(path, [(1, good), (2, bad)])
    tables = [row[0] for row in sqlite3.connect(path).execute("SELECT name FROM sqlite_master")]
    assert tables == ["a"]
    assert (tmp_path / "data.before-0002.db").exists()


def test_a_database_newer_than_the_code_is_refused(tmp_path):
    path = tmp_path / "data.db"
    migrate(path)
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version={numbered()[-1][0] + 1}")
    with pytest.raises(NewerDatabase, match="newer version"):
        migrate(path)


def test_threads_that_come_and_go_leave_no_connection_behind(db):
    for _ in range(5):
        barrier = threading.Barrier(2 * readers.KEPT)

        def read(together=barrier) -> None:
            with db._readers.lent() as reader:
                together.wait()
                reader.execute("SELECT count(*) FROM notes").fetchone()

        threads = [threading.Thread(target=read) for _ in range(2 * readers.KEPT)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    opened = [one for one in psutil.Process().open_files() if one.path == str(db.path)]
    # As many as read at one time, and the one that writes: SQLite keeps the files of closed connections for the next.
    assert len(opened) <= 2 * readers.KEPT + 1
    assert len(db._readers._idle) == readers.KEPT


def test_a_reader_is_given_back_when_its_statement_fails(db):
    for _ in range(3 * readers.KEPT):
        with pytest.raises(sqlite3.OperationalError):
            db.rows("SELECT nothing FROM notes")
    opened = [one for one in psutil.Process().open_files() if one.path == str(db.path)]
    assert len(opened) == 2


@pytest.fixture
def emptied(tmp_path):
    """A data folder that was in use, whose database has lost its content."""
    folder = tmp_path / "é:% data"
    Store(folder).close()
    (folder / "files" / "project").mkdir(parents=True)
    (folder / "files" / "project" / "model.pt").write_bytes(b"weights")
    for left in folder.glob("soundyard.db-*"):
        left.unlink()
    (folder / "soundyard.db").write_bytes(b"")
    return folder


def test_a_database_that_lost_its_content_is_not_taken_for_a_new_one(emptied):
    with pytest.raises(EmptiedDatabase, match="restore FILE --replace"):
        Store(emptied)
    assert (emptied / "soundyard.db").stat().st_size == 0
    assert (emptied / "files" / "project" / "model.pt").read_bytes() == b"weights"


@pytest.mark.parametrize("command", [(), ("user", "list"), ("doctor",), ("backup", "OUT")])
def test_every_command_says_that_the_database_is_empty_and_writes_none(emptied, command):
    out = str(emptied / "out.tar")
    parts = [out if part == "OUT" else part for part in command]
    port = ("--port", "0", "--api-port", "0", "--files-port", "0") if not command else ()
    done = subprocess.run(
        [sys.executable, "-m", "server", *parts, "--data", str(emptied), *port],
        capture_output=True,
        text=True,
        timeout=60,
    )
    said = done.stdout + done.stderr
    assert done.returncode and "Traceback" not in said and "restore" in said, said
    assert (emptied / "soundyard.db").stat().st_size == 0 and not (emptied / "out.tar").exists()


def test_a_first_start_that_had_no_room_for_a_byte_is_made_good_by_the_next(tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "soundyard.db").write_bytes(b"")
    Store(tmp_path).close()
    assert (tmp_path / "soundyard.db").stat().st_size
