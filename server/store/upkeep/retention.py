"""What is old: tasks that have long been ended, what of theirs takes room, and files that nothing names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson

from server.store.database.db import Database

KEEP = "keep"
"""The tag of tasks and models that retention leaves alone."""
_ENDED = "('completed', 'stopped', 'failed', 'closed')"
_LIST = "(SELECT value FROM json_each({}))"
_KEPT = f"instr({{}}.tags, '\"{KEEP}\"') > 0"
_UNNAMED = (
    "f.created < :before AND NOT EXISTS (SELECT 1 FROM file_uses u WHERE u.file = f.key)"
    " AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.id = f.task"
    f" AND (t.status IN ('in_progress', 'queued') OR {_KEPT.format('t')}))"
)


class OldTask(NamedTuple):
    id: str
    project: str
    """"" where it is in none."""
    last_update: str


class Retention:
    def __init__(self, db: Database) -> None:
        self._db = db

    def tasks(self, rule: str, projects: Sequence[str], before: str, *, only: str = "ended") -> list[OldTask]:
        """Tasks of these projects that have ended, with nothing new since `before`, and that the rule has not been
        carried out on since. `only`: `ended`, `completed`, or `archived`. Never published ones, nor those to keep."""
        status = "t.status = 'completed'" if only == "completed" else f"t.status IN {_ENDED}"
        if only == "archived":
            status = "t.status NOT IN ('in_progress', 'queued', 'published', 'publishing')"
            status += (
                " AND instr(t.system_tags, '\"archived\"') > 0 AND coalesce(t.last_change, '') < :before"
            )
        sql = (
            "SELECT t.id, coalesce(t.project, '') AS project, t.last_update FROM tasks t"
            " LEFT JOIN retention_done d ON d.task = t.id AND d.rule = :rule"
            f" WHERE coalesce(t.project, '') IN {_LIST.format(':projects')} AND t.last_update < :before AND {status}"
            f" AND NOT ({_KEPT.format('t')}) AND (d.task IS NULL OR d.last_update < t.last_update)"
            " ORDER BY t.last_update"
        )
        params = {"rule": rule, "projects": _json(projects), "before": before}
        return [OldTask(*row) for row in self._db.tuples(sql, params)]

    def note(self, rule: str, task: OldTask) -> None:
        """The rule has been carried out on it."""
        sql = "INSERT OR REPLACE INTO retention_done(task, rule, last_update) SELECT id, ?, ? FROM tasks WHERE id = ?"
        self._db.execute(sql, (rule, task.last_update, task.id))

    def begin_curve(self, task: str, series: int) -> None:
        """A curve is being thinned: note it, so that it is seen to the end."""
        sql = "INSERT OR IGNORE INTO retention_done(task, rule, last_update) VALUES (?, ?, '')"
        self._db.execute(sql, (task, f"curve {series}"))

    def has_begun(self, task: str, series: int) -> bool:
        sql = "SELECT 1 FROM retention_done WHERE task = ? AND rule = ?"
        return self._db.row(sql, (task, f"curve {series}")) is not None

    def end_curve(self, task: str, series: int) -> None:
        self._db.execute("DELETE FROM retention_done WHERE task = ? AND rule = ?", (task, f"curve {series}"))

    # What there is of a task: rows and bytes

    def lines(self, task: str) -> tuple[int, int]:
        return self._pair("SELECT count(*), sum(length(msg) + 60) FROM logs WHERE task = ?", (task,))

    def samples(self, task: str) -> tuple[int, int]:
        """Debug samples, and the bytes of those files that nothing else names."""
        (rows, texts) = self._pair(
            "SELECT count(*), sum(length(e.body) + 60) FROM series s JOIN rich_events e ON e.series = s.id"
            " WHERE s.task = ? AND s.kind = 'image'",
            (task,),
        )
        _, files = self._pair(
            "SELECT count(*), sum(f.size) FROM file_uses u JOIN files f ON f.key = u.file WHERE u.owner = :task"
            " AND u.kind = 'samples' AND NOT EXISTS (SELECT 1 FROM file_uses o WHERE o.file = u.file"
            " AND NOT (o.owner = u.owner AND o.kind = 'samples'))",
            {"task": task},
        )
        return rows, texts + files

    def events(self, task: str) -> tuple[int, int]:
        """All of them."""
        points = self._pair(
            "SELECT count(*), 24 * count(*) FROM series s JOIN scalars p ON p.series = s.id WHERE s.task = ?",
            (task,),
        )
        rich = self._pair(
            "SELECT count(*), sum(length(e.body) + 60) FROM series s JOIN rich_events e ON e.series = s.id"
            " WHERE s.task = ?",
            (task,),
        )
        lines = self.lines(task)
        return points[0] + rich[0] + lines[0], points[1] + rich[1] + lines[1]

    def file_bytes(self, keys: Iterable[str], owner: str, kinds: Iterable[str]) -> int:
        """Of files with these keys that nothing names but an owner, in these ways."""
        return self._pair(
            f"SELECT count(*), sum(f.size) FROM files f WHERE f.key IN {_LIST.format(':keys')} AND NOT EXISTS"
            " (SELECT 1 FROM file_uses o WHERE o.file = f.key"
            f" AND NOT (o.owner = :owner AND o.kind IN {_LIST.format(':kinds')}))",
            {"keys": _json(keys), "owner": owner, "kinds": _json(kinds)},
        )[1]

    # Some rows at a time

    def drop_lines(self, task: str, some: int) -> int:
        sql = "DELETE FROM logs WHERE id IN (SELECT id FROM logs WHERE task = ? LIMIT ?)"
        return self._db.execute(sql, (task, some))

    def drop_points(self, series: int, some: int) -> int:
        sql = "DELETE FROM scalars WHERE series = ? AND iter IN (SELECT iter FROM scalars WHERE series = ? LIMIT ?)"
        return self._db.execute(sql, (series, series, some))

    def drop_rich(self, series: int, some: int) -> int:
        sql = "DELETE FROM rich_events WHERE id IN (SELECT id FROM rich_events WHERE series = ? LIMIT ?)"
        return self._db.execute(sql, (series, some))

    def drop_series(self, series: int) -> None:
        self._db.execute("DELETE FROM series WHERE id = ?", (series,))

    def extremes(self, series: int, above: int) -> list[int]:
        """The iterations of the lowest and the highest value of a curve."""
        sql = "SELECT iter FROM scalars WHERE series = ? AND iter > ? AND value IS NOT NULL ORDER BY value {} LIMIT 1"
        found = (self._db.value(sql.format(way), (series, above)) for way in ("", "DESC"))
        return [one for one in found if one is not None]

    def thin(self, series: int, iterations: Iterable[int]) -> int:
        return self._db.execute_many(
            "DELETE FROM scalars WHERE series = ? AND iter = ?", [(series, one) for one in iterations]
        )

    # Files

    def unnamed(self, before: str) -> list[tuple[str, str, int]]:
        """Files that nothing names, there since `before`: path, the project that its task is in, bytes."""
        sql = (
            "SELECT f.path, coalesce((SELECT t.project FROM tasks t WHERE t.id = f.task), ''), f.size"
            f" FROM files f WHERE {_UNNAMED} ORDER BY f.path"
        )
        return self._db.tuples(sql, {"before": before})

    def still_unnamed(self, paths: Iterable[str], before: str) -> list[str]:
        """Which of these are so now. In a transaction, so that nobody names one meanwhile."""
        sql = f"SELECT f.path FROM files f WHERE f.path IN {_LIST.format(':paths')} AND {_UNNAMED}"
        return [row[0] for row in self._db.tuples(sql, {"paths": _json(paths), "before": before})]

    def _pair(self, sql: str, params: Sequence[Any] | dict[str, Any]) -> tuple[int, int]:
        row = self._db.row(sql, params)
        return (row[0] or 0, row[1] or 0) if row else (0, 0)


def _json(values: Iterable[str]) -> str:
    return orjson.dumps(list(values)).decode()
