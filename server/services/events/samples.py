"""Debug samples (images, sounds, videos, text) and plots by iteration, and a walk through them one by one."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from server.api.call import Call
from server.api.errors import InvalidScrollId
from server.api.registry import endpoint
from server.api.request import Request
from server.domain import scroll
from server.domain.events import events, history


class TaskMetric(Request):
    task: str
    metric: str | None = None
    variants: list[str] | None = None


class ByIteration(Request):
    metrics: list[TaskMetric]
    iters: int | None = Field(default=None, ge=1)
    navigate_earlier: bool | None = True
    refresh: bool | None = False
    scroll_id: str | None = None
    model_events: bool | None = False


@endpoint("events.debug_images", ByIteration, role="viewer")
def debug_images(call: Call, request: ByIteration) -> dict[str, Any]:
    """Debug samples by task and iteration, newest first; the scroll id leads to earlier ones, and back."""
    return _by_iteration(call, request, "image")


@endpoint("events.plots", ByIteration, role="viewer")
def plots(call: Call, request: ByIteration) -> dict[str, Any]:
    """Plots by task and iteration, newest first; the scroll id leads to earlier ones, and back."""
    return _by_iteration(call, request, "plot")


def _by_iteration(call: Call, request: ByIteration, kind: str) -> dict[str, Any]:
    wanted: dict[str, dict[str, list[str]]] = {}
    for one in request.metrics:
        metrics = wanted.setdefault(one.task, {})
        if one.metric is not None:
            metrics.setdefault(one.metric, []).extend(one.variants or [])
    tasks = events.require(call.store, wanted, models=request.model_events)
    seen = {} if request.refresh else _seen(request.scroll_id)
    answer = []
    for task in tasks:
        series = call.store.events.series.of([task], kind, wanted[task])
        pages, seen[task] = history.by_iteration(
            call.store, series, request.iters or 1, seen.get(task), request.navigate_earlier is not False
        )
        answer.append({"task": task, "iterations": pages})
        if len(wanted[task]) == 1:
            answer[-1]["metric"] = next(iter(wanted[task]))
    return {"metrics": answer, "scroll_id": scroll.pack(seen)}


def _seen(scroll_id: str | None) -> dict[str, Any]:
    seen = scroll.unpack(scroll_id, dict) or {}
    if not all(value is None or [type(one) for one in value] == [int, int] for value in seen.values()):
        raise InvalidScrollId()
    return seen


class Sample(Request):
    task: str
    metric: str
    variant: str
    iteration: int | None = None
    navigate_current_metric: bool | None = True
    model_events: bool | None = False
    scroll_id: str | None = None
    """Of the answer before. What has come since is always seen: the answer holds a new one."""
    refresh: bool | None = None


@endpoint("events.get_debug_image_sample", Sample, role="viewer")
def get_debug_image_sample(call: Call, request: Sample) -> dict[str, Any]:
    """One debug sample: the newest, or the newest up to an iteration."""
    events.require(call.store, [request.task], models=request.model_events)
    scroll.unpack(request.scroll_id)
    walk = history.Walk(call.store, "image", request.task, whole_metric=False)
    stay = request.navigate_current_metric is not False
    return walk.at(request.metric, request.variant, request.iteration, stay)


class PlotSample(Request):
    task: str
    metric: str
    variant: str | None = None
    """Before API 2.23: only this one of the metric's plots."""
    iteration: int | None = None
    navigate_current_metric: bool | None = True
    model_events: bool | None = False
    scroll_id: str | None = None
    refresh: bool | None = None


@endpoint("events.get_plot_sample", PlotSample, role="viewer")
def get_plot_sample(call: Call, request: PlotSample) -> dict[str, Any]:
    """A metric's plots at one iteration: the newest, or the newest up to an iteration."""
    events.require(call.store, [request.task], models=request.model_events)
    scroll.unpack(request.scroll_id)
    walk = history.Walk(call.store, "plot", request.task, whole_metric=True, only=request.variant)
    return walk.at(request.metric, None, request.iteration, request.navigate_current_metric is not False)


class NextSample(Request):
    task: str
    scroll_id: str
    navigate_earlier: bool | None = True
    next_iteration: bool | None = False
    model_events: bool | None = False


@endpoint("events.next_debug_image_sample", NextSample, role="viewer")
def next_debug_image_sample(call: Call, request: NextSample) -> dict[str, Any]:
    """The debug sample before (or after) the one shown last: the next variant, then the next iteration."""
    return _next(call, request, "image", whole_metric=False)


@endpoint("events.next_plot_sample", NextSample, role="viewer")
def next_plot_sample(call: Call, request: NextSample) -> dict[str, Any]:
    """The plots before (or after) those shown last: the next metric, then the next iteration."""
    return _next(call, request, "plot", whole_metric=True)


def _next(call: Call, request: NextSample, kind: str, *, whole_metric: bool) -> dict[str, Any]:
    events.require(call.store, [request.task], models=request.model_events)
    walk = history.Walk(call.store, kind, request.task, whole_metric=whole_metric)
    return walk.step(
        request.scroll_id,
        earlier=request.navigate_earlier is not False,
        next_iteration=bool(request.next_iteration),
    )
