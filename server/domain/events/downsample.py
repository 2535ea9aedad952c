"""A long curve as few points, such that it looks the same.

Each of `samples / 2` intervals of equal width contributes its lowest and its highest point, so that no spike and
no dip is lost (averaging hides both); the first and the last point always stay. Measured points are kept as they
are, none is invented. (Min-max decimation; compared with others by Van Der Donckt et al., "MinMaxLTTB", 2023.)
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from operator import itemgetter

from server.store.events.scalars import Point

_iter, _value = itemgetter(0), itemgetter(2)


def thin(points: Sequence[Point], samples: int) -> Sequence[Point]:
    """At most `samples` (at least 1) of the points, which must be in order of iteration."""
    if len(points) <= samples:
        return points
    if samples == 1:
        return points[-1:]
    kept = _decimated(points, samples // 2)
    if len(kept) > samples:  # a curve's end that is no extreme takes a place of its own
        kept = _decimated(points, samples // 2 - 1)
    return kept


def _decimated(points: Sequence[Point], intervals: int) -> list[Point]:
    """Two points of each interval, and the curve's ends: up to `2 * intervals + 2`."""
    first, last = points[0], points[-1]
    width = last.iter - first.iter + 1
    kept = {first, last}
    start = 0
    while intervals and start < len(points):
        # where the interval of the next point ends; empty intervals are passed over
        interval = (points[start].iter - first.iter) * intervals // width
        edge = first.iter - (-(interval + 1) * width // intervals)
        end = bisect_left(points, edge, lo=start + 1, key=_iter)
        numbers = [point for point in points[start:end] if point.value is not None]
        if numbers:
            kept.add(min(numbers, key=_value))
            kept.add(max(numbers, key=_value))
        start = end
    return sorted(kept, key=_iter)
