"""Events of all tables in order of time. A place is (timestamp, table, series, iteration or log's number)."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence

import orjson

from server.store.db import Database
from server.store.events.logs import Line
from server.store.events.rich import RichEvent
from server.store.events.scalars import Point

Place = tuple[int, int, int, int]
SCALARS, RICH, LOGS = 0, 1, 2


class Stream:
    def __init__(self, db: Database) -> None:
        self._db = db

    def count(self, task: str, series: Iterable[int], with_logs: bool) -> int:
        wanted = orjson.dumps(list(series)).decode()
        sql = "SELECT count(*) FROM {} WHERE series IN (SELECT value FROM json_each(?))"
        total = sum(self._db.value(sql.format(table), (wanted,)) for table in ("scalars", "rich_events"))
        if with_logs:
            total += self._db.value("SELECT count(*) FROM logs WHERE task = ?", (task,))
        return total

    def rows(
        self,
        task: str,
        series: Iterable[int],
        with_logs: bool,
        *,
        newest_first: bool,
        after: Sequence[int] | None,
        limit: int,
    ) -> Iterator[tuple[Place, Point | RichEvent | Line]]:
        """At most `limit` rows of each table beyond the place `after`, merged in order. A rich event comes without
        its body, which may be large: `RichEvents.body` has it."""
        order, beyond = ("DESC", "<") if newest_first else ("ASC", ">")
        wanted = orjson.dumps(list(series)).decode()
        tail = f"ORDER BY timestamp {order}, {{0}} {order}, {{1}} {order} LIMIT {int(limit)}"
        cut = f"AND (timestamp, {{2}}, {{0}}, {{1}}) {beyond} (?, ?, ?, ?)" if after else ""
        place = tuple(after) if after else ()

        def run(columns: str, where: str, first: str, second: str, table: int, params: tuple) -> list:
            sql = f"SELECT {columns} WHERE {where} {cut} {tail}".format(first, second, table)
            return self._db.rows(sql, params + place)

        in_series = "series IN (SELECT value FROM json_each(?))"
        scalars = run(
            "series, iter, timestamp, value FROM scalars", in_series, "series", "iter", SCALARS, (wanted,)
        )
        rich = run(
            "series, iter, timestamp, worker, '' AS body, key FROM rich_events",
            in_series,
            "series",
            "iter",
            RICH,
            (wanted,),
        )
        logs = []
        if with_logs:
            columns = "id, task, timestamp, level, worker, metric, variant, msg FROM logs"
            logs = run(columns, "task = ?", "0 + 0", "id", LOGS, (task,))
        return heapq.merge(
            (((row[2], SCALARS, row[0], row[1]), Point(*row[1:])) for row in scalars),
            (((row[2], RICH, row[0], row[1]), RichEvent(*row)) for row in rich),
            (((row[2], LOGS, 0, row[0]), Line(*row[1:])) for row in logs),
            key=lambda pair: pair[0],
            reverse=newest_first,
        )
