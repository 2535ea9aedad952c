"""Rich events: vectors, plots and debug samples, one a series and iteration."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from server.store.database.db import Database

_COLUMNS = "series, iter, timestamp, worker, body, key"


class RichEvent(NamedTuple):
    series: int
    iter: int
    timestamp: int
    """Milliseconds."""
    worker: str | None
    body: str
    """The values as JSON, plot_str, or a debug sample's URL."""
    key: str | None
    """Where a debug sample's file lies in its store ("" when that wasn't said); None for all else."""


class RichEvents:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, events: Iterable[RichEvent]) -> None:
        """Insert, or replace what the series has at the same iteration."""
        self._db.execute_many(
            f"INSERT INTO rich_events({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT(series, iter) DO UPDATE SET timestamp = excluded.timestamp,"
            " worker = excluded.worker, body = excluded.body, key = excluded.key",
            events,
        )

    def drop_overwritten(self, series: int, addresses: Iterable[str]) -> None:
        """Of a series' samples at one address the last one is there: the file of the others was overwritten (the SDK
        writes a ring of `file_history_size` files)."""
        same = "series = ? AND body = ? AND key IS NOT NULL"
        self._db.execute_many(
            f"DELETE FROM rich_events WHERE {same} AND id <> (SELECT id FROM rich_events WHERE {same}"
            " ORDER BY timestamp DESC, iter DESC LIMIT 1)",
            [(series, one, series, one) for one in addresses if one],
        )

    def last(self, series: int, limit: int) -> list[RichEvent]:
        """The events of the newest iterations, newest first."""
        return self._events("WHERE series = ? ORDER BY iter DESC LIMIT ?", (series, limit))

    def count_last(self, series: Iterable[int], limit: int) -> int:
        """How many events `last` gives for all of these series."""
        sql = "SELECT count(*) FROM (SELECT 1 FROM rich_events WHERE series = ? LIMIT ?)"
        return sum(self._db.value(sql, (one, limit)) for one in series)

    def at(self, series: Iterable[int], iteration: int) -> list[RichEvent]:
        """The events of one iteration, in the order of `series`."""
        return [
            event
            for one in series
            for event in self._events("WHERE series = ? AND iter = ?", (one, iteration))
        ]

    def all(self, series: int) -> list[RichEvent]:
        return self._events("WHERE series = ? ORDER BY iter", (series,))

    def body(self, series: int, iteration: int) -> str:
        """Of one event; empty when it is gone."""
        sql = "SELECT body FROM rich_events WHERE series = ? AND iter = ?"
        return self._db.value(sql, (series, iteration)) or ""

    def iterations(
        self, series: Iterable[int], limit: int, *, below: int | None = None, above: int | None = None
    ) -> list[int]:
        """Iterations at which any of the series has an event, newest first: the newest `limit` of them, or
        those right above `above`."""
        found: set[int] = set()
        for one in series:
            if above is not None:
                sql, params = "iter > ? ORDER BY iter", (one, above, limit)
            else:
                sql, params = (
                    "iter < ? ORDER BY iter DESC",
                    (one, 2**63 - 1 if below is None else below, limit),
                )
            rows = self._db.rows(f"SELECT iter FROM rich_events WHERE series = ? AND {sql} LIMIT ?", params)
            found.update(row[0] for row in rows)
        if above is not None:
            return sorted(sorted(found)[:limit], reverse=True)
        return sorted(found, reverse=True)[:limit]

    def range(self, series: int) -> tuple[int, int] | None:
        """The lowest and the highest iteration."""
        row = self._db.row("SELECT min(iter), max(iter) FROM rich_events WHERE series = ?", (series,))
        return (row[0], row[1]) if row and row[0] is not None else None

    def delete(self, series: int) -> int:
        return self._db.execute("DELETE FROM rich_events WHERE series = ?", (series,))

    def _events(self, where: str, params: tuple[Any, ...]) -> list[RichEvent]:
        return [
            RichEvent(*row) for row in self._db.rows(f"SELECT {_COLUMNS} FROM rich_events {where}", params)
        ]
