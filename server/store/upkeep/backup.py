"""The whole data folder in one file (see `archive`), taken while the server works; and back.

The database is copied as of one moment, and checked; a file that is uploaded while the backup runs may or may not be in
it. The archive is read again before it has its name, so that what replaces an older backup can be restored.
Secrets that can be made anew (the tokens' signing key, the client configuration) stay out: clients sign in
again by themselves.
"""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from server.api import called
from server.api.whole import sync_folder
from server.store.database import sealed, times
from server.store.upkeep.archive import (
    DATABASE,
    FILES,
    FORMAT,
    MANIFEST,
    Progress,
    Summing,
    check_database,
    read,
)

SCRATCH = "backing-up-"
_LEFT = 20_000_000
"""Bytes that stay free."""


class DamagedDatabase(Exception):
    """Says what SQLite finds wrong with it, and what to do."""

    def __init__(self, database: Path, found: str) -> None:
        super().__init__(
            f"{database} is damaged, and nothing was backed up: {found}. Stop the server, keep a copy of the folder,"
            + called.spoken(" and restore the newest backup (python -m server restore FILE --replace)")
        )


def write(
    folder: Path, target: Path, now: datetime, progress: Progress = lambda done, total: None
) -> dict[str, Any]:
    """Back the data folder up into `target`, which appears when it is whole. Returns: the manifest.

    Raises:
        DamagedDatabase: there is nothing that could be restored; the target is as it was.
        OSError: no room, no permission.
    """
    _require_room(folder, target)
    with _beside(target) as partial, _scratch(target) as scratch:
        snapshot = scratch / DATABASE
        schema = _snapshot(folder / DATABASE, snapshot)
        files = sorted(
            path for path in (folder / FILES).rglob("*") if path.is_file() and not path.is_symlink()
        )
        total, done, checksums = snapshot.stat().st_size + sum(map(_size, files)), 0, {}
        with tarfile.open(partial, "w:gz" if is_packed(target) else "w") as archive:
            for path in [snapshot, *files]:
                name = DATABASE if path is snapshot else path.relative_to(folder).as_posix()
                checksum, size = _add(archive, path, name)
                if checksum:
                    checksums[name] = checksum
                progress(done := done + size, total)
            manifest = {
                "format": FORMAT,
                "schema": schema,
                "created": times.text(now),
                "bytes": done,
                "checksums": checksums,
            }
            _add_text(archive, MANIFEST, json.dumps(manifest, indent=1), now)
        snapshot.unlink()
        read(partial, None, progress)
        return manifest


def check(source: Path, progress: Progress = lambda done, total: None) -> dict[str, Any]:
    """Could this be restored? All of it is read, its database opened. Returns: the manifest. Raises: BadBackup."""
    with tempfile.TemporaryDirectory(prefix=SCRATCH) as scratch:
        manifest = read(source, Path(scratch), progress, only=DATABASE)
        check_database(Path(scratch), manifest)
    return manifest


def restore(
    source: Path, folder: Path, now: datetime, progress: Progress = lambda done, total: None
) -> tuple[dict[str, Any], Path | None]:
    """Put a backup into the data folder, once all of it has been read and found whole.

    The caller holds the folder's lock. Returns: the manifest, and where what was there before lies now.

    Raises:
        BadBackup: damaged, unfinished, or of a newer version; the data folder is as it was. OSError
    """
    with tempfile.TemporaryDirectory(dir=folder.resolve(), prefix="restoring-") as scratch:
        fresh = Path(scratch)
        manifest = read(source, fresh, progress)
        check_database(fresh, manifest)
        (fresh / FILES).mkdir(exist_ok=True)
        kept = _move_away(folder, now)
        (fresh / FILES).rename(folder / FILES)
        (fresh / DATABASE).rename(folder / DATABASE)  # last: without a database the folder is not a server's
    return manifest, kept


def _snapshot(database: Path, target: Path) -> int:
    """Copy the database as of now, while others write. Returns: its schema's number. Raises: DamagedDatabase."""
    try:
        with sealed.reading(database) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a journal beside it
            found = [row[0] for row in copy.execute("PRAGMA integrity_check(3)")]
            schema = copy.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.DatabaseError as fault:
        if isinstance(fault, sqlite3.OperationalError):  # locked, no room, no permission: of the surroundings
            raise
        raise DamagedDatabase(database, str(fault)) from fault
    if found != ["ok"] or not schema:  # an empty file is a sound database, and not this one
        raise DamagedDatabase(database, "; ".join(found) if schema else "it has no tables")
    return schema


def _require_room(folder: Path, target: Path) -> None:
    """A backup is not to fill the disk that the server writes to. Raises: OSError."""
    database = _size(folder / DATABASE)
    files = sum(_size(path) for path in (folder / FILES).rglob("*") if path.is_file())
    needed = database if is_packed(target) else 2 * database + files
    free = shutil.disk_usage(target.resolve().parent).free
    if needed + _LEFT > free:
        sizes = f"it takes up to {needed / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free"
        raise OSError(errno.ENOSPC, f"no room for a backup in {target.resolve().parent}: {sizes}")


def is_packed(target: Path) -> bool:
    return target.suffix in (".gz", ".tgz")


@contextmanager
def _scratch(target: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=target.resolve().parent, prefix=SCRATCH) as folder:
        yield Path(folder)


def clear(folder: Path) -> None:
    """Remove what backups into this folder left that were killed. Not while one is being written."""
    for path in folder.glob(f"{SCRATCH}*"):
        shutil.rmtree(path, ignore_errors=True)
    for path in folder.glob("*.partial"):
        path.unlink(missing_ok=True)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _add(archive: tarfile.TarFile, path: Path, name: str) -> tuple[str, int]:
    """Returns: checksum and size; an empty checksum for a file that was deleted meanwhile."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return "", 0
    with file:
        entry = archive.gettarinfo(arcname=name, fileobj=file)
        reader = Summing(file)
        archive.addfile(entry, reader)
        return reader.sum.hexdigest(), entry.size


def _add_text(archive: tarfile.TarFile, name: str, text: str, now: datetime) -> None:
    data = text.encode()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.mode = len(data), int(now.timestamp()), 0o600
    archive.addfile(entry, io.BytesIO(data))


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A path next to the target, which becomes it when all went well."""
    partial = target.with_name(target.name + ".partial")
    try:
        partial.touch(mode=0o600)
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(target)
        sync_folder(target.resolve().parent)
    finally:
        partial.unlink(missing_ok=True)


def _move_away(folder: Path, now: datetime) -> Path | None:
    """What is in the folder, into a folder of its own within it. Returns: that folder, or None."""
    with suppress(OSError):
        (folder / FILES).rmdir()  # an empty one is nothing to keep
    names = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", FILES)
    present = [folder / name for name in names if (folder / name).exists()]
    if not present:
        return None
    kept = folder / f"before-restore-{now:%Y%m%d-%H%M%S}"
    kept.mkdir()
    for path in present:
        path.rename(kept / path.name)
    return kept
