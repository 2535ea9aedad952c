"""Is there room on the disk? Told by writing: quotas and reserved blocks make any number of free bytes a guess."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from server.api.whole import lacks_room

_LEAST = 128 * 1024
"""Bytes: what SQLite needs to write at all (its shared index of the journal, and some pages)."""


def is_lacking(folder: Path) -> bool:
    """Whether so little is left that a database in this folder can't be written."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\1" * _LEAST)
            file.flush()
            os.fsync(file.fileno())
    except OSError as fault:
        return lacks_room(fault)
    return False
