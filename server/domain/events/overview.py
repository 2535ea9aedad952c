"""Long curves, drawn without reading all their points.

While points come in, every 2,048 of a series become a *tile*: the extremes of its blocks of 32, 128, 512 and
2,048 points. A curve of a million points is drawn from the few thousand extremes of the block size that still
gives each pixel a block of its own. Points that are reported again rebuild their tile, so an overview never
shows what is no longer there.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from server.store import Store
from server.store.events.scalars import SINGLE_VALUE, Point
from server.store.events.tiles import SIZES

TILE = SIZES[-1]
_value = itemgetter(2)


def keep_up(store: Store, series: int, points: Sequence[tuple[Any, ...]], reported: int) -> None:
    """Bring a series' tiles up to date with points just written.

    Args:
        reported: how many points the series has been sent in all, these included.
    """
    if reported < TILE:
        return
    mark = store.events.tiles.last_stop(series)
    old = [point[0] for point in points if point[0] <= mark]
    for above, stop in store.events.tiles.covering(series, old):
        again = store.events.scalars.points(series, above, up_to=stop)
        store.events.tiles.put(series, stop, extremes(again))
    if reported // TILE != (reported - len(points)) // TILE:
        _append(store, series, mark)


def _append(store: Store, series: int, mark: int) -> None:
    """Make tiles of the whole ones above `mark`; the rest waits."""
    while True:
        tile = store.events.scalars.points(series, mark, limit=TILE)
        if len(tile) < TILE:
            return
        mark = tile[-1].iter
        store.events.tiles.put(series, mark, extremes(tile))


def extremes(points: Sequence[Point]) -> dict[int, list[Point]]:
    """Lowest and highest point of each block, by block size; values that aren't numbers are left out."""
    blocks: dict[int, list[Point]] = {}
    finer, step = [point for point in points if point.value is not None], SIZES[0]
    for size in SIZES:
        blocks[size] = []
        for start in range(0, len(finer), step):
            block = finer[start : start + step]
            low, high = min(block, key=_value), max(block, key=_value)
            blocks[size] += (
                [low, high] if low.iter < high.iter else [high, low] if high.iter < low.iter else [low]
            )
        finer, step = blocks[size], 8  # two extremes of each of the four blocks that make up the next
    return blocks


def points(store: Store, series: int, samples: int) -> Sequence[Point]:
    """Enough points of a series to draw it with `samples`: all of a short one, the extremes of a long one."""
    tiles = store.events.tiles.count(series)
    for size in reversed(SIZES):
        if tiles * TILE // size >= max(samples // 2, 1):
            break
    else:
        return store.events.scalars.points(series)
    drawn = list(store.events.tiles.extremes(series, size))
    drawn += store.events.scalars.points(series, store.events.tiles.last_stop(series))
    first = store.events.scalars.points(series, SINGLE_VALUE, limit=1)
    last = store.events.scalars.last(series, 1)
    return [*first, *(point for point in drawn if first[0].iter < point.iter < last[0].iter), *last]
