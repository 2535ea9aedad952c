"""Backup and restore: all of it, or nothing and the reason why."""

import io
import json
import shutil
import sqlite3
import tarfile
import threading
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import pytest

from server import cli
from server.store import Store
from server.store.upkeep import archive, backup
from server.store.upkeep.lock import locked

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
NAMES = ("p/task.a/artifacts/x.bin", "p/umlaut ä/deep/%20#.txt")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with a project and two files."""
    store = Store(tmp_path / "server")
    with store.transaction():
        store.projects.insert({"id": "p1", "name": "kept", "basename": "kept"})
    for name in NAMES:
        incoming = store.files.receive()
        incoming.write(name.encode() * 1000)
        store.files.keep([(name, incoming)], "me", NOW)
    store.close()
    return tmp_path / "server"


def contents(folder: Path) -> tuple[list[str], list[str], list[bytes]]:
    store = Store(folder)
    try:
        paths = [row["path"] for row in store.db.rows("SELECT path FROM files ORDER BY path")]
        data = [store.files.path(name).read_bytes() for name in paths]
        return [one["name"] for one in store.projects.find({})], paths, data
    finally:
        store.close()


@pytest.mark.parametrize("name", ["all.tar", "all.tar.gz"])
def test_what_was_backed_up_comes_back(folder, tmp_path, name, capsys):
    assert cli.main(["backup", str(tmp_path / name), "--data", str(folder)]) == 0
    assert "2 files" in capsys.readouterr().out
    assert cli.main(["restore", str(tmp_path / name), "--data", str(tmp_path / "new")]) == 0
    assert contents(tmp_path / "new") == contents(folder)


def test_a_backup_is_taken_while_others_write(folder, tmp_path):
    store, stop = Store(folder, synchronous="NORMAL"), threading.Event()

    def write_on() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with store.transaction():  # both or none: a torn copy would show
                store.settings.set("a", number)
                store.settings.set("b", number)

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        for number in range(5):
            backup.write(folder, tmp_path / f"{number}.tar", NOW)
    finally:
        stop.set()
        writer.join()
        store.close()
    for number in range(5):
        cli.main(["restore", str(tmp_path / f"{number}.tar"), "--data", str(tmp_path / f"new{number}")])
        restored = Store(tmp_path / f"new{number}")
        assert restored.settings.get("a") == restored.settings.get("b")
        restored.close()


def test_an_existing_archive_is_not_overwritten_unasked(folder, tmp_path, capsys):
    (tmp_path / "all.tar").write_text("precious")
    assert cli.main(["backup", str(tmp_path / "all.tar"), "--data", str(folder)]) == 1
    assert (tmp_path / "all.tar").read_text() == "precious"
    assert "--replace" in capsys.readouterr().err


def test_a_backup_that_failed_leaves_nothing_behind(folder, tmp_path):
    (folder / "soundyard.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(backup.DamagedDatabase):
        backup.write(folder, tmp_path / "all.tar", NOW)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["server"]


def break_pages(folder: Path, table: str = "projects") -> None:
    """What a bad disk does: a page of a table is overwritten."""
    with closing(sqlite3.connect(folder / "soundyard.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        sql = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        (page,) = connection.execute(sql, (table,)).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with (folder / "soundyard.db").open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xab" * size)


def test_a_damaged_database_does_not_replace_a_good_backup(folder, tmp_path, capsys):
    archive_file = tmp_path / "all.tar"
    assert cli.main(["backup", str(archive_file), "--data", str(folder)]) == 0
    good = archive_file.read_bytes()
    break_pages(folder)
    assert cli.main(["backup", str(archive_file), "--data", str(folder), "--replace"]) == 1
    said = capsys.readouterr().err
    assert "is damaged" in said and "restore the newest backup" in said and "Traceback" not in said
    assert archive_file.read_bytes() == good
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.tar", "server"]


def test_a_backup_of_an_index_that_lies_is_refused(folder, tmp_path, capsys):
    with closing(sqlite3.connect(folder / "soundyard.db")) as connection:
        connection.executescript(
            "PRAGMA writable_schema=ON; UPDATE sqlite_master SET rootpage ="
            " (SELECT rootpage FROM sqlite_master WHERE name = 'projects_by_parent')"
            " WHERE name = 'projects_by_name'; PRAGMA writable_schema=OFF;"
        )
    assert cli.main(["backup", str(tmp_path / "all.tar"), "--data", str(folder)]) == 1
    assert "is damaged" in capsys.readouterr().err and not (tmp_path / "all.tar").exists()


def test_a_backup_can_be_checked_without_being_restored(folder, tmp_path, capsys):
    archive_file = tmp_path / "all.tar"
    cli.main(["backup", str(archive_file), "--data", str(folder)])
    assert cli.main(["backup", str(archive_file), "--check"]) == 0
    assert "whole; the database and 2 files" in capsys.readouterr().out
    data = archive_file.read_bytes()
    at = data.index(NAMES[0].encode() * 2)
    archive_file.write_bytes(data[:at] + b"X" + data[at + 1 :])
    assert cli.main(["backup", str(archive_file), "--check"]) == 1
    assert "damaged" in capsys.readouterr().err


def test_a_backup_does_not_fill_the_disk(folder, tmp_path, monkeypatch, capsys):
    class Usage:
        free = 10_000_000

    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage)
    assert cli.main(["backup", str(tmp_path / "all.tar"), "--data", str(folder)]) == 1
    assert "no room for a backup" in capsys.readouterr().err and not (tmp_path / "all.tar").exists()


def test_a_folder_with_data_is_moved_aside_when_that_is_asked(folder, tmp_path, capsys):
    archive = str(tmp_path / "all.tar")
    cli.main(["backup", archive, "--data", str(folder)])
    before = contents(folder)
    store = Store(folder)
    with store.transaction():
        store.projects.delete("p1")
    store.close()
    assert cli.main(["restore", archive, "--data", str(folder)]) == 1
    assert contents(folder)[0] == []
    assert cli.main(["restore", archive, "--data", str(folder), "--replace"]) == 0
    assert contents(folder) == before
    (kept,) = folder.glob("before-restore-*")
    assert (kept / "soundyard.db").exists() and str(kept) in capsys.readouterr().out


def test_nothing_is_restored_under_a_running_server(folder, tmp_path, capsys):
    archive = str(tmp_path / "all.tar")
    cli.main(["backup", archive, "--data", str(folder)])
    with locked(folder):
        assert cli.main(["restore", archive, "--data", str(folder), "--replace"]) == 1
    assert "stop it first" in capsys.readouterr().err


def tampered(archive: Path, change) -> Path:
    """The archive with its entries passed through `change(name, data) -> [(name, data)]`."""
    target = archive.with_name("tampered.tar")
    with tarfile.open(archive) as source, tarfile.open(target, "w") as copy:
        for entry in source:
            for name, data in change(entry.name, source.extractfile(entry).read()):
                new = tarfile.TarInfo(name)
                new.size = len(data)
                copy.addfile(new, io.BytesIO(data))
    return target


def newer(name: str, data: bytes) -> list:
    if name != "manifest.json":
        return [(name, data)]
    return [(name, json.dumps({**json.loads(data), "schema": 9999}).encode())]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda name, data: [(name, data[:-1] if name.endswith("x.bin") else data)], "damaged"),
        (lambda name, data: [] if name.endswith("x.bin") else [(name, data)], "damaged"),
        (lambda name, data: [] if name == "manifest.json" else [(name, data)], "never finished"),
        (lambda name, data: [(name, data), ("../outside", b"x")], "does not belong"),
        (lambda name, data: [(name, data), ("files/../../outside", b"x")], "does not belong"),
        (lambda name, data: [(name, data), ("/absolute", b"x")], "does not belong"),
        (newer, "newer"),
    ],
)
def test_a_damaged_foreign_or_newer_archive_changes_nothing(folder, tmp_path, capsys, change, reason):
    backup.write(folder, tmp_path / "all.tar", NOW)
    before = contents(folder)
    bad = tampered(tmp_path / "all.tar", change)
    assert cli.main(["restore", str(bad), "--data", str(folder), "--replace"]) == 1
    assert reason in capsys.readouterr().err
    assert contents(folder) == before and not (tmp_path / "outside").exists()


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08\x00broken"])
def test_a_file_that_is_no_archive_is_refused(folder, tmp_path, capsys, content):
    (tmp_path / "x.tar").write_bytes(content)
    assert cli.main(["restore", str(tmp_path / "x.tar"), "--data", str(tmp_path / "new")]) == 1
    assert "x.tar" in capsys.readouterr().err


def test_a_truncated_archive_is_refused(folder, tmp_path):
    backup.write(folder, tmp_path / "all.tar", NOW)
    whole = (tmp_path / "all.tar").read_bytes()
    for part in (0.2, 0.6, 0.95):
        (tmp_path / "part.tar").write_bytes(whole[: int(len(whole) * part)])
        with pytest.raises(archive.BadBackup):
            (tmp_path / "new").mkdir(exist_ok=True)
            backup.restore(tmp_path / "part.tar", tmp_path / "new", NOW)


def test_links_in_an_archive_are_refused(tmp_path):
    with tarfile.open(tmp_path / "x.tar", "w") as made:
        link = tarfile.TarInfo("files/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        made.addfile(link)
    (tmp_path / "new").mkdir()
    with pytest.raises(archive.BadBackup, match="does not belong"):
        backup.restore(tmp_path / "x.tar", tmp_path / "new", NOW)
