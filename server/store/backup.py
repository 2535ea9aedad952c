"""The whole data folder in one file, taken while the server works; and back.

A backup is a tar archive (gzip when its name ends so): `soundyard.db`, `files/…`, and, written last,
`manifest.json` with the checksum of each. An archive without a manifest is one that was never finished. The
database is copied as of one moment; a file that is uploaded while the backup runs may or may not be in it.
Secrets that can be made anew (the tokens' signing key, the client configuration) stay out: clients sign in
again by themselves.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from server.store import sealed, times
from server.store.migrations import numbered

DATABASE, FILES, MANIFEST = "soundyard.db", "files", "manifest.json"
_FORMAT = 1
Progress = Callable[[int, int], object]
"""Called with bytes done and bytes in all."""


class BadBackup(Exception):
    """The file is not a whole backup of this kind, or not of this version."""


def write(folder: Path, target: Path, now: datetime, progress: Progress = lambda done, total: None) -> dict:
    """Back the data folder up into `target`, which appears when it is whole. Returns: the manifest.

    Raises:
        OSError: no room, no permission. sqlite3.DatabaseError: the database is damaged.
    """
    with _beside(target) as partial, tempfile.TemporaryDirectory(dir=target.resolve().parent) as scratch:
        snapshot = Path(scratch) / DATABASE
        schema = _snapshot(folder / DATABASE, snapshot)
        files = sorted(
            path for path in (folder / FILES).rglob("*") if path.is_file() and not path.is_symlink()
        )
        total, done, checksums = snapshot.stat().st_size + sum(map(_size, files)), 0, {}
        with tarfile.open(partial, "w:gz" if target.suffix in (".gz", ".tgz") else "w") as archive:
            for path in [snapshot, *files]:
                name = DATABASE if path is snapshot else path.relative_to(folder).as_posix()
                checksum, size = _add(archive, path, name)
                if checksum:
                    checksums[name] = checksum
                progress(done := done + size, total)
            manifest = {
                "format": _FORMAT,
                "schema": schema,
                "created": times.text(now),
                "bytes": done,
                "checksums": checksums,
            }
            _add_text(archive, MANIFEST, json.dumps(manifest, indent=1), now)
        return manifest


def restore(
    source: Path, folder: Path, now: datetime, progress: Progress = lambda done, total: None
) -> tuple[dict, Path | None]:
    """Put a backup into the data folder, once all of it has been read and found whole.

    The caller holds the folder's lock. Returns: the manifest, and where what was there before lies now.

    Raises:
        BadBackup: damaged, unfinished, or of a newer version; the data folder is as it was. OSError
    """
    with tempfile.TemporaryDirectory(dir=folder.resolve(), prefix="restoring-") as scratch:
        fresh = Path(scratch)
        manifest = _extract(source, fresh, progress)
        _check(fresh, manifest)
        (fresh / FILES).mkdir(exist_ok=True)
        kept = _move_away(folder, now)
        (fresh / FILES).rename(folder / FILES)
        (fresh / DATABASE).rename(folder / DATABASE)  # last: without a database the folder is not a server's
    return manifest, kept


def _snapshot(database: Path, target: Path) -> int:
    """Copy the database as of now, while others write. Returns: its schema's number."""
    with sealed.reading(database) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a journal beside it
        return copy.execute("PRAGMA user_version").fetchone()[0]


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
        reader = _Summing(file)
        archive.addfile(entry, reader)
        return reader.sum.hexdigest(), entry.size


class _Summing:
    """A file that is summed while it is read."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.sum = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.sum.update(data)
        return data


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
    finally:
        partial.unlink(missing_ok=True)


def _extract(source: Path, into: Path, progress: Progress) -> dict:
    """Unpack the archive's plain files, and nothing outside `into`. Returns: the manifest."""
    total, done, sums = source.stat().st_size, 0, {}
    manifest: dict | None = None
    try:
        with tarfile.open(source) as archive:
            for entry in archive:
                content = archive.extractfile(entry) if entry.isreg() else None
                if content is None or not _is_ours(entry.name):
                    raise BadBackup(f"{source}: {entry.name!r} does not belong into a backup")
                if entry.name == MANIFEST:
                    manifest = json.load(content)
                    continue
                target = into / entry.name
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as file:
                    reader = _Summing(content)
                    shutil.copyfileobj(reader, file, 1 << 20)
                sums[entry.name] = reader.sum.hexdigest()
                progress(done := min(done + entry.size, total), total)
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as fault:
        raise BadBackup(f"{source} can't be read as a backup: {fault}") from fault
    if manifest is None:
        raise BadBackup(f"{source} has no {MANIFEST}: it was never finished, or is no backup of this server")
    if manifest.get("format") != _FORMAT or sums != manifest.get("checksums"):
        raise BadBackup(f"{source} is damaged: what it holds is not what its {MANIFEST} says")
    return manifest


def _is_ours(name: str) -> bool:
    parts = name.split("/")
    safe = not name.startswith("/") and ".." not in parts and "" not in parts and "\0" not in name
    return safe and (name in (DATABASE, MANIFEST) or parts[0] == FILES)


def _check(fresh: Path, manifest: dict) -> None:
    newest = numbered()[-1][0]
    if manifest["schema"] > newest:
        raise BadBackup(
            f"the backup has schema {manifest['schema']}, this code knows {newest}: use the newer Soundyard"
        )
    try:
        with closing(sqlite3.connect(fresh / DATABASE)) as database:
            verdict = database.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite3.DatabaseError as fault:
        raise BadBackup(f"the backup's database is damaged: {fault}") from fault
    if verdict != "ok":
        raise BadBackup(f"the backup's database is damaged: {verdict}")


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
