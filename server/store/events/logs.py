"""Console lines. Their order is (timestamp, id): lines of one millisecond stay as they came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from server.store.database.db import Database

_COLUMNS = "task, timestamp, level, worker, metric, variant, msg"


class Line(NamedTuple):
    task: str
    timestamp: int
    """Milliseconds."""
    level: str | None
    worker: str | None
    metric: str | None
    variant: str | None
    msg: str


class Logs:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, lines: Iterable[Line]) -> None:
        self._db.execute_many(f"INSERT INTO logs({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", lines)

    def page(self, task: str, limit: int, *, earlier: bool, start: float | None = None) -> list[Line]:
        """Lines before (`earlier`) or after the time `start` (ms, exclusive), nearest first.

        Lines that share the last one's millisecond are added above `limit`: the next page starts after it.
        """
        order, beyond = ("DESC", "<") if earlier else ("ASC", ">")
        since = "" if start is None else f"AND timestamp {beyond} :start"
        lines = self._lines(
            f"task = :task {since} ORDER BY timestamp {order}, id {order} LIMIT :limit",
            {"task": task, "start": start, "limit": limit},
        )
        if len(lines) < limit or not lines:
            return lines
        last = lines[-1].timestamp
        whole = self._lines(
            f"task = :task AND timestamp = :last ORDER BY id {order}", {"task": task, "last": last}
        )
        return [line for line in lines if line.timestamp != last] + whole

    def count(self, task: str) -> int:
        return self._db.value("SELECT count(*) FROM logs WHERE task = ?", (task,))

    def metrics(self, task: str) -> list[tuple[str, str]]:
        """Metric and variant names that log events carry: few clients give any."""
        rows = self._db.rows(
            "SELECT DISTINCT metric, coalesce(variant, '') FROM logs WHERE task = ? AND metric IS NOT NULL"
            " ORDER BY 1, 2",
            (task,),
        )
        return [(row[0], row[1]) for row in rows]

    def all(self, task: str, piece: int = 1000) -> Iterator[Line]:
        """Every line in order, read in pieces, so that a long log needs no long memory."""
        at = (-(2**63), 0)
        while True:
            rows = self._db.rows(
                f"SELECT {_COLUMNS}, id FROM logs WHERE task = ? AND (timestamp, id) > (?, ?)"
                " ORDER BY timestamp, id LIMIT ?",
                (task, *at, piece),
            )
            yield from (Line(*row[:-1]) for row in rows)
            if len(rows) < piece:
                return
            at = (rows[-1]["timestamp"], rows[-1]["id"])

    def delete(self, task: str, before: int | None = None) -> int:
        """Remove a task's lines, or those older than `before` (ms)."""
        if before is None:
            return self._db.execute("DELETE FROM logs WHERE task = ?", (task,))
        return self._db.execute("DELETE FROM logs WHERE task = ? AND timestamp < ?", (task, before))

    def _lines(self, where: str, params: dict[str, Any]) -> list[Line]:
        return [Line(*row) for row in self._db.rows(f"SELECT {_COLUMNS} FROM logs WHERE {where}", params)]
