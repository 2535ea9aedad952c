"""A long curve as few points, such that it looks the same.

Each of `samples / 2` intervals of equal width contributes its lowest and its highest point, so that no spike and
no dip is lost (averaging hides both); the first and the last point always stay. Measured points are kept as they
are, none is invented. (Min-max decimation; compared with others by Van Der Donckt et al., "MinMaxLTTB", 2023.)
"""

from __future__ import annotations

from collections.abc import Sequence

from server.store.events.scalars import Point


def thin(points: Sequence[Point], samples: int) -> Sequence[Point]:
    """At most `samples` (at least 2) of the points, which must be in order of iteration."""
    if len(points) <= max(samples, 2):
        return points
    first, last = points[0], points[-1]
    width = (last.iter - first.iter + 1) / max(samples // 2, 1)
    kept: list[Point] = []
    start = 0
    while start < len(points):
        interval = int((points[start].iter - first.iter) / width)
        end = start + 1
        while end < len(points) and int((points[end].iter - first.iter) / width) == interval:
            end += 1
        kept += _extremes(points[start:end], first, last)
        start = end
    return kept


def _extremes(points: Sequence[Point], first: Point, last: Point) -> list[Point]:
    """Two of an interval's points, in order: lowest and highest, the curve's own ends taking precedence."""
    numbers = [point for point in points if point.value is not None]
    if not numbers:
        return [points[0]]
    ends = [point for point in (points[0], points[-1]) if point is first or point is last]
    if len(ends) == 2:
        return ends
    chosen = {min(numbers, key=_value), max(numbers, key=_value)}
    if ends and ends[0] not in chosen:
        middle = ends[0].value or 0.0
        chosen = {ends[0], max(chosen, key=lambda point: abs(_value(point) - middle))}
    return sorted(chosen)


def _value(point: Point) -> float:
    assert point.value is not None
    return point.value
