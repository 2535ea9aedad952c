"""Uploaded files: a tree under `files/` that any tool can read, and one row a file saying whose it is.

A name is what the client sent, verbatim, so that the tree is the one ClearML's own file server would write. An
upload is written beside the tree, flushed, and moved into place whole: a killed process or a full disk leaves
the old file or the new one, never half of one.
"""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

from server.api.errors import BadFileName, StorageFull
from server.store import times
from server.store.db import Database

_TASK = re.compile(r"\.([0-9a-f]{32})(?:/|$)")
_LONGEST_PART, _LONGEST_NAME = 255, 3000
"""Bytes: what Linux file systems allow in one component, and a margin below what they allow in a path."""


class Incoming:
    """A file on its way in. Raises from any method: StorageFull, when the disk has no room."""

    def __init__(self, folder: Path) -> None:
        with _room():
            self._file = tempfile.NamedTemporaryFile(dir=folder, prefix="incoming-", delete=False)  # noqa: SIM115
        self.path = Path(self._file.name)
        self.size = 0

    def write(self, data: bytes) -> None:
        with _room():
            self._file.write(data)
        self.size += len(data)

    def finish(self, durable: bool) -> None:
        with _room():
            self._file.flush()
            if durable:
                os.fsync(self._file.fileno())
            self._file.close()
        self.path.chmod(0o644)

    def discard(self) -> None:
        """Remove what was written. After the move into place this does nothing."""
        with suppress(OSError):
            self._file.close()
        self.path.unlink(missing_ok=True)


class Files:
    """The tree under `folder/files`, and the table `files`. Names are relative, with `/` between components."""

    def __init__(self, folder: Path, db: Database, durable: bool) -> None:
        self.root = folder / "files"
        self._incoming = folder / "incoming"
        self._db = db
        self._durable = durable
        self._incoming.mkdir(parents=True, exist_ok=True)
        self.root.mkdir(exist_ok=True)
        self._real_root = self.root.resolve()

    def discard_unfinished(self) -> None:
        """Remove what a killed process had not finished. Only for the process that receives uploads."""
        for left in self._incoming.iterdir():
            left.unlink()

    def receive(self) -> Incoming:
        return Incoming(self._incoming)

    def keep(self, incoming: Iterable[tuple[str, Incoming]], user: str, now: datetime) -> None:
        """Move finished uploads to their names, replacing what was there. Durable on return.

        Raises:
            BadFileName: a name can't be used; none of the files is kept.
            StorageFull: the disk has no room.
        """
        pairs = [(self.path(name), one) for name, one in incoming]
        for target, one in pairs:
            one.finish(self._durable)
            with _room():
                self._place(one.path, target)
        with self._db.transaction():
            self._db.execute_many(
                "INSERT INTO files(path, task, size, created, user) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT(path) DO UPDATE SET size=excluded.size, created=excluded.created,"
                " user=excluded.user",
                [
                    (name, task_of(name), one.size, times.text(now), user)
                    for name, one in ((self.name(target), one) for target, one in pairs)
                ],
            )

    def _place(self, source: Path, target: Path) -> None:
        for _ in range(5):  # a deletion may remove the folder between the two steps
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                source.replace(target)
                break
            except FileNotFoundError:
                continue
            except (FileExistsError, NotADirectoryError, IsADirectoryError) as fault:
                raise BadFileName(f"{self.name(target)!r}: a file and a folder can't share a name") from fault
            except OSError as fault:
                if fault.errno == errno.ENAMETOOLONG:
                    raise BadFileName(f"{self.name(target)[:80]!r}… is too long") from fault
                raise
        else:
            raise BadFileName(f"{self.name(target)!r}: its folder was removed meanwhile; try again")
        if self._durable:
            _sync_folder(target.parent)

    def path(self, name: str) -> Path:
        """Where a file of this name lies or would lie. Raises: BadFileName."""
        parts = [part for part in name.split("/") if part not in ("", ".")]
        if not parts:
            raise BadFileName("it is empty")
        if ".." in parts or "\0" in name:
            raise BadFileName(f"{name!r} leaves the folder of files")
        try:
            lengths = [len(part.encode()) for part in parts]
        except UnicodeEncodeError as fault:
            raise BadFileName(f"{name!r} is not text") from fault
        if max(lengths) > _LONGEST_PART or sum(lengths) + len(parts) > _LONGEST_NAME:
            raise BadFileName(f"{name[:80]!r}… is too long: at most {_LONGEST_PART} bytes between slashes")
        path = self.root.joinpath(*parts)
        if not path.resolve().is_relative_to(self._real_root):  # a link that somebody put there
            raise BadFileName(f"{name!r} leaves the folder of files")
        return path

    def name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def find(self, name: str) -> Path | None:
        """The file of this name, or None. Raises: BadFileName."""
        path = self.path(name)
        return path if path.is_file() and not path.is_symlink() else None

    def delete(self, names: Iterable[str]) -> list[str]:
        """Remove files, and the folders they leave empty. Returns: the names that existed.

        Raises:
            BadFileName: one of the names can't be used; nothing is removed.
        """
        paths = [path for path in map(self.path, names) if path.is_file() or path.is_symlink()]
        for path in paths:
            path.unlink(missing_ok=True)
            self._prune(path.parent)
        with self._db.transaction():
            self._db.execute_many("DELETE FROM files WHERE path = ?", [(self.name(path),) for path in paths])
        return [self.name(path) for path in paths]

    def _prune(self, folder: Path) -> None:
        while folder != self.root:
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent

    def names(self) -> list[str]:
        """Of all files."""
        return [row[0] for row in self._db.rows("SELECT path FROM files ORDER BY path")]

    def of_task(self, task: str) -> list[str]:
        """Names of the files that were uploaded by a task: its id ends the name of one of their folders."""
        return [
            row[0] for row in self._db.rows("SELECT path FROM files WHERE task = ? ORDER BY path", (task,))
        ]

    def delete_of_task(self, task: str, keep: Iterable[str] = ()) -> int:
        """Free a task's files, except those that a URL in `keep` (of a model that stays) ends with.

        Returns: the number of files removed.
        """
        kept = tuple(unquote(url) for url in keep)
        names = [name for name in self.of_task(task) if not any(url.endswith(f"/{name}") for url in kept)]
        return len(self.delete(names))

    def audit(self) -> tuple[list[str], list[str]]:
        """Compare table and tree. Returns: names listed that don't lie there, and names that lie there unlisted."""
        listed = {row[0] for row in self._db.rows("SELECT path FROM files")}
        lying = {self.name(path) for path in self.root.rglob("*") if path.is_file() and not path.is_symlink()}
        return sorted(listed - lying), sorted(lying - listed)

    def reconcile(self, now: datetime) -> None:
        """Make the table say what lies in the tree: a file copied there by hand counts, one removed doesn't."""
        gone, new = self.audit()
        rows = [(name, task_of(name), self.path(name).stat().st_size, times.text(now)) for name in new]
        with self._db.transaction():
            self._db.execute_many("DELETE FROM files WHERE path = ?", [(name,) for name in gone])
            self._db.execute_many("INSERT INTO files(path, task, size, created) VALUES (?, ?, ?, ?)", rows)


def task_of(name: str) -> str | None:
    """The id of the task a name belongs to: `<project>/<task name>.<task id>/…`."""
    found = _TASK.findall(name)
    return found[-1] if found else None


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        if fault.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise StorageFull() from fault
        raise
