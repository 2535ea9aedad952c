"""A small file written whole or not at all: a killed process or a full disk leaves the old one, or none."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def write(path: Path, text: str, mode: int = 0o600) -> None:
    """Flushed to the disk, and its folder too, when this returns. Raises: OSError; then nothing has changed."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def lacks_room(fault: OSError) -> bool:
    """Whether the system says with this error that the disk has no room, or the user no more of it."""
    return fault.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def if_there_is_room() -> Iterator[None]:
    """For what can be done without: a disk without room is no error here."""
    try:
        yield
    except OSError as fault:
        if not lacks_room(fault):
            raise


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
