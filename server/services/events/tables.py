"""Which metrics there are, and events as a plain list."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from server.api.call import Call
from server.api.registry import endpoint
from server.api.request import Request
from server.domain import scroll
from server.domain.events import event_list, events

EventType = Literal["training_stats_scalar", "training_stats_vector", "training_debug_image", "plot", "log"]


class OfTask(Request):
    task: str
    model_events: bool | None = False


@endpoint("events.get_scalar_metrics_and_variants", OfTask, role="viewer")
def get_scalar_metrics_and_variants(call: Call, request: OfTask) -> dict[str, Any]:
    """The names of a task's curves: {metric: [variant]}."""
    owners = events.require(call.store, [request.task], models=request.model_events)
    return {"metrics": event_list.variants(call.store, owners, "training_stats_scalar")}


@endpoint("events.get_vector_metrics_and_variants", OfTask, role="viewer")
def get_vector_metrics_and_variants(call: Call, request: OfTask) -> dict[str, Any]:
    """The names of a task's vectors: [{metric, variants}]."""
    owners = events.require(call.store, [request.task], models=request.model_events)
    found = event_list.variants(call.store, owners, "training_stats_vector")
    return {"metrics": [{"metric": metric, "variants": variants} for metric, variants in found.items()]}


class OfTasks(Request):
    tasks: list[str]
    event_type: EventType | None = None
    model_events: bool | None = False


@endpoint("events.get_task_metrics", OfTasks, role="viewer")
def get_task_metrics(call: Call, request: OfTasks) -> dict[str, Any]:
    """The metrics of each task, of one type of event or of all."""
    owners = events.require(call.store, request.tasks, models=request.model_events)
    found = {task: list(event_list.variants(call.store, [task], request.event_type)) for task in owners}
    return {"metrics": [{"task": task, "metrics": metrics} for task, metrics in found.items()]}


@endpoint("events.get_multi_task_metrics", OfTasks, role="viewer")
def get_multi_task_metrics(call: Call, request: OfTasks) -> dict[str, Any]:
    """The metrics and variants that any of the tasks has."""
    owners = events.require(call.store, request.tasks, models=request.model_events)
    found = event_list.variants(call.store, owners, request.event_type)
    return {"metrics": [{"metric": metric, "variants": variants} for metric, variants in found.items()]}


class TaskEvents(Request):
    task: str
    event_type: EventType | None = None
    order: Literal["asc", "desc"] | None = None
    batch_size: int | None = Field(default=None, ge=1)
    scroll_id: str | None = None
    model_events: bool | None = False


@endpoint("events.get_task_events", TaskEvents, role="viewer")
def get_task_events(call: Call, request: TaskEvents) -> dict[str, Any]:
    """A task's events in order of time, a page at a time."""
    events.require(call.store, [request.task], models=request.model_events)
    found, total, position = event_list.page(
        call.store,
        request.task,
        request.event_type,
        size=min(request.batch_size or 500, 10_000),
        newest_first=request.order == "desc",
        position=scroll.unpack(request.scroll_id),
    )
    return {"events": found, "returned": len(found), "total": total, "scroll_id": scroll.pack(position)}
