"""Curves, raw points, last and single values, vectors."""

from __future__ import annotations

from typing import Any, Literal

import orjson
from pydantic import Field

from server.api.call import Call
from server.api.errors import InvalidScrollId
from server.api.registry import endpoint
from server.api.request import Request
from server.domain import scroll
from server.domain.events import curves, events
from server.store.events import Series

Key = Literal["iter", "timestamp", "iso_time"]


class MetricVariants(Request):
    metric: str | None = None
    variants: list[str] | None = None


def selected(metrics: list[MetricVariants] | None) -> dict[str, list[str]] | None:
    """As `AllSeries.of` filters: {metric: variants}."""
    return {one.metric: one.variants or [] for one in metrics or () if one.metric is not None} or None


class Histogram(Request):
    """`from_iter` is an addition to ClearML's API: only points from this iteration on, for a live chart."""

    task: str
    from_iter: int | None = None
    key: Key | None = None
    samples: int | None = Field(default=None, ge=0)
    metrics: list[MetricVariants] | None = None
    model_events: bool | None = False


@endpoint("events.scalar_metrics_iter_histogram", Histogram, role="viewer")
def scalar_metrics_iter_histogram(call: Call, request: Histogram) -> dict[str, Any]:
    """Every curve of a task: {metric: {variant: {name, x, y}}}, each thinned to `samples` points."""
    owners = events.require(call.store, [request.task], models=request.model_events)
    series = call.store.events.series.of(owners, "scalar", selected(request.metrics))
    return curves.lines(call.store, series, request.key or "iter", request.samples, request.from_iter)


class MultiTaskHistogram(Request):
    tasks: list[str]
    key: Key | None = None
    samples: int | None = Field(default=None, ge=0)
    metrics: list[MetricVariants] | None = None
    model_events: bool | None = False


@endpoint("events.multi_task_scalar_metrics_iter_histogram", MultiTaskHistogram, role="viewer")
def multi_task_scalar_metrics_iter_histogram(call: Call, request: MultiTaskHistogram) -> dict[str, Any]:
    """Curves of several tasks side by side: {"metrics": {metric: {variant: {task: {name of the task, x, y}}}}}."""
    return {"metrics": side_by_side(call, request)}


def side_by_side(call: Call, request: MultiTaskHistogram) -> dict[str, Any]:
    owners = events.require(call.store, request.tasks, models=request.model_events)
    names = call.store.events.names(owners, models=bool(request.model_events))
    charts: dict[str, dict[str, Any]] = {}
    for series in call.store.events.series.of(owners, "scalar", selected(request.metrics)):
        line = curves.line(call.store, series, request.key or "iter", request.samples)
        if line:
            lines = charts.setdefault(series.metric, {}).setdefault(series.variant, {})
            lines[series.task] = {**line, "name": names[series.task]}
    return charts


class Raw(Request):
    task: str
    metric: MetricVariants
    key: Key | None = None
    batch_size: int = Field(default=10_000, ge=1)
    count_total: bool | None = False
    scroll_id: str | None = None
    model_events: bool | None = False


@endpoint("events.scalar_metrics_iter_raw", Raw, role="viewer")
def scalar_metrics_iter_raw(call: Call, request: Raw) -> dict[str, Any]:
    """All points of a metric's curves, a page at a time."""
    owners = events.require(call.store, [request.task], models=request.model_events)
    series = call.store.events.series.of(owners, "scalar", selected([request.metric]))
    page, position = curves.raw_page(
        call.store, series, min(request.batch_size, 200_000), scroll.unpack(request.scroll_id)
    )
    total = sum(call.store.events.scalars.count(one.id) for one in series) if request.count_total else None
    return {
        "variants": {one.variant: curves.raw_line(points, request.key or "iter") for one, points in page},
        "total": total,
        "returned": sum(len(points) for _, points in page),
        "scroll_id": scroll.pack(position),
    }


class MetricData(Request):
    task: str
    metric: str | None = None
    scroll_id: str | None = None
    no_scroll: bool | None = False
    batch_size: int = Field(default=10_000, ge=1, le=100_000)
    model_events: bool | None = False


@endpoint("events.get_scalar_metric_data", MetricData, role="viewer")
def get_scalar_metric_data(call: Call, request: MetricData) -> dict[str, Any]:
    """The events of one metric (or of all), a page at a time."""
    owners = events.require(call.store, [request.task], models=request.model_events)
    wanted: dict[str, list[str]] | None = {request.metric: []} if request.metric is not None else None
    series = call.store.events.series.of(owners, "scalar", wanted)
    at, total = _counted(call, series, scroll.unpack(request.scroll_id))
    page, position = curves.raw_page(call.store, series, request.batch_size, at)
    found = [events.scalar(one, point) for one, points in page for point in points]
    scroll_id = None if request.no_scroll else scroll.pack([*position, total])
    return {"events": found, "returned": len(found), "total": total, "scroll_id": scroll_id}


def _counted(call: Call, series: list[Series], position: list[Any] | None) -> tuple[list[Any] | None, int]:
    """Where a page starts, and how many events there were when the first did: they are counted once."""
    if position is None:
        return None, sum(call.store.events.scalars.count(one.id) for one in series)
    if len(position) != 3 or type(position[2]) is not int:
        raise InvalidScrollId()
    return position[:2], position[2]


class OfTasks(Request):
    tasks: list[str]
    model_events: bool | None = False


@endpoint("events.get_task_single_value_metrics", OfTasks, role="viewer")
def get_task_single_value_metrics(call: Call, request: OfTasks) -> dict[str, Any]:
    """The values that were reported without an iteration, by task."""
    owners = events.require(call.store, request.tasks, models=request.model_events)
    names = call.store.events.names(owners, models=bool(request.model_events))
    values: dict[str, list[Any]] = {}
    for series in call.store.events.series.of(owners, "scalar"):
        point = call.store.events.scalars.single_value(series.id)
        if point:
            fields = {"metric": series.metric, "variant": series.variant}
            values.setdefault(series.task, []).append(
                {**fields, "value": point.value, "timestamp": point.timestamp}
            )
    return {"tasks": [{"task": one, "task_name": names[one], "values": values[one]} for one in values]}


class OfTask(Request):
    task: str


@endpoint("events.get_task_latest_scalar_values", OfTask, role="viewer")
def get_task_latest_scalar_values(call: Call, request: OfTask) -> dict[str, Any]:
    """The last value of each curve, and the mean of its last hundred."""
    events.require(call.store, [request.task])
    metrics: dict[str, list[Any]] = {}
    iterations = [0]
    for series in call.store.events.series.of([request.task], "scalar"):
        last = call.store.events.scalars.last(series.id, 100)
        values = [point.value for point in last if point.value is not None]
        iterations += [point.iter for point in last[:1]]
        if values:
            metrics.setdefault(series.metric, []).append(
                {
                    "name": series.variant,
                    "last_value": values[0],
                    "last_100_value": sum(values) / len(values),
                    "last_iter": last[0].iter,
                    "last_timestamp": last[0].timestamp,
                }
            )
    return {
        "metrics": [{"name": name, "variants": variants} for name, variants in metrics.items()],
        "last_iter": max(iterations),
        "name": call.store.events.names([request.task])[request.task],
    }


class Vectors(Request):
    task: str
    metric: str
    variant: str
    model_events: bool | None = False


@endpoint("events.vector_metrics_iter_histogram", Vectors, role="viewer")
def vector_metrics_iter_histogram(call: Call, request: Vectors) -> dict[str, Any]:
    """The vectors of one series, in order of iteration."""
    owners = events.require(call.store, [request.task], models=request.model_events)
    found = [
        event
        for series in call.store.events.series.of(owners, "vector", {request.metric: [request.variant]})
        for event in call.store.events.rich.all(series.id)
    ]
    return {
        "metric": request.metric,
        "variant": request.variant,
        "iterations": [event.iter for event in found],
        "vectors": [orjson.loads(event.body) for event in found],
    }
