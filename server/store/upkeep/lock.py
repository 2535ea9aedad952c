"""One server to a folder: two would hand a task out twice. Held by the process, so it ends with it, however it ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from server.api.whole import if_there_is_room


class FolderInUse(Exception):
    """Another server is using the data folder."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder, which is created when missing.

    Raises:
        FolderInUse: says which process has it. OSError: the folder can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            raise FolderInUse(f"a server (process {holder(folder)}) is using {folder}") from fault
        _note(file)
        yield


def _note(file: TextIO) -> None:
    """Who has it, for people. A disk without room keeps nobody from having it."""
    with if_there_is_room():
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()


def holder(folder: Path) -> str:
    """The process that holds the folder, or did so last."""
    try:
        return (folder / "lock").read_text().strip() or "unknown"
    except OSError:
        return "unknown"


def is_held(folder: Path) -> bool:
    """Whether a server is using the folder now."""
    try:
        with (folder / "lock").open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
