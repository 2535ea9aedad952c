"""Scalars: (iter, timestamp, value) of each series. A value that isn't a number (NaN) is NULL."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from server.store.database.db import Database

SINGLE_VALUE = -(2**31)
"""The iteration under which clients report a value that has none (`Logger.report_single_value`)."""


_ROWS = 25
"""Rows of one statement: half the time of one statement a row, and 25 times fewer turns of Python's lock."""


def _add(rows: int) -> str:
    return (
        f"INSERT INTO scalars(series, iter, timestamp, value) VALUES {', '.join(['(?1, ?, ?, ?)'] * rows)}"
        " ON CONFLICT(series, iter) DO UPDATE SET value = excluded.value, timestamp = excluded.timestamp"
    )


_ADD_ROWS, _ADD_ROW = _add(_ROWS), _add(1)


class Point(NamedTuple):
    iter: int
    timestamp: int
    """Milliseconds."""
    value: float | None


class Scalars:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, series: int, points: Sequence[tuple[int, int, float | None]]) -> None:
        """Insert, or replace what the series has at the same iteration."""
        whole = len(points) // _ROWS * _ROWS
        for start in range(0, whole, _ROWS):
            self._db.execute(_ADD_ROWS, (series, *chain.from_iterable(points[start : start + _ROWS])))
        self._db.execute_many(_ADD_ROW, [(series, *point) for point in points[whole:]])

    def count(self, series: int) -> int:
        """How many points, single values aside."""
        return self._db.value(
            "SELECT count(*) FROM scalars WHERE series = ? AND iter > ?", (series, SINGLE_VALUE)
        )

    def points(
        self, series: int, above: int = SINGLE_VALUE, *, up_to: int = 2**63 - 1, limit: int = -1
    ) -> list[Point]:
        """Points at the iterations above one and up to another, in order; by default all but the single value."""
        rows = self._db.tuples(
            "SELECT iter, timestamp, value FROM scalars WHERE series = ? AND iter > ? AND iter <= ?"
            " ORDER BY iter LIMIT ?",
            (series, above, up_to, limit),
        )
        return list(map(Point._make, rows))

    def last(self, series: int, limit: int) -> list[Point]:
        """The newest points, newest first."""
        rows = self._db.rows(
            "SELECT iter, timestamp, value FROM scalars WHERE series = ? ORDER BY iter DESC LIMIT ?",
            (series, limit),
        )
        return [Point(*row) for row in rows]

    def single_value(self, series: int) -> Point | None:
        row = self._db.row(
            "SELECT iter, timestamp, value FROM scalars WHERE series = ? AND iter = ?", (series, SINGLE_VALUE)
        )
        return Point(*row) if row else None

    def delete(self, series: int) -> int:
        return self._db.execute("DELETE FROM scalars WHERE series = ?", (series,))
