"""Events of any type as one list in order of time, and the names they go by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from server.api.errors import InvalidScrollId
from server.domain.events import events
from server.store import Store
from server.store.events import Series
from server.store.events.logs import Line
from server.store.events.rich import RichEvent
from server.store.events.scalars import Point
from server.store.events.stream import LOGS, Place, Row

_PAGE_BYTES = 32_000_000
"""A page ends once its plots hold this much."""
_SORTED = 10_000
"""Events that are sorted by time for every page; of more, each series is walked along."""


def variants(store: Store, tasks: Iterable[str], event_type: str | None) -> dict[str, list[str]]:
    """{metric: variants} of all the tasks together, sorted; None: of all types of event."""
    found: dict[str, set[str]] = {}
    listed = list(tasks)
    kind = events.KINDS[event_type] if event_type else None
    if kind != "log":
        for series in store.events.series.of(listed, kind):
            found.setdefault(series.metric, set()).add(series.variant)
    if kind in ("log", None):
        for task in listed:
            for metric, variant in store.events.logs.metrics(task):
                found.setdefault(metric, set()).add(variant)
    return {metric: sorted(found[metric]) for metric in sorted(found)}


def page(
    store: Store,
    task: str,
    event_type: str | None,
    *,
    size: int,
    newest_first: bool,
    position: list[Any] | None,
) -> tuple[list[dict[str, Any]], int, list[Any]]:
    """The next events in order of time; of more than `_SORTED` events, each series in order of iteration.

    Returns: the events, how many there are in all, and the position after them: what the pages began with
    stays, so that they fit each other.

    Raises:
        InvalidScrollId.
    """
    kind = events.KINDS[event_type] if event_type else None
    listed = [] if kind == "log" else store.events.series.of([task], kind)
    wanted = _Wanted(store, task, {one.id: one for one in listed}, kind in ("log", None), newest_first)
    if position is None:
        total = store.events.stream.count(task, wanted.series, wanted.with_logs)
        position = [total, 0, 0, 0, 0] if total <= _SORTED else [total, [], None]
        start = True
    else:
        start = False
    if [type(one) for one in position] == [int] * 5:
        return wanted.sorted_page(size, position, start)
    return wanted.merged_page(size, *_checked(position))


def _checked(position: list[Any]) -> tuple[int, dict[int, int], list[int] | None]:
    if len(position) == 3 and isinstance(position[0], int) and isinstance(position[1], list):
        total, pairs, line = position
        pairs_fit = all(isinstance(one, list) and [type(part) for part in one] == [int, int] for one in pairs)
        if pairs_fit and (line is None or [type(part) for part in line] == [int, int]):
            return total, dict(pairs), line
    raise InvalidScrollId()


@dataclass(frozen=True)
class _Wanted:
    """Which of a task's events."""

    store: Store
    task: str
    series: dict[int, Series]
    with_logs: bool
    newest_first: bool

    def sorted_page(
        self, size: int, position: list[int], start: bool
    ) -> tuple[list[dict[str, Any]], int, list[Any]]:
        """Position: the total, and the place of the last event."""
        total = position[0]
        rows = self.store.events.stream.rows(
            self.task,
            self.series,
            self.with_logs,
            newest_first=self.newest_first,
            after=None if start else position[1:],
            limit=size,
        )
        found, place = self._filled(rows, size, lambda place: None)
        return found, total, [total, *place] if place else position

    def merged_page(
        self, size: int, total: int, after: dict[int, int], line: list[int] | None
    ) -> tuple[list[dict[str, Any]], int, list[Any]]:
        """Position: the total, [series, iteration] of the last event of each, and the last line's place."""
        scalars = [id for id, one in self.series.items() if one.kind == "scalar"]
        rows = self.store.events.stream.merged(
            self.task,
            scalars,
            [id for id in self.series if id not in set(scalars)],
            self.with_logs,
            newest_first=self.newest_first,
            after=after,
            after_line=line,
            piece=size,
        )
        lines = [line]

        def pass_by(place: Place) -> None:
            if place[1] == LOGS:
                lines[0] = [place[0], place[3]]
            else:
                after[place[2]] = place[3]

        found, _ = self._filled(rows, size, pass_by)
        return found, total, [total, sorted(after.items()), lines[0]]

    def _filled(
        self, rows: Iterator[tuple[Place, Row]], size: int, pass_by: Callable[[Place], None]
    ) -> tuple[list[dict[str, Any]], Place | None]:
        """As many events as a page holds, and the place of the last."""
        found: list[dict[str, Any]] = []
        last, room = None, _PAGE_BYTES
        for place, row in islice(rows, size):
            if isinstance(row, RichEvent):
                row = row._replace(body=self.store.events.rich.body(row.series, row.iter))
                room -= len(row.body)
            last = place
            pass_by(place)
            found.append(_event(self.series.get(place[2]), row))
            if room < 0:
                break
        return found, last


def _event(series: Series | None, row: Point | RichEvent | Line) -> dict[str, Any]:
    if isinstance(row, Line):
        return events.log(row)
    assert series is not None, "rows are read by series"
    return events.scalar(series, row) if isinstance(row, Point) else events.rich(series, row)
