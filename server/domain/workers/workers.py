"""Rules of workers: a machine report as rows, statistics and activity as ClearML answers them."""

from __future__ import annotations

import fnmatch
import ipaddress
import socket
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from server.api.errors import InvalidWorkerId
from server.domain.workers import environments
from server.store import Store
from server.store.database import times

AGGREGATIONS = ("avg", "min", "max")
FORCE, HELD = "force", "held"
"""Runtime properties of a worker: `off` lets it take no task, which is ClearML's own; and why, in words."""
_ONE = "total"
"""The variant of a metric that a machine has once."""


def is_local(address: str, host: str) -> bool:
    """Whether an agent runs on this machine: it comes over loopback and names this host (a tunnel doesn't)."""
    try:
        return ipaddress.ip_address(address).is_loopback and host == socket.gethostname()
    except ValueError:
        return False


def rows_of(machine_stats: dict[str, Any]) -> list[tuple[str, str, float]]:
    """(metric, variant, value) of each number; a list has one variant a core or GPU, named by its index."""
    rows = []
    for metric, value in machine_stats.items():
        variants = enumerate(value) if isinstance(value, list) else [(_ONE, value)]
        for variant, number in variants:
            if isinstance(number, (int, float)) and not isinstance(number, bool):
                rows.append((metric, str(variant), float(number)))
    return rows


def categories(metrics: Iterable[str]) -> list[dict[str, Any]]:
    """Metric names grouped by what they measure: `gpu_usage` belongs to `gpu`."""
    keyed = sorted((metric.partition("_")[0], metric) for metric in metrics)
    return [
        {"name": name, "metric_keys": [metric for _, metric in group]}
        for name, group in groupby(keyed, key=lambda one: one[0])
    ]


def series(
    points: list[dict[str, Any]], wanted: dict[str, list[str]], *, split: bool
) -> list[dict[str, Any]]:
    """`workers.get_stats`: a series a worker and metric (and variant when `split`).

    Args:
        points: rows of `store.workers.stats`. wanted: metric → the aggregations asked for.
    """
    answer: dict[str, list[dict[str, Any]]] = {}

    order = {metric: place for place, metric in enumerate(wanted)}

    def name(point: dict[str, Any]) -> tuple[str, int, str]:
        return point["worker"], order[point["metric"]], point["variant"] if split else ""

    ordered = sorted(points, key=lambda point: (*name(point), point["date"]))
    for (worker, place, variant), of_series in groupby(ordered, key=name):
        metric = list(wanted)[place]
        dates = [(date, list(of_date)) for date, of_date in groupby(of_series, key=lambda p: p["date"])]
        one = {
            "metric": metric,
            "dates": [date for date, _ in dates],
            "stats": [
                {"aggregation": kind, "values": [_combined(of_date, kind) for _, of_date in dates]}
                for kind in wanted[metric]
            ],
        }
        if split:
            one["variant"] = variant
        answer.setdefault(worker, []).append(one)
    return [{"worker": worker, "metrics": metrics} for worker, metrics in answer.items()]


def _combined(points: list[dict[str, Any]], kind: str) -> float:
    values = [point[kind] for point in points]
    if kind == "avg":
        return sum(values) / len(values)
    return min(values) if kind == "min" else max(values)


MOST_POINTS = 10_000
LEAST_INTERVAL = 40
"""Seconds. Agents report every half minute: shorter intervals would be empty every now and then."""


def require_known(store: Store, workers: Iterable[str]) -> None:
    """Raises: InvalidWorkerId for one that was never heard of."""
    for worker in workers:
        if store.workers.get(worker) is None and not store.workers.metric_keys([worker]):
            raise InvalidWorkerId(worker=worker)


def bounded(start: float, end: float, interval: int, least: int = LEAST_INTERVAL) -> int:
    """The interval asked for, or the shortest that is at least `least` and keeps the answer below `MOST_POINTS`."""
    return max(interval, least, int((end - start) / MOST_POINTS) + 1 if end - start > MOST_POINTS else 1)


def has_tags(tags: list[str], wanted: list[str]) -> bool:
    """Whether one of the wanted tags is there (if any is wanted), and none of those given as `-tag`."""
    excluded = {tag[1:] for tag in wanted if tag.startswith("-")}
    included = {tag for tag in wanted if not tag.startswith("-")}
    return not excluded & set(tags) and (not included or bool(included & set(tags)))


def filled(
    points: list[dict[str, Any]], start: float, end: float, interval: int, name: str
) -> dict[str, Any]:
    """An activity series with every date of the range; zero where nobody reported."""
    counts = {point["date"]: point[name] for point in points}
    first = int(start // interval * interval)
    dates = list(range(first, int(end) + 1, interval))
    return {"dates": dates, "counts": [counts.get(date, 0) for date in dates]}


def listed(
    store: Store, now: datetime, last_seen: int | None, pattern: str | None = None
) -> list[dict[str, Any]]:
    """Every worker seen within `last_seen` seconds (0 or None: ever), shaped as `workers.get_all` answers it."""
    since = now - timedelta(seconds=last_seen) if last_seen else None
    heads = store.workers.queue_heads()
    return [
        _shaped(worker, heads, now)
        for worker in store.workers.all(since)
        if not pattern or fnmatch.fnmatchcase(worker["id"], pattern)
    ]


def _shaped(worker: dict[str, Any], heads: dict[str, dict[str, Any]], now: datetime) -> dict[str, Any]:
    answer = {
        "id": worker["id"],
        "key": worker["id"],
        "user": {"id": worker["user"], "name": worker["user_name"]},
        "company": {"id": worker["company"], "name": "Soundyard"},
        "ip": worker["ip"],
        "register_time": worker["register_time"],
        "register_timeout": worker["register_timeout"],
        "last_activity_time": worker["last_activity_time"],
        "last_report_time": worker["last_report_time"],
        "tags": worker["tags"],
        "system_tags": worker["system_tags"],
        "queues": [_queue(heads[queue]) for queue in worker["queues"] if queue in heads],
    }
    if environment := environments.shown(worker):
        answer["environment"] = environment
    if why := held(worker, now):
        answer["held"] = why
    if worker["task"]:
        started = worker["task_started"]
        running = (now - times.parse(started)).total_seconds() if started else 0
        answer["task"] = {
            "id": worker["task"],
            "name": worker["task_name"],
            "running_time": max(int(running * 1000), 0),  # ms
            "last_iteration": worker["task_iteration"],
        }
        answer["project"] = {"id": worker["project"], "name": worker["project_name"]}
        if worker["queue"] in heads:
            answer["queue"] = _queue(heads[worker["queue"]])
    return answer


def held(worker: dict[str, Any], now: datetime) -> str:
    """Why a worker takes no task at present, in its own words; empty where it takes them."""
    properties = worker.get("runtime_properties") or {}
    alive = {
        key: one["value"]
        for key, one in properties.items()
        if not one["until"] or one["until"] > now.timestamp()
    }
    if alive.get(FORCE) != "off":
        return ""
    return str(alive.get(HELD) or "held back")


def _queue(head: dict[str, Any]) -> dict[str, Any]:
    answer = {"id": head["id"], "name": head["name"], "num_tasks": head["num_tasks"]}
    if head["next_id"]:
        answer["next_task"] = {"id": head["next_id"], "name": head["next_name"]}
    return answer
