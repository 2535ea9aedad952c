"""Plots: the newest of each series, of one task or of several."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from server.api.call import Call
from server.api.errors import InvalidScrollId
from server.api.registry import endpoint
from server.api.request import Request
from server.domain import scroll
from server.domain.events import events, history
from server.services.events.scalars import MetricVariants, selected


class TaskPlots(Request):
    task: str
    iters: int | None = Field(default=None, ge=1)
    metrics: list[MetricVariants] | None = None
    no_scroll: bool | None = False
    scroll_id: str | None = None
    model_events: bool | None = False


@endpoint("events.get_task_plots", TaskPlots, role="viewer")
def get_task_plots(call: Call, request: TaskPlots) -> dict[str, Any]:
    """A task's plots: the newest `iters` (1) of each series. Page with the scroll id until nothing comes."""
    owners = events.require(call.store, [request.task], models=request.model_events)
    series = call.store.events.series.of(owners, "plot", selected(request.metrics))
    page, last = history.latest_plots(
        call.store, series, request.iters or 1, _after(request.scroll_id), bool(request.no_scroll)
    )
    return {
        "plots": [events.rich(one, event) for one, event in page],
        "returned": len(page),
        "total": call.store.events.rich.count_last([one.id for one in series], request.iters or 1),
        "scroll_id": None if request.no_scroll else scroll.pack([last or 0]),
    }


class MultiTaskPlots(Request):
    tasks: list[str]
    iters: int | None = Field(default=None, ge=1)
    metrics: list[MetricVariants] | None = None
    no_scroll: bool | None = False
    scroll_id: str | None = None
    model_events: bool | None = False


@endpoint("events.get_multi_task_plots", MultiTaskPlots, role="viewer")
def get_multi_task_plots(call: Call, request: MultiTaskPlots) -> dict[str, Any]:
    """Plots of several tasks side by side: {metric: {variant: {task: {iter: {name, plots}}}}}."""
    owners = events.require(call.store, request.tasks, models=request.model_events)
    names = call.store.events.names(owners, models=bool(request.model_events))
    series = call.store.events.series.of(owners, "plot", selected(request.metrics))
    page, last = history.latest_plots(
        call.store, series, request.iters or 1, _after(request.scroll_id), bool(request.no_scroll)
    )
    tree: dict[str, dict[str, Any]] = {}
    for one, event in page:
        tasks = tree.setdefault(one.metric, {}).setdefault(one.variant, {})
        iterations = tasks.setdefault(one.task, {})
        iterations[str(event.iter)] = {"name": names[one.task], "plots": [events.rich(one, event)]}
    return {
        "plots": tree,
        "returned": len(page),
        "total": call.store.events.rich.count_last([one.id for one in series], request.iters or 1),
        "scroll_id": None if request.no_scroll else scroll.pack([last or 0]),
    }


def _after(scroll_id: str | None) -> int | None:
    position = scroll.unpack(scroll_id)
    if position is not None and [type(one) for one in position] != [int]:
        raise InvalidScrollId()
    return position[0] if position else None
