"""Events of all tables in order of time. A place is (timestamp, table, series, iteration or log's number).

Points have no index by time: it would double what is written. So `rows` sorts what there is, which is right for
some thousands; `merged` goes along every series by iteration, which costs the same wherever in millions it stands.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from server.store.database.db import Database
from server.store.events.logs import Line
from server.store.events.rich import RichEvent
from server.store.events.scalars import Point

Place = tuple[int, int, int, int]
Row = Point | RichEvent | Line
SCALARS, RICH, LOGS = 0, 1, 2
_ENDS = (-(2**63), 2**63 - 1)
_LEAST = 16
"""Rows of one series that are read at once."""


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
    ) -> Iterator[tuple[Place, Row]]:
        """At most `limit` rows of each table beyond the place `after`, merged in order. A rich event comes without
        its body, which may be large: `RichEvents.body` has it."""
        order, beyond = ("DESC", "<") if newest_first else ("ASC", ">")
        wanted = orjson.dumps(list(series)).decode()
        tail = f"ORDER BY timestamp {order}, {{0}} {order}, {{1}} {order} LIMIT {int(limit)}"
        cut = f"AND (timestamp, {{2}}, {{0}}, {{1}}) {beyond} (?, ?, ?, ?)" if after else ""
        place = tuple(after) if after else ()

        def run(
            columns: str, where: str, first: str, second: str, table: int, params: tuple[Any, ...]
        ) -> list[Any]:
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

    def merged(
        self,
        task: str,
        scalars: Sequence[int],
        rich: Sequence[int],
        with_logs: bool,
        *,
        newest_first: bool,
        after: Mapping[int, int],
        after_line: Sequence[int] | None,
        piece: int,
    ) -> Iterator[tuple[Place, Row]]:
        """All rows beyond a place in every series (`after`: series → iteration) and in the log (timestamp, number),
        read in pieces as they are wanted. Each series is in order of iteration; where its clock ran backwards,
        time does so here."""
        piece = max(_LEAST, piece // max(1, len(scalars) + len(rich)))
        start = _ENDS[newest_first]
        walks: list[Iterator[tuple[Place, Row]]] = [
            self._along(table, one, after.get(one, start), newest_first, piece)
            for table, numbers in ((SCALARS, scalars), (RICH, rich))
            for one in numbers
        ]
        if with_logs:
            walks.append(self._lines(task, after_line or (start, 0), newest_first, piece))
        return heapq.merge(*walks, key=lambda pair: pair[0][0], reverse=newest_first)

    def _along(
        self, table: int, series: int, at: int, newest_first: bool, piece: int
    ) -> Iterator[tuple[Place, Row]]:
        order, beyond = ("DESC", "<") if newest_first else ("ASC", ">")
        columns, name = (
            ("iter, timestamp, value", "scalars")
            if table == SCALARS
            else ("series, iter, timestamp, worker, '' AS body, key", "rich_events")
        )
        sql = (
            f"SELECT {columns} FROM {name} WHERE series = ? AND iter {beyond} ? ORDER BY iter {order} LIMIT ?"
        )
        kind = Point if table == SCALARS else RichEvent
        while True:
            found = [kind(*row) for row in self._db.tuples(sql, (series, at, piece))]
            for row in found:
                yield (row.timestamp, table, series, row.iter), row
            if len(found) < piece:
                return
            at = found[-1].iter

    def _lines(
        self, task: str, at: Sequence[int], newest_first: bool, piece: int
    ) -> Iterator[tuple[Place, Row]]:
        order, beyond = ("DESC", "<") if newest_first else ("ASC", ">")
        sql = (
            "SELECT id, task, timestamp, level, worker, metric, variant, msg FROM logs WHERE task = ?"
            f" AND (timestamp, id) {beyond} (?, ?) ORDER BY timestamp {order}, id {order} LIMIT ?"
        )
        while True:
            found = self._db.tuples(sql, (task, *at, piece))
            for row in found:
                yield (row[2], LOGS, 0, row[0]), Line(*row[1:])
            if len(found) < piece:
                return
            at = (found[-1][2], found[-1][0])
