"""What is kept of a series' points for tables and sorting: the last, the first and the extreme values."""

from __future__ import annotations

from collections.abc import Sequence

from server.store.events.last_metrics import Summary


def summary(points: Sequence[tuple[int, int, float | None]]) -> Summary:
    """Of points (iteration, milliseconds, value) in any order; at least one.

    Last is the highest (iteration, time), as ClearML defines `last_metrics.value`; values that aren't numbers
    count, but are no extremes.
    """
    first = min(points, key=_moment)
    last = max(reversed(points), key=_moment)  # of equal moments the one that came later
    numbers = [(value, iteration) for iteration, _, value in points if value is not None]
    low = min(numbers, key=_value) if numbers else (None, None)
    high = max(numbers, key=_value) if numbers else (None, None)
    return Summary(
        value=last[2],
        iter=last[0],
        timestamp=last[1],
        count=len(points),
        min_value=low[0],
        min_value_iteration=low[1],
        max_value=high[0],
        max_value_iteration=high[1],
        first_value=first[2],
        first_value_iteration=first[0],
    )


def _moment(point: tuple[int, int, float | None]) -> tuple[int, int]:
    return point[:2]


def _value(pair: tuple[float, int]) -> float:
    return pair[0]
