"""Reporting, and taking back what was reported."""

from __future__ import annotations

from typing import Any

import orjson

from server.api.call import Call
from server.api.errors import BadRequest, EventsNotAdded
from server.api.registry import endpoint
from server.api.request import Nothing, Request
from server.domain.events import events, ingest
from server.domain.tasks import lost


@endpoint("events.add_batch", Nothing, raw=True)
def add_batch(call: Call, request: Nothing) -> dict[str, Any]:
    """Report many events: one JSON object a line. What is wrong with some doesn't keep the others out."""
    lines, errors = ingest.lines(call.body)
    return _outcome(_written(call, ingest.sort(lines, call.now, errors)))


@endpoint("events.add", Nothing, raw=True)
def add(call: Call, request: Nothing) -> dict[str, Any]:
    """Report one event."""
    try:
        event: Any = orjson.loads(call.body)
    except orjson.JSONDecodeError as fault:
        raise BadRequest(f"the body is not JSON: {fault}") from fault
    return _outcome(_written(call, ingest.sort([event], call.now)))


def _written(call: Call, batch: ingest.Batch) -> ingest.Outcome:
    """What a run reports that was given up is left out, and counted as an error."""
    over = call.store.runs.lost_to(call.login)
    for owner in [owner for owner in batch.owners if owner[0] in over]:
        batch.owners.pop(owner)
        batch.errors[f"task {owner[0]}: {lost.HANDED_ON}"] += 1
    return ingest.write(call.store, batch, call.now)


def _outcome(outcome: ingest.Outcome) -> dict[str, Any]:
    if outcome.errors and not outcome.added:
        reasons = "; ".join(outcome.errors)
        raise EventsNotAdded(reasons[:500])
    return {
        "added": outcome.added,
        "errors": sum(outcome.errors.values()),
        "errors_info": dict(outcome.errors),
    }


class DeleteForTask(Request):
    task: str
    allow_locked: bool | None = False


@endpoint("events.delete_for_task", DeleteForTask)
def delete_for_task(call: Call, request: DeleteForTask) -> dict[str, Any]:
    """Remove everything a task has reported."""
    with call.store.transaction():
        removed = events.delete(call.store, request.task, model=False, allow_locked=request.allow_locked)
    return {"deleted": removed > 0}


class DeleteForModel(Request):
    model: str
    allow_locked: bool | None = False


@endpoint("events.delete_for_model", DeleteForModel)
def delete_for_model(call: Call, request: DeleteForModel) -> dict[str, Any]:
    """Remove everything that was reported to a model."""
    with call.store.transaction():
        removed = events.delete(call.store, request.model, model=True, allow_locked=request.allow_locked)
    return {"deleted": removed > 0}


class ClearScroll(Request):
    scroll_id: str


@endpoint("events.clear_scroll", ClearScroll, role="viewer")
def clear_scroll(call: Call, request: ClearScroll) -> dict[str, Any]:
    """Scroll ids hold their own position: there is nothing to free."""
    return {}
