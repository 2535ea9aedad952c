"""Events of any type as one list in order of time, and the names they go by."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from server.api.errors import InvalidScrollId
from server.domain import events
from server.store import Store
from server.store.events import Series
from server.store.events.logs import Line
from server.store.events.rich import RichEvent
from server.store.events.scalars import Point

_PAGE_BYTES = 32_000_000
"""A page ends once its plots hold this much."""


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
    position: list | None,
) -> tuple[list[dict], int, list[int]]:
    """Returns: the next events, how many there are in all, and the position after them."""
    if position is not None and [type(one) for one in position] != [int] * 5:
        raise InvalidScrollId()
    kind = events.KINDS[event_type] if event_type else None
    series = {one.id: one for one in store.events.series.of([task], None if kind == "log" else kind)}
    if kind == "log":
        series = {}
    with_logs = kind in ("log", None)
    total = position[0] if position else store.events.stream.count(task, series, with_logs)
    found = []
    rows = store.events.stream.rows(
        task,
        series,
        with_logs,
        newest_first=newest_first,
        after=position[1:] if position else None,
        limit=size,
    )
    at, room = position or [total, 0, 0, 0, 0], _PAGE_BYTES
    for place, row in islice(rows, size):
        if isinstance(row, RichEvent):
            row = row._replace(body=store.events.rich.body(row.series, row.iter))
            room -= len(row.body)
        at = [total, *place]
        found.append(_event(series.get(place[2]), row))
        if room < 0:
            break
    return found, total, at


def _event(series: Series | None, row: Point | RichEvent | Line) -> dict:
    if isinstance(row, Line):
        return events.log(row)
    assert series is not None, "rows are read by series"
    return events.scalar(series, row) if isinstance(row, Point) else events.rich(series, row)
