"""A task's or model's events in the form that `events.add_batch` takes, always in the same order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from server.domain.events import events
from server.store import Store

_BATCH = 500
_BATCH_CHARACTERS = 4_000_000
"""Plots may be large; a server takes some 15 MB at once."""


def all_events(store: Store, owner: str) -> Iterator[dict[str, Any]]:
    """Curves, then plots, vectors and samples, then the console."""
    for series in store.events.series.of([owner]):
        if series.kind == "scalar":
            for point in store.events.scalars.points(series.id, -(2**63)):
                yield events.scalar(series, point)
        else:
            for event in store.events.rich.all(series.id):
                yield events.rich(series, event)
    for line in store.events.logs.all(owner):
        yield events.log(line)


def batches(store: Store, owner: str, after: int = 0) -> Iterator[list[dict[str, Any]]]:
    """All events but the first `after`, in batches of a size that servers take."""
    batch: list[dict[str, Any]] = []
    size = 0
    for event in islice(all_events(store, owner), after, None):
        event.pop("plot_len", None)
        batch.append(event)
        size += len(event.get("plot_str") or event.get("msg") or "")
        if len(batch) >= _BATCH or size >= _BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
