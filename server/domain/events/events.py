"""Events as clients see them, and whose they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from server.api.errors import InvalidModelId, InvalidTaskId, ModelIsReady, TaskIsPublished
from server.store import Store
from server.store.events import Series
from server.store.events.logs import Line
from server.store.events.rich import RichEvent
from server.store.events.scalars import Point

TYPES = {
    "scalar": "training_stats_scalar",
    "vector": "training_stats_vector",
    "plot": "plot",
    "image": "training_debug_image",
    "log": "log",
}
"""Event types by the kind of series they make; a log makes none."""
KINDS = {event_type: kind for kind, event_type in TYPES.items()}


def require(store: Store, ids: Iterable[str], *, models: bool | None = False) -> list[str]:
    """The ids, each once, all of which exist.

    Raises:
        InvalidTaskId, InvalidModelId: some don't; the message names them.
    """
    wanted = list(dict.fromkeys(ids))
    found = store.events.locked(wanted, models=bool(models))
    missing = [one for one in wanted if one not in found]
    if missing:
        raise (InvalidModelId if models else InvalidTaskId)(id=", ".join(missing[:5]))
    return wanted


def delete(store: Store, owner: str, *, model: bool, allow_locked: bool | None) -> int:
    """Remove all events of a task or model. Returns: how many."""
    require_unlocked(store, owner, model=model, allow_locked=allow_locked)
    store.releases.release(store.releases.of_events(owner))
    return store.events.delete_of(owner)


def require_unlocked(store: Store, owner: str, *, model: bool, allow_locked: bool | None) -> None:
    """Raises: InvalidTaskId, InvalidModelId, TaskIsPublished, ModelIsReady."""
    require(store, [owner], models=model)
    if store.events.locked([owner], models=model)[owner] and not allow_locked:
        raise ModelIsReady(id=owner) if model else TaskIsPublished(id=owner)


def scalar(series: Series, point: Point) -> dict[str, Any]:
    return {**_common(series, point.iter, point.timestamp), "value": point.value}


def rich(series: Series, event: RichEvent) -> dict[str, Any]:
    answer = _common(series, event.iter, event.timestamp)
    if event.worker:
        answer["worker"] = event.worker
    if series.kind == "plot":
        return {**answer, "plot_str": event.body, "plot_len": len(event.body)}
    if series.kind == "vector":
        return {**answer, "values": orjson.loads(event.body)}
    return {**answer, "url": event.body, "key": event.key}


def log(line: Line) -> dict[str, Any]:
    given = {name: value for name, value in line._asdict().items() if value is not None}
    return {**given, "type": "log"}


def _common(series: Series, iteration: int, timestamp: int) -> dict[str, Any]:
    return {
        "timestamp": timestamp,
        "type": TYPES[series.kind],
        "task": series.task,
        "iter": iteration,
        "metric": series.metric,
        "variant": series.variant,
    }
