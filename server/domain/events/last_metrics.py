"""What is kept of a series' points for tables and sorting: the last, the first and the extreme values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import itemgetter

from server.store.events.last_metrics import Summary

_moment, _value = itemgetter(0, 1), itemgetter(2)
_NOTHING = (None, None, None)


def summary(points: Sequence[tuple[int, int, float | None]]) -> Summary:
    """Of points (iteration, milliseconds, value) in any order; at least one.

    Last is the highest (iteration, time), as ClearML defines `last_metrics.value`; values that aren't numbers
    count, but are no extremes.
    """
    first = min(points, key=_moment)
    last = max(reversed(points), key=_moment)  # of equal moments the one that came later
    numbers = [point for point in points if point[2] is not None]
    low = min(numbers, key=_value) if numbers else _NOTHING
    high = max(numbers, key=_value) if numbers else _NOTHING
    return Summary(
        value=last[2],
        iter=last[0],
        timestamp=last[1],
        count=len(points),
        min_value=low[2],
        min_value_iteration=low[0],
        max_value=high[2],
        max_value_iteration=high[0],
        first_value=first[2],
        first_value_iteration=first[0],
        mean_value=_mean([point[2] for point in points if point[2] is not None]),
        numbers=len(numbers),
    )


def _mean(values: Sequence[float]) -> float | None:
    """Divided before they are summed: the sum of very large values would be infinite."""
    return math.fsum(value / len(values) for value in values) if values else None
