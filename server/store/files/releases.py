"""Files that nothing names any more, and how they go.

What deletes something releases the files that it named, in the same transaction. Once that is committed they are
looked at again: those that something else names stay, the others are removed. A process killed in between goes on
when it starts: a file too many for a moment is better than one too few.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import NamedTuple

import orjson

from server.store.database import restriction
from server.store.database.db import Database
from server.store.files import addresses
from server.store.files.file_uses import OWN, RUN, TEXTS
from server.store.files.files import Files

log = logging.getLogger("soundyard.files")

_AT_ONCE = 500
_LIST = "(SELECT value FROM json_each(?))"
_NAMED = "EXISTS (SELECT 1 FROM files f JOIN file_uses u ON u.file = f.key WHERE f.path = r.path)"


KINDS = (*OWN, "inputs", *TEXTS)
_REMAINING = """
WITH gone(id) AS (SELECT value FROM json_each(:tasks)),
remaining(file, owner) AS (
    SELECT u.file, u.owner
    FROM json_each(:paths) p CROSS JOIN files f ON f.path = p.value CROSS JOIN file_uses u ON u.file = f.key
    WHERE NOT (u.owner IN (SELECT value FROM json_each(:models))
        OR u.owner IN (SELECT id FROM gone) AND u.kind IN (SELECT value FROM json_each(:dropped)))
    UNION
    SELECT u.file, d.child
    FROM gone g CROSS JOIN dataset_parents d ON d.parent = g.id
        CROSS JOIN file_uses u ON u.owner = d.parent AND u.kind IN ('artifacts', 'chunks')
    WHERE d.child NOT IN (SELECT id FROM gone)
)
"""
"""Uses that would be left, those included that versions of datasets inherit (see `FileUses.hand_down`)."""
_NAMERS = """
SELECT iif(t.id IS NOT NULL, 'task', iif(m.id IS NOT NULL, 'model', 'project')), r.owner,
    coalesce(t.name, m.name, p.name, r.owner) AS name, coalesce(t.status = 'published', m.ready, 0),
    count(DISTINCT r.file) AS files
FROM remaining r LEFT JOIN tasks t ON t.id = r.owner LEFT JOIN models m ON m.id = r.owner
    LEFT JOIN projects p ON p.id = r.owner
GROUP BY r.owner ORDER BY files DESC, name
"""


_LOSERS = """
SELECT 'task', t.id, t.name, t.status = 'published', count(*) AS files
FROM (
    SELECT d.child AS task, d.parent AS lost
    FROM json_each(:tasks) g CROSS JOIN dataset_parents d ON d.parent = g.value
    UNION SELECT u.task, u.model
    FROM json_each(:models) g CROSS JOIN task_models u ON u.model = g.value AND u.side = 'input'
) l JOIN tasks t ON t.id = l.task
WHERE t.id NOT IN (SELECT value FROM json_each(:tasks))
GROUP BY t.id ORDER BY files DESC, t.name
"""


class Namer(NamedTuple):
    """A task, model or project that names files."""

    kind: str
    """task | model | project"""
    id: str
    name: str
    published: int
    files: int


class Left(NamedTuple):
    """What a deletion would leave."""

    going: list[str]
    kept: list[str]
    namers: list[Namer]
    """Of those kept, who names the most first."""


class Releases:
    def __init__(self, db: Database, files: Files) -> None:
        self._db = db
        self._files = files

    def at_risk(self, owners: Iterable[str]) -> list[str]:
        """The files that could go with these tasks and models: those in their folders and those that they own; and
        those that they only mention, when the task whose folder it is is gone already."""
        listed = _json(owners)
        rows = self._db.rows(
            f"""
            SELECT path FROM files WHERE task IN {_LIST}
            UNION
            SELECT f.path FROM file_uses u CROSS JOIN files f ON f.key = u.file
            WHERE u.owner IN {_LIST}
                AND (u.kind IN {_LIST} OR f.task IS NOT NULL AND f.task NOT IN (SELECT id FROM tasks))
            """,
            (listed, listed, _json(OWN)),
        )
        return [row[0] for row in rows]

    def of_events(self, owner: str, kinds: Iterable[str] = ("samples", "plots")) -> list[str]:
        """The files that a task's or model's debug samples and plots name."""
        sql = (
            "SELECT DISTINCT f.path FROM file_uses u CROSS JOIN files f ON f.key = u.file"
            f" WHERE u.owner = ? AND u.kind IN {_LIST}"
        )
        return [row[0] for row in self._db.rows(sql, (owner, _json(kinds)))]

    def left(self, tasks: Iterable[str], models: Iterable[str], *, reset: bool) -> Left:
        """What would still name the files at risk, were these deleted (or the tasks reset)."""
        listed = {"tasks": _json(tasks), "models": _json(models)}
        paths = self.at_risk([*orjson.loads(listed["tasks"]), *orjson.loads(listed["models"])])
        listed |= {"paths": _json(paths), "dropped": _json(RUN if reset else KINDS)}
        with restriction.restricted(None):  # what keeps a file may be nothing that the caller sees
            kept = self._db.rows(
                _REMAINING + "SELECT DISTINCT f.path FROM remaining r JOIN files f ON f.key = r.file", listed
            )
            namers = self._db.rows(_REMAINING + _NAMERS, listed)
        kept_paths = {row[0] for row in kept} & set(paths)
        going = [path for path in paths if path not in kept_paths]
        return Left(going, sorted(kept_paths), [Namer(*row) for row in namers])

    @restriction.unrestricted
    def namers(self, key: str) -> list[Namer]:
        """All who name a file."""
        sql = "WITH remaining(file, owner) AS (SELECT file, owner FROM file_uses WHERE file = :key)" + _NAMERS
        return [Namer(*row) for row in self._db.rows(sql, {"key": key})]

    @restriction.unrestricted
    def losers(self, tasks: Iterable[str], models: Iterable[str]) -> list[Namer]:
        """Tasks that would lose what they read, were these deleted: versions that build on a version of a dataset
        (`files`: how many of these), and tasks that name a model."""
        listed = {"tasks": _json(tasks), "models": _json(models)}
        return [Namer(*row) for row in self._db.rows(_LOSERS, listed)]

    def bytes(self, paths: Iterable[str]) -> int:
        sql = f"SELECT coalesce(sum(size), 0) FROM files WHERE path IN {_LIST}"
        return self._db.value(sql, (_json(paths),))

    def release(self, paths: Iterable[str]) -> None:
        """Let these go after the commit, as far as nothing names them then, and the caller may change them."""
        self._db.execute_many(
            "INSERT INTO file_releases(path, key) VALUES (?, ?) ON CONFLICT(path) DO UPDATE SET freed = NULL",
            [(path, addresses.key(path)) for path in paths if self._files.may_change(path)],
        )
        self._db.after_commit(self.sweep)

    def release_addresses(self, found: Iterable[object]) -> None:
        """Let the files go that these addresses name, as `release` does."""
        self.release(self._files.with_keys(addresses.keys_of(found)))

    def sweep(self) -> None:
        """Remove what was released and isn't named."""
        waiting = [row[0] for row in self._db.rows("SELECT path FROM file_releases WHERE freed IS NULL")]
        for start in range(0, len(waiting), _AT_ONCE):
            with self._db.transaction():
                self._free(waiting[start : start + _AT_ONCE])
        if waiting:
            with self._db.transaction():
                self._db.execute("DELETE FROM file_releases WHERE freed < datetime('now', '-1 day')")

    def _free(self, paths: list[str]) -> None:
        """In a transaction, so that nobody names one of them meanwhile."""
        listed = _json(paths)
        still = f"path IN {_LIST} AND freed IS NULL"
        self._db.execute(f"DELETE FROM file_releases AS r WHERE {still} AND {_NAMED}", (listed,))
        rows = self._db.rows(f"SELECT path FROM file_releases WHERE {still}", (listed,))
        gone = [row[0] for row in rows if self._removed(row[0])]
        self._db.execute(
            f"UPDATE file_releases SET freed = datetime('now') WHERE path IN {_LIST}",
            (_json(gone),),
        )

    def _removed(self, path: str) -> bool:
        try:
            self._files.delete([path])
        except OSError as fault:
            log.warning("%s can't be removed: %s; tried again at the next start", path, fault)
            return False
        return True

    def freed(self, keys: Iterable[str]) -> bool:
        """Whether a file with one of these keys went within the last day, with what named it."""
        sql = f"SELECT 1 FROM file_releases WHERE key IN {_LIST} AND freed IS NOT NULL"
        return self._db.row(sql, (_json(keys),)) is not None


def _json(values: Iterable[str]) -> str:
    return orjson.dumps(list(values)).decode()
