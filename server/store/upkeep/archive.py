"""The archive of a backup, read: unpacked or only looked through, and held against its own checksums.

A backup is a tar archive (gzip when its name ends so): `soundyard.db`, `files/…`, and, written last,
`manifest.json` with the checksum of each. An archive without a manifest is one that was never finished.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from server.store.migrations import numbered

DATABASE, FILES, MANIFEST = "soundyard.db", "files", "manifest.json"
FORMAT = 1
Progress = Callable[[int, int], object]
"""Called with bytes done and bytes in all."""


class BadBackup(Exception):
    """The file is not a whole backup of this kind, or not of this version."""


class Summing:
    """A file that is summed while it is read."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.sum = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.sum.update(data)
        return data


def read(
    source: Path, into: Path | None, progress: Progress = lambda done, total: None, only: str | None = None
) -> dict[str, Any]:
    """Read all of it; unpack its plain files (or `only` the one) below `into`, if that is given, and nothing outside.

    Returns: the manifest. Raises: BadBackup: it is not whole, or not of this kind.
    """
    total, done, sums = source.stat().st_size, 0, {}
    manifest: dict[str, Any] | None = None
    try:
        with tarfile.open(source) as archive:
            for entry in archive:
                content = archive.extractfile(entry) if entry.isreg() else None
                if content is None or not _is_ours(entry.name):
                    raise BadBackup(f"{source}: {entry.name!r} does not belong into a backup")
                if entry.name == MANIFEST:
                    manifest = json.load(content)
                    continue
                wanted = into is not None and only in (None, entry.name)
                target = into / entry.name if into and wanted else Path(os.devnull)
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as file:
                    reader = Summing(content)
                    shutil.copyfileobj(reader, file, 1 << 20)
                sums[entry.name] = reader.sum.hexdigest()
                progress(done := min(done + entry.size, total), total)
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as fault:
        raise BadBackup(f"{source} can't be read as a backup: {fault}") from fault
    if manifest is None:
        raise BadBackup(f"{source} has no {MANIFEST}: it was never finished, or is no backup of this server")
    if manifest.get("format") != FORMAT or sums != manifest.get("checksums"):
        raise BadBackup(f"{source} is damaged: what it holds is not what its {MANIFEST} says")
    return manifest


def _is_ours(name: str) -> bool:
    parts = name.split("/")
    safe = not name.startswith("/") and ".." not in parts and "" not in parts and "\0" not in name
    return safe and (name in (DATABASE, MANIFEST) or parts[0] == FILES)


def check_database(fresh: Path, manifest: dict[str, Any]) -> None:
    """Open the database that was unpacked into a folder. Raises: BadBackup: damaged, or of a newer version."""
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
