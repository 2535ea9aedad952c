"""Plots and debug samples by iteration: the newest, the earlier, the next.

Where a client stands is written in its scroll id (see `scroll`), so that what comes in meanwhile moves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any

from server.api.errors import InvalidScrollId
from server.domain import scroll
from server.domain.events import events
from server.domain.events.reported import INT64
from server.store import Store
from server.store.events import Series
from server.store.events.rich import RichEvent

_PAGE_BYTES = 32_000_000
"""A page of plots ends once it holds this much."""


def by_iteration(
    store: Store, series: Iterable[Series], limit: int, seen: Sequence[int] | None, earlier: bool
) -> tuple[list[dict[str, Any]], list[int] | None]:
    """Up to `limit` iterations of one task's series, newest first, each with its events.

    Args:
        seen: lowest and highest iteration of the page before; None starts at the newest.
        earlier: go on below that page; else above.
    Returns: `[{iter, events}]`, and what the next page goes on from. Beyond the last page lies an empty one, from
        which the way back leads to the last again.
    """
    numbered = {one.id: one for one in series}
    if seen is None:
        found = store.events.rich.iterations(numbered, limit)
    elif earlier:
        found = store.events.rich.iterations(numbered, limit, below=seen[0])
    else:
        found = store.events.rich.iterations(numbered, limit, above=seen[1])
    pages: list[dict[str, Any]] = []
    size = 0
    for iteration in found if earlier or seen is None else reversed(found):
        shown = store.events.rich.at(numbered, iteration)
        pages.append({"iter": iteration, "events": [events.rich(numbered[one.series], one) for one in shown]})
        size += sum(len(one.body) for one in shown)
        if size > _PAGE_BYTES:
            break
    pages.sort(key=itemgetter("iter"), reverse=True)
    if pages:
        return pages, [pages[-1]["iter"], pages[0]["iter"]]
    if seen is None:
        return pages, None
    return pages, [seen[0], max(seen[0] - 1, -INT64)] if earlier else [min(seen[1] + 1, INT64 - 1), seen[1]]


def latest_plots(
    store: Store, series: Sequence[Series], iterations: int, after: int | None, whole: bool
) -> tuple[list[tuple[Series, RichEvent]], int | None]:
    """The newest `iterations` events of each series, as many series as a page holds.

    Args:
        after: number of the last series of the page before.
        whole: everything is one page.
    Returns: the events, and the last series' number (`after` when there was none left).
    """
    numbers = [one.id for one in series]
    start = numbers.index(after) + 1 if after in numbers else 0
    page: list[tuple[Series, RichEvent]] = []
    size = 0
    for one in series[start:]:
        if size > _PAGE_BYTES and not whole:
            break
        for event in store.events.rich.last(one.id, iterations):
            page.append((one, event))
            size += len(event.body)
        after = one.id
    return page, after


class Walk:
    """One step at a time through a task's plots or debug samples, in the order (iteration, metric, variant).

    A debug sample is one event; of plots, a step shows a metric's all at one iteration (`whole_metric`).
    """

    def __init__(
        self, store: Store, kind: str, task: str, *, whole_metric: bool, only: str | None = None
    ) -> None:
        """`only`: walk through the series of this variant."""
        self._store, self._task, self._whole = store, task, whole_metric
        series = store.events.series.of([task], kind)
        self._series = [one for one in series if only is None or one.variant == only]

    def at(self, metric: str, variant: str | None, iteration: int | None, stay: bool) -> dict[str, Any]:
        """The newest event of this series, or the newest up to `iteration`.

        Args:
            stay: later steps keep to this metric.
        """
        shown = self._group((metric, variant or ""))
        below = None if iteration is None else iteration + 1
        found = self._store.events.rich.iterations([one.id for one in shown], 1, below=below)
        position = [metric, variant or "", found[0] if found else iteration or 0, stay]
        return self._answer(position, found_one=bool(found))

    def step(self, scroll_id: str, *, earlier: bool, next_iteration: bool) -> dict[str, Any]:
        """The neighbour of where the scroll id stands; without one the answer's event is null."""
        metric, variant, iteration, stay = _position(scroll_id)
        groups = sorted({self._key(one) for one in self._series if not stay or one.metric == metric})
        here = (metric, "" if self._whole else variant)
        beside = [] if next_iteration else [key for key in groups if (key < here if earlier else key > here)]
        for key in reversed(beside) if earlier else beside:
            if self._events(key, iteration):
                return self._answer([*key, iteration, stay], found_one=True)
        ids = [one.id for one in self._series if self._key(one) in groups]
        limits = {"below": iteration} if earlier else {"above": iteration}
        for other in self._store.events.rich.iterations(ids, 1, **limits):
            for key in reversed(groups) if earlier else groups:
                if self._events(key, other):
                    return self._answer([*key, other, stay], found_one=True)
        return self._answer([metric, variant, iteration, stay], found_one=False)

    def _answer(self, position: list[Any], found_one: bool) -> dict[str, Any]:
        metric, variant, iteration, _ = position
        key = (metric, "" if self._whole else variant)
        shown = self._events(key, iteration) if found_one else []
        ranges = [self._store.events.rich.range(one.id) for one in self._group(key)]
        present = [one for one in ranges if one]
        what = {"events": shown} if self._whole else {"event": shown[0] if shown else None}
        return {
            **what,
            "min_iteration": min((one[0] for one in present), default=None),
            "max_iteration": max((one[1] for one in present), default=None),
            "scroll_id": scroll.pack(position),
        }

    def _events(self, key: tuple[str, str], iteration: int) -> list[dict[str, Any]]:
        numbered = {one.id: one for one in self._group(key)}
        found = self._store.events.rich.at(numbered, iteration)
        return [events.rich(numbered[one.series], one) for one in found]

    def _key(self, series: Series) -> tuple[str, str]:
        return series.metric, "" if self._whole else series.variant

    def _group(self, key: tuple[str, str]) -> list[Series]:
        wanted = (key[0], "" if self._whole else key[1])
        return [one for one in self._series if self._key(one) == wanted]


def _position(scroll_id: str) -> list[Any]:
    position = scroll.unpack(scroll_id) or []
    if [type(one) for one in position] != [str, str, int, bool]:
        raise InvalidScrollId()
    return position
