"""The numbers of series, and their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from server.store.database.db import Database


class Series(NamedTuple):
    """One line of one chart: `kind` is scalar, vector, plot or image; `task` may be a model's id."""

    id: int
    task: str
    kind: str
    metric: str
    variant: str


class AllSeries:
    def __init__(self, db: Database) -> None:
        self._db = db

    def number(self, task: str, kind: str, metric: str, variant: str) -> int:
        """The number of this series; a new one when it has none yet."""
        key = (task, kind, metric, variant)
        found = self._db.value(
            "SELECT id FROM series WHERE task = ? AND kind = ? AND metric = ? AND variant = ?", key
        )
        if found is None:
            self._db.execute("INSERT INTO series(task, kind, metric, variant) VALUES (?, ?, ?, ?)", key)
            found = self._db.value("SELECT last_insert_rowid()")
        return found

    def of(
        self,
        tasks: Iterable[str],
        kind: str | None = None,
        metrics: Mapping[str, Sequence[str]] | None = None,
    ) -> list[Series]:
        """The series of these tasks, by task as given, then kind, metric and variant.

        Args:
            metrics: only these, {metric: variants}; no variants means all of them. None or empty: no filter.
        """
        found = []
        for task in tasks:
            sql, params = "SELECT id, task, kind, metric, variant FROM series WHERE task = ?", [task]
            if kind is not None:
                sql, params = sql + " AND kind = ?", [*params, kind]
            rows = self._db.rows(sql + " ORDER BY kind, metric, variant", params)
            found += [Series(*row) for row in rows if _wanted(row, metrics)]
        return found

    def delete(self, task: str) -> None:
        self._db.execute("DELETE FROM series WHERE task = ?", (task,))


def _wanted(row: Sequence[Any], metrics: Mapping[str, Sequence[str]] | None) -> bool:
    if not metrics:
        return True
    variants = metrics.get(row[3])
    return variants is not None and (not variants or row[4] in variants)
