"""Uploaded files: a tree under `files/` that any tool can read, and one row a file saying whose it is.

A name is what the client sent, verbatim, so that the tree is the one ClearML's own file server would write (only a
part too long for a file system is shortened, see `addresses.fitting`). An upload is written beside the tree, flushed,
and moved into place whole: a killed process or a full disk leaves the old file or the new one, never half of one.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import orjson

from server.api.errors import BadFileName, ClosedProject
from server.api.whole import sync_folder
from server.store.database import guard, restriction, times
from server.store.database.db import Database
from server.store.files import addresses
from server.store.files.incoming import Incoming, room

_TASK = re.compile(r"\.([0-9a-f]{32})(?:/|$)")
_LONGEST_NAME = 3000
"""Bytes: a margin below what Linux allows in a path."""


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
            ClosedProject: a file of the name is, or would be, one that the caller may not change.
            StorageFull: the disk has no room.
        """
        pairs = [(self.path(name), one) for name, one in incoming]
        self.require_changeable(self.name(target) for target, _ in pairs)
        self._want_again([self.name(target) for target, _ in pairs])
        for target, one in pairs:
            one.finish(self._durable)
            with room():
                self._place(one.path, target)
        with self._db.transaction():
            self._db.execute_many(
                "INSERT INTO files(path, task, size, created, user, key) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT(path) DO UPDATE SET size=excluded.size, created=excluded.created,"
                " user=excluded.user",
                [
                    (name, task_of(name), one.size, times.text(now), user, addresses.key(name))
                    for name, one in ((self.name(target), one) for target, one in pairs)
                ],
            )

    def _want_again(self, names: list[str]) -> None:
        """What is uploaded now is not to go because an older file of the name was to."""
        sql = "SELECT 1 FROM file_releases WHERE path = ?"
        if any(self._db.row(sql, (name,)) for name in names):
            with self._db.transaction():
                self._db.execute_many("DELETE FROM file_releases WHERE path = ?", [(name,) for name in names])

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
            sync_folder(target.parent)

    def path(self, name: str) -> Path:
        """Where a file of this name lies or would lie. Raises: BadFileName."""
        try:
            straight = addresses.straight(name)
            parts = [part for part in addresses.fitting(straight or "").split("/") if part]
            length = len("/".join(parts).encode())
        except UnicodeEncodeError as fault:
            raise BadFileName(f"{name!r} is not text") from fault
        if straight is None or ".." in parts or "\0" in name:
            raise BadFileName(f"{name!r} leaves the folder of files")
        if not parts:
            raise BadFileName("it is empty")
        if length > _LONGEST_NAME:
            raise BadFileName(f"{name[:80]!r}… is too long: at most {_LONGEST_NAME} bytes")
        path = self.root.joinpath(*parts)
        if not path.resolve().is_relative_to(self._real_root):  # a link that somebody put there
            raise BadFileName(f"{name!r} leaves the folder of files")
        return path

    def name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def find(self, *spellings: str) -> Path | None:
        """The file that one of these names means, or None. Of several files with one key none is meant.

        Raises: BadFileName, when none of the spellings can be one.
        """
        faults = []
        for name in spellings:
            try:
                path = self.path(name)
            except BadFileName as fault:
                faults.append(fault)
                continue
            if path.is_file() and not path.is_symlink() and self._may_see(self.name(path)):
                return path
        if len(faults) == len(spellings):
            raise faults[0]
        alike = self.with_keys({addresses.key(name) for name in spellings})
        found = [path for path in map(self.path, alike) if path.is_file() and not path.is_symlink()]
        return found[0] if len(found) == 1 else None

    def with_keys(self, keys: Iterable[str]) -> list[str]:
        """Names of the files that these keys mean."""
        listed = orjson.dumps(sorted(keys)).decode()
        sql = "SELECT path FROM files WHERE key IN (SELECT value FROM json_each(?)) ORDER BY path"
        return [row[0] for row in self._db.rows(sql, (listed,))]

    def delete(self, names: Iterable[str]) -> list[str]:
        """Remove files, and the folders they leave empty. Returns: the names that existed.

        Raises:
            BadFileName: one of the names can't be used; nothing is removed.
            ClosedProject: so is one that the caller may not change.
        """
        paths = [path for path in map(self.path, names) if path.is_file() or path.is_symlink()]
        self.require_changeable(self.name(path) for path in paths)
        for path in paths:
            path.unlink(missing_ok=True)
            self._prune(path.parent)
        with self._db.transaction():
            self._db.execute_many("DELETE FROM files WHERE path = ?", [(self.name(path),) for path in paths])
        return [self.name(path) for path in paths]

    def require_changeable(self, names: Iterable[str]) -> None:
        """Raises: ClosedProject."""
        for name in names:
            if not self.may_change(name):
                raise ClosedProject(file=name)

    def may_change(self, name: str) -> bool:
        """Whether the caller may replace or remove a file of this name; one that isn't there, too."""
        return self._may("MAY_WRITE", name)

    def _may_see(self, name: str) -> bool:
        return self._may("MAY_READ", name)

    def _may(self, what: str, name: str) -> bool:
        if restriction.current() is None:
            return True
        sql = f"SELECT {what}({guard.project_of_file('r', what)}) FROM (SELECT ? AS task, ? AS key) r"
        return bool(self._db.value(sql, (task_of(name), addresses.key(name))))

    def copy(self, name: str, other: str) -> None:
        """The same bytes under another name, whatever becomes of the first. To be called in a transaction."""
        target = self.path(other)
        os.link(self.path(name), target)
        self._db.execute(
            "INSERT INTO files(path, task, size, created, user, key) SELECT ?, task, size, created, user, ?"
            " FROM files WHERE path = ?",
            (self.name(target), addresses.key(other), name),
        )

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

    def audit(self) -> tuple[list[str], list[str]]:
        """Compare table and tree. Returns: names listed that don't lie there, and names that lie there unlisted."""
        listed = {row[0] for row in self._db.rows("SELECT path FROM files")}
        lying = {self.name(path) for path in self.root.rglob("*") if path.is_file() and not path.is_symlink()}
        return sorted(listed - lying), sorted(lying - listed)

    def reconcile(self, now: datetime) -> None:
        """Make the table say what lies in the tree: a file copied there by hand counts, one removed doesn't."""
        gone, new = self.audit()
        rows = [
            (name, task_of(name), self.path(name).stat().st_size, times.text(now), addresses.key(name))
            for name in new
        ]
        with self._db.transaction():
            self._db.execute_many("DELETE FROM files WHERE path = ?", [(name,) for name in gone])
            self._db.execute_many(
                "INSERT INTO files(path, task, size, created, key) VALUES (?, ?, ?, ?, ?)", rows
            )


def task_of(name: str) -> str | None:
    """The id of the task a name belongs to: `<project>/<task name>.<task id>/…`."""
    found = _TASK.findall(name)
    return found[-1] if found else None
