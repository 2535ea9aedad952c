"""Who may read the data folder: its owner alone. What was written with other rights, by an older version or by hand, is
made so at the start."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

UMASK = 0o077
_OTHERS = 0o077
_SECRETS = ("soundyard.db", "soundyard.db-wal", "soundyard.db-shm", "token.key", "lock", "ready.json")
_FOLDERS = (".", "files", "incoming", "logs", "backups")


def open_to_others(folder: Path, more: Iterable[Path] = ()) -> list[Path]:
    """What others than its owner may read or change: the folder, what lies in it, and of `more` (clients' keys)."""
    listed = [folder / name for name in (*_FOLDERS, *_SECRETS)]
    listed += [*folder.glob("soundyard.before-*.db"), *(folder / "logs").glob("*"), *more]
    return [path for path in listed if path.exists() and path.stat().st_mode & _OTHERS]


def close(folder: Path, more: Iterable[Path] = ()) -> list[Path]:
    """Take others' rights away. Returns: where that isn't ours to do."""
    for path in open_to_others(folder, more):
        if path.stat().st_uid == os.geteuid():
            path.chmod(path.stat().st_mode & ~_OTHERS)
    return open_to_others(folder, more)
