"""`workers.*`: the agents' processes, as they report themselves."""

from __future__ import annotations

from typing import Any

from server.api.call import Call
from server.api.errors import ValidationFailed, WorkerNotRegistered, WorkerStatsNotFound
from server.api.registry import endpoint
from server.api.request import Request, Seconds
from server.domain.workers import workers

_DEFAULT_LAST_SEEN = 3600


class OfWorker(Request):
    worker: str


class Register(OfWorker):
    timeout: int | None = None
    queues: list[str] | None = None
    tags: list[str] | None = None
    system_tags: list[str] | None = None


@endpoint("workers.register", Register)
def register(call: Call, request: Register) -> dict[str, Any]:
    """An agent has started (again): what it was said to run before, it doesn't run now."""
    if not request.worker.strip():
        raise ValidationFailed("a worker needs a name")
    fields = {
        "user": call.user,
        "company": call.company,
        "ip": call.client,
        "local": workers.is_local(call.client, call.headers.get("x-clearml-worker", "")),
        "register_time": call.now.isoformat(timespec="microseconds"),
        "register_timeout": request.timeout,
        "queues": request.queues or [],
        "tags": request.tags or [],
        "system_tags": request.system_tags or [],
        "task": None,
        "queue": None,
    }
    with call.store.transaction():
        call.store.workers.touch(request.worker, call.now, fields)
    return {}


@endpoint("workers.unregister", OfWorker)
def unregister(call: Call, request: OfWorker) -> dict[str, Any]:
    """An agent ends in order."""
    with call.store.transaction():
        if not call.store.workers.sign_off(request.worker, call.now):
            raise WorkerNotRegistered(worker=request.worker)
    return {}


class StatusReport(OfWorker):
    timestamp: float | None = None
    task: str | None = None
    queue: str | None = None
    queues: list[str] | None = None
    machine_stats: dict[str, Any] | None = None
    tags: list[str] | None = None
    system_tags: list[str] | None = None


@endpoint("workers.status_report", StatusReport)
def status_report(call: Call, request: StatusReport) -> dict[str, Any]:
    """A sign of life, with what the worker runs and how its machine does."""
    local = workers.is_local(call.client, call.headers.get("x-clearml-worker", ""))
    fields = {"user": call.user, "company": call.company, "ip": call.client, "local": local}
    theirs = request.task not in call.store.runs.lost_to(call.login)
    fields |= {"task": request.task if theirs else None, "queue": request.queue}
    given = {"queues": request.queues, "tags": request.tags, "system_tags": request.system_tags}
    fields |= {name: value for name, value in given.items() if value is not None}
    stats = workers.rows_of(request.machine_stats or {})
    with call.store.transaction():
        call.store.workers.touch(request.worker, call.now, fields)
        if request.task and theirs:
            call.store.workers.note_task(request.task, request.worker, call.now)
            call.store.runs.note(request.task, call.login)
        if stats:
            at = int(call.now.timestamp() * 1000)
            call.store.workers.add_stats(request.worker, request.task, at, stats)
    return {}


class GetAll(Request):
    last_seen: int | None = _DEFAULT_LAST_SEEN
    tags: list[str] | None = None
    system_tags: list[str] | None = None
    worker_pattern: str | None = None


@endpoint("workers.get_all", GetAll, role="viewer")
def get_all(call: Call, request: GetAll) -> dict[str, Any]:
    """Workers seen lately, with the task and the queues of each."""
    return {"workers": _wanted(call, request)}


@endpoint("workers.get_count", GetAll, role="viewer")
def get_count(call: Call, request: GetAll) -> dict[str, Any]:
    """How many workers were seen lately."""
    return {"count": len(_wanted(call, request))}


def _wanted(call: Call, request: GetAll) -> list[dict[str, Any]]:
    found = workers.listed(call.store, call.now, request.last_seen, request.worker_pattern)
    for name, wanted in (("tags", request.tags), ("system_tags", request.system_tags)):
        found = [worker for worker in found if workers.has_tags(worker[name], wanted or [])]
    return found


# Statistics


class GetMetricKeys(Request):
    worker_ids: list[str] | None = None


@endpoint("workers.get_metric_keys", GetMetricKeys, role="viewer")
def get_metric_keys(call: Call, request: GetMetricKeys) -> dict[str, Any]:
    """Which machine metrics there are, by category."""
    found = call.store.workers.metric_keys(request.worker_ids or [])
    if request.worker_ids and not found:
        raise WorkerStatsNotFound(workers=request.worker_ids[:5])
    return {"categories": workers.categories(found)}


class StatItem(Request):
    key: str
    category: str | None = "avg"


class GetStats(Request):
    worker_ids: list[str] | None = None
    from_date: Seconds
    to_date: Seconds
    interval: int
    items: list[StatItem]
    split_by_variant: bool = False


@endpoint("workers.get_stats", GetStats, role="viewer")
def get_stats(call: Call, request: GetStats) -> dict[str, Any]:
    """Machine metrics over time, aggregated by interval (40 s at least), in the order asked."""
    wanted: dict[str, list[str]] = {}
    for item in request.items:
        kind = item.category or "avg"
        if kind not in workers.AGGREGATIONS:
            raise ValidationFailed(f"category is one of {', '.join(workers.AGGREGATIONS)}, not {kind!r}")
        if kind not in wanted.setdefault(item.key, []):
            wanted[item.key].append(kind)
    workers.require_known(call.store, request.worker_ids or [])
    points = call.store.workers.stats(
        request.from_date,
        request.to_date,
        workers.bounded(request.from_date, request.to_date, request.interval),
        list(wanted),
        request.worker_ids or [],
    )
    return {"workers": workers.series(points, wanted, split=request.split_by_variant)}


class GetActivityReport(Request):
    from_date: Seconds
    to_date: Seconds
    interval: int


@endpoint("workers.get_activity_report", GetActivityReport, role="viewer")
def get_activity_report(call: Call, request: GetActivityReport) -> dict[str, Any]:
    """How many workers reported, and how many worked on a task, over time."""
    span = (
        request.from_date,
        request.to_date,
        workers.bounded(request.from_date, request.to_date, request.interval),
    )
    points = call.store.workers.activity(*span)
    return {name: workers.filled(points, *span, name) for name in ("total", "active")}


# Runtime properties: what an agent keeps at the server (forced on or off, free GPUs)


class RuntimeProperty(Request):
    key: str
    value: str | None = None
    expiry: float | None = None


class SetRuntimeProperties(OfWorker):
    runtime_properties: list[RuntimeProperty]


@endpoint("workers.set_runtime_properties", SetRuntimeProperties)
def set_runtime_properties(call: Call, request: SetRuntimeProperties) -> dict[str, Any]:
    """Set a worker's properties by key; one with an `expiry` (seconds) lapses then."""
    with call.store.transaction():
        known = call.store.workers.get(request.worker, gone_too=True)
        current = known["runtime_properties"] if known else {}
        for item in request.runtime_properties:
            until = call.now.timestamp() + item.expiry if item.expiry else None
            current[item.key] = {"value": item.value, "until": until}
        if known and known["gone"]:  # it has signed off, and what is said of it does not bring it back
            call.store.workers.set_properties(request.worker, current)
        else:
            call.store.workers.touch(request.worker, call.now, {"runtime_properties": current})
    return {"added": [item.key for item in request.runtime_properties], "errors": []}


@endpoint("workers.get_runtime_properties", OfWorker, role="viewer")
def get_runtime_properties(call: Call, request: OfWorker) -> dict[str, Any]:
    """A worker's properties."""
    worker = call.store.workers.get(request.worker)
    current = worker["runtime_properties"] if worker else {}
    alive = {
        key: one for key, one in current.items() if not one["until"] or one["until"] > call.now.timestamp()
    }
    return {"runtime_properties": [{"key": key, "value": one["value"]} for key, one in alive.items()]}
