"""`serving.*`: model endpoints, as the processes that serve them report themselves."""

from __future__ import annotations

from typing import Any

from server.api.call import Call
from server.api.errors import NoSuchEndpoint, NoSuchServingContainer, ValidationFailed
from server.api.registry import endpoint
from server.api.request import Nothing, Request, Seconds
from server.domain.workers import serving


class Container(Request):
    container_id: str
    endpoint_name: str
    model_name: str
    endpoint_url: str | None = None
    model_source: str | None = None
    model_version: str | None = None
    preprocess_artifact: str | None = None
    input_type: str | None = None
    input_size: str | None = None
    tags: list[str] | dict[str, Any] | None = None
    system_tags: list[str] | dict[str, Any] | None = None
    reference: list[dict[str, Any]] | None = None
    timeout: int = 600


@endpoint("serving.register_container", Container)
def register_container(call: Call, request: Container) -> dict[str, Any]:
    """A process that serves, or will serve, a model; it is forgotten when silent for `timeout` seconds."""
    with call.store.transaction():
        call.store.serving.put(request.container_id, request.model_dump(), call.now)
    return {}


class Unregister(Request):
    container_id: str


@endpoint("serving.unregister_container", Unregister)
def unregister_container(call: Call, request: Unregister) -> dict[str, Any]:
    """It serves no longer."""
    with call.store.transaction():
        if not call.store.serving.remove(request.container_id):
            raise NoSuchServingContainer(container_id=request.container_id)
    return {}


class StatusReport(Container):
    endpoint_url: str
    uptime_sec: int | None = None
    requests_num: int | None = None
    requests_min: float | None = None
    latency_ms: float | None = None
    machine_stats: dict[str, Any] | None = None


@endpoint("serving.container_status_report", StatusReport)
def container_status_report(call: Call, request: StatusReport) -> dict[str, Any]:
    """A sign of life with figures: requests, latency, what the machine does."""
    report = request.model_dump()
    with call.store.transaction():
        call.store.serving.put(request.container_id, report, call.now)
        figures = serving.figures_of(report)
        call.store.serving.add_stats(
            request.container_id, request.endpoint_url, int(call.now.timestamp()), figures
        )
    return {}


@endpoint("serving.get_endpoints", Nothing, role="viewer")
def get_endpoints(call: Call, request: Nothing) -> dict[str, Any]:
    """The endpoints that are served."""
    return {"endpoints": serving.endpoints(call.store.serving.alive(call.now))}


@endpoint("serving.get_loading_instances", Nothing, role="viewer")
def get_loading_instances(call: Call, request: Nothing) -> dict[str, Any]:
    """Registered processes that have no address yet."""
    loading = [one for one in call.store.serving.alive(call.now) if not one["endpoint_url"]]
    return {"instances": [serving.instance(one) for one in loading]}


class OfEndpoint(Request):
    endpoint_url: str


@endpoint("serving.get_endpoint_details", OfEndpoint, role="viewer")
def get_endpoint_details(call: Call, request: OfEndpoint) -> dict[str, Any]:
    """One endpoint with its instances."""
    alive = call.store.serving.alive(call.now)
    instances = [one for one in alive if one["endpoint_url"] == request.endpoint_url]
    if not instances:
        raise NoSuchEndpoint(endpoint_url=request.endpoint_url)
    return serving.details(request.endpoint_url, instances)


class MetricsHistory(OfEndpoint):
    from_date: Seconds
    to_date: Seconds
    interval: int
    metric_type: str = "requests"
    instance_charts: bool = True


@endpoint("serving.get_endpoint_metrics_history", MetricsHistory, role="viewer")
def get_endpoint_metrics_history(call: Call, request: MetricsHistory) -> dict[str, Any]:
    """A figure of an endpoint over time."""
    if request.metric_type not in serving.METRICS:
        raise ValidationFailed(f"metric_type is one of {', '.join(serving.METRICS)}")
    return serving.history(
        call.store,
        request.endpoint_url,
        request.metric_type,
        request.from_date,
        request.to_date,
        request.interval,
        instances=request.instance_charts,
    )
