"""Model serving seen from the server: containers that serve the same address are instances of one endpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from server.domain.workers.workers import bounded
from server.store import Store

FIGURES = {
    "requests": "Number of Requests",
    "requests_min": "Requests per Minute",
    "latency_ms": "Average Latency (ms)",
    "uptime_sec": "Uptime (sec)",
}
MACHINE: dict[str, tuple[str, Callable[[dict[str, Any]], float]]] = {
    "cpu_count": ("CPU Count", lambda stats: len(_listed(stats.get("cpu_usage")))),
    "gpu_count": ("GPU Count", lambda stats: len(_listed(stats.get("gpu_usage")))),
    "cpu_util": ("Average CPU Load (%)", lambda stats: _mean(_listed(stats.get("cpu_usage")))),
    "gpu_util": ("Average GPU Utilization (%)", lambda stats: _mean(_listed(stats.get("gpu_usage")))),
    "ram_total": ("RAM Total (GB)", lambda stats: _gigabytes(stats, "memory_used", "memory_free")),
    "ram_used": ("RAM Used (GB)", lambda stats: _gigabytes(stats, "memory_used")),
    "ram_free": ("RAM Free (GB)", lambda stats: _gigabytes(stats, "memory_free")),
    "gpu_ram_total": (
        "GPU RAM Total (GB)",
        lambda stats: _gigabytes(stats, "gpu_memory_used", "gpu_memory_free"),
    ),
    "gpu_ram_used": ("GPU RAM Used (GB)", lambda stats: _gigabytes(stats, "gpu_memory_used")),
    "gpu_ram_free": ("GPU RAM Free (GB)", lambda stats: _gigabytes(stats, "gpu_memory_free")),
    "network_rx": ("Network Throughput RX (MBps)", lambda stats: sum(_listed(stats.get("network_rx")))),
    "network_tx": ("Network Throughput TX (MBps)", lambda stats: sum(_listed(stats.get("network_tx")))),
}
"""What a report's machine says: title and how it is read. Memory is reported in megabytes."""
TITLES = {**FIGURES, **{name: title for name, (title, _) in MACHINE.items()}}
METRICS = tuple(TITLES)
_MEANS = {"latency_ms", "uptime_sec", "cpu_util", "gpu_util"}
_DESCRIPTION = ("model_source", "model_version", "preprocess_artifact", "input_type", "input_size")


def figures_of(report: dict[str, Any]) -> dict[str, float]:
    """What is kept over time of a status report."""
    stats = report.get("machine_stats") or {}
    values = {
        "requests": report.get("requests_num"),
        "requests_min": report.get("requests_min"),
        "latency_ms": report.get("latency_ms"),
        "uptime_sec": report.get("uptime_sec"),
    }
    measured = {name: float(value) for name, value in values.items() if value is not None}
    return {**measured, **{name: float(read(stats)) for name, (_, read) in MACHINE.items() if stats}}


def endpoints(containers: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that serve, one entry an address."""
    by_url: dict[str, list[dict[str, Any]]] = {}
    for container in containers:
        if container["endpoint_url"]:
            by_url.setdefault(container["endpoint_url"], []).append(container)
    return [_endpoint(url, instances) for url, instances in by_url.items()]


def _endpoint(url: str, instances: list[dict[str, Any]]) -> dict[str, Any]:
    figures = [figures_of(one["report"]) for one in instances]
    newest = instances[-1]["report"]
    return {
        "endpoint": newest.get("endpoint_name"),
        "model": newest.get("model_name"),
        "url": url,
        "instances": len(instances),
        "uptime_sec": int(max(one.get("uptime_sec", 0) for one in figures)),
        "requests": int(sum(one.get("requests", 0) for one in figures)),
        "requests_min": sum(one.get("requests_min", 0) for one in figures),
        "latency_ms": int(_mean([one.get("latency_ms", 0) for one in figures])),
        "last_update": max(one["last_update"] for one in instances),
    }


def details(url: str, instances: list[dict[str, Any]]) -> dict[str, Any]:
    """One endpoint with each of its instances."""
    newest = instances[-1]["report"]
    whole = _endpoint(url, instances)
    return {
        **{name: whole[name] for name in ("endpoint", "model", "url", "uptime_sec", "last_update")},
        **{name: newest.get(name) for name in _DESCRIPTION},
        "instances": [instance(one) for one in instances],
    }


def instance(container: dict[str, Any]) -> dict[str, Any]:
    report, figures = container["report"], figures_of(container["report"])
    return {
        "id": container["id"],
        "endpoint": report.get("endpoint_name"),
        "model": report.get("model_name"),
        "uptime_sec": int(figures.get("uptime_sec", 0)),
        "requests": int(figures.get("requests", 0)),
        "requests_min": figures.get("requests_min", 0),
        "latency_ms": int(figures.get("latency_ms", 0)),
        "cpu_count": int(figures.get("cpu_count", 0)),
        "gpu_count": int(figures.get("gpu_count", 0)),
        "reference": report.get("reference") or [],
        "last_update": container["last_update"],
        **{name: report.get(name) for name in _DESCRIPTION},
    }


def history(
    store: Store, url: str, metric: str, start: float, end: float, interval: int, *, instances: bool
) -> dict[str, Any]:
    """A figure over time: in all, and for each instance where that is asked."""
    interval = bounded(start, end, interval, least=1)
    rows = store.serving.history(url, metric, start, end, interval)
    total = _series(rows, _mean if metric in _MEANS else sum)
    answer: dict[str, Any] = {"computed_interval": interval, "total": {"title": TITLES[metric], **total}}
    if instances:
        answer["instances"] = {
            id: {"title": id, **_series([row for row in rows if row["container"] == id], sum)}
            for id in dict.fromkeys(row["container"] for row in rows)
        }
    return answer


def _series(rows: list[dict[str, Any]], combine: Callable[[list[float]], float]) -> dict[str, list[Any]]:
    dates: dict[int, list[float]] = {}
    for row in rows:
        dates.setdefault(row["date"], []).append(row["value"])
    return {"dates": list(dates), "values": [combine(values) for values in dates.values()]}


def _listed(value: Any) -> list[float]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, (int, float)) and not isinstance(one, bool)]


def _gigabytes(stats: dict[str, Any], *names: str) -> float:
    return sum(sum(_listed(stats.get(name))) for name in names) / 1024


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0
