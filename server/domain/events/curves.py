"""Scalars as charts want them: x and y of each line, few enough to draw."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timezone
from typing import Any

from server.api.errors import InvalidScrollId
from server.domain.events import downsample, overview
from server.store import Store
from server.store.events import Series
from server.store.events.scalars import SINGLE_VALUE, Point

DEFAULT_SAMPLES = 6000


def line(
    store: Store, series: Series, key: str, samples: int | None, first: int | None = None
) -> dict[str, Any] | None:
    """`{name, x, y}` of one series; None when it has no points.

    Args:
        key: what x is: iter, timestamp (ms) or iso_time.
        samples: at most so many points; 0 for all of them, None for ClearML's default.
        first: leave out what was reported before this iteration.
    """
    if samples is None:
        samples = DEFAULT_SAMPLES
    if first is not None:
        points: Sequence[Point] = store.events.scalars.points(series.id, first - 1)
        points = downsample.thin(points, samples) if samples else points
    elif samples == 0:
        points = store.events.scalars.points(series.id)
    else:
        points = downsample.thin(overview.points(store, series.id, samples), samples)
    if not points:
        return None
    return {"name": series.variant, "x": axis(points, key), "y": [point.value for point in points]}


def lines(
    store: Store, series: Iterable[Series], key: str, samples: int | None, first: int | None = None
) -> dict[str, Any]:
    """`{metric: {variant: {name, x, y}}}`."""
    charts: dict[str, dict[str, Any]] = {}
    for one in series:
        drawn = line(store, one, key, samples, first)
        if drawn:
            charts.setdefault(one.metric, {})[one.variant] = drawn
    return charts


def axis(points: Iterable[Point], key: str) -> list[Any]:
    return [_AXES[key](point) for point in points]


def _iso_time(point: Point) -> str:
    moment = datetime.fromtimestamp(point.timestamp / 1000, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{point.timestamp % 1000:03d}Z"


_AXES: dict[str, Callable[[Point], Any]] = {
    "iter": lambda point: point.iter,
    "timestamp": lambda point: point.timestamp,
    "iso_time": _iso_time,
}


def raw_page(
    store: Store, series: list[Series], size: int, position: list[Any] | None
) -> tuple[list[tuple[Series, list[Point]]], list[int]]:
    """The next `size` points of these series, one series after the other.

    Args:
        position: series number and iteration of the last point of the page before; None starts.
    Returns: the points by series, and the position after them.
    """
    number, after = _checked(position)
    page: list[tuple[Series, list[Point]]] = []
    for one in sorted(series):
        if one.id < number or size <= 0:
            continue
        points = store.events.scalars.points(one.id, after if one.id == number else SINGLE_VALUE, limit=size)
        if points:
            page.append((one, points))
            size -= len(points)
            number, after = one.id, points[-1].iter
    return page, [number, after]


def _checked(position: list[Any] | None) -> tuple[int, int]:
    if position is None:
        return 0, SINGLE_VALUE
    if [type(one) for one in position] != [int, int]:
        raise InvalidScrollId()
    return position[0], position[1]


def raw_line(points: list[Point], key: str) -> dict[str, Any]:
    """x under the name of its axis too, as clients of the raw form look for it."""
    x = axis(points, key)
    return {"x": x, "y": [point.value for point in points], key: x}
