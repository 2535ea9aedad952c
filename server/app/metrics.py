"""Figures for Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/): counted as they occur, or
looked up when they are asked for, at a cost that doesn't grow with what is stored."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone

from dateutil import parser
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

import server
from server.app.requests.observed import Facts
from server.store import Store

_LATENCIES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_WAITS = (1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600, 7 * 24 * 3600)
_FILES_EVERY = 300.0
"""Seconds between two sums over the list of files, the one figure that takes longer the more there are."""


class Metrics:
    """One server's; several in one process know nothing of each other."""

    def __init__(self, store: Store) -> None:
        registry = self._registry = CollectorRegistry()
        self._requests = Counter(
            "soundyard_requests", "Requests answered.", ("endpoint", "code"), registry=registry
        )
        self._seconds = Histogram(
            "soundyard_request_seconds",
            "How long answers took; queues.get_next_task is held on purpose until a task comes.",
            ("endpoint",),
            buckets=_LATENCIES,
            registry=registry,
        )
        self._events = Counter("soundyard_events_ingested", "Events taken in.", registry=registry)
        self._waited = Histogram(
            "soundyard_task_waited_seconds",
            "How long tasks had waited in their queue when an agent took them.",
            buckets=_WAITS,
            registry=registry,
        )
        ProcessCollector(registry=registry)
        registry.register(_Stored(store))

    def note(self, facts: Facts, seconds: float) -> None:
        """A request has ended."""
        self._requests.labels(facts.endpoint, str(facts.code)).inc()
        self._seconds.labels(facts.endpoint).observe(seconds)

    def answered(self, endpoint: str, data: object, now: datetime) -> None:
        """What a successful answer of the API says of how much was done."""
        if not isinstance(data, dict):
            return
        if endpoint in ("events.add", "events.add_batch"):
            self._events.inc(data.get("added") or 0)
        elif endpoint == "queues.get_next_task" and data.get("entry"):
            added = parser.isoparse(data["entry"]["added"])
            self._waited.observe(max(0.0, (now - added.astimezone(timezone.utc)).total_seconds()))

    def text(self) -> bytes:
        """All of them. Runs in a worker thread."""
        return generate_latest(self._registry)


class _Stored(Collector):
    """What is looked up in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._files: tuple[float, dict[str, int]] = (0.0, {})

    def describe(self) -> list[Metric]:
        return []  # so that nothing is looked up to register this

    def collect(self) -> Iterator[Metric]:
        health = self._store.health
        yield _gauge(
            "info", "Versions.", {(server.SERVER_VERSION, server.API_VERSION): 1}, ("version", "api")
        )
        queues = health.queues(datetime.now(timezone.utc))
        lengths: dict[tuple[str, ...], float] = {(one["name"],): one["length"] for one in queues}
        yield _gauge("queue_length", "Entries of a queue.", lengths, ("queue",))
        waits: dict[tuple[str, ...], float] = {(one["name"],): one["waited"] for one in queues}
        yield _gauge(
            "queue_next_waited_seconds", "How long the next entry of a queue has waited.", waits, ("queue",)
        )
        there, busy = health.workers()
        yield _gauge(
            "workers",
            "Workers there are, by what they do.",
            {("idle",): there - busy, ("busy",): busy},
            ("state",),
        )
        tasks: dict[tuple[str, ...], float] = {
            (status,): health.tasks(status) for status in ("queued", "in_progress")
        }
        yield _gauge("tasks", "Tasks that wait or run.", tasks, ("status",))
        sizes = health.sizes()
        yield _gauge("database_bytes", "Size of the database.", {(): sizes["database"]})
        yield _gauge("wal_bytes", "Size of its write-ahead log.", {(): sizes["wal"]})
        files = self._sum_of_files()
        yield _gauge("files", "Uploaded files, as of the last five minutes.", {(): files["files"]})
        yield _gauge(
            "files_bytes", "Size of the uploaded files, as of the last five minutes.", {(): files["bytes"]}
        )
        free = shutil.disk_usage(self._store.folder).free
        yield _gauge("disk_free_bytes", "Room where the data lies.", {(): free})

    def _sum_of_files(self) -> dict[str, int]:
        with self._lock:
            due, found = self._files
            if time.monotonic() >= due:
                found = self._store.usage.files()
                self._files = (time.monotonic() + _FILES_EVERY, found)
            return found


def _gauge(
    name: str, about: str, values: Mapping[tuple[str, ...], float], labels: tuple[str, ...] = ()
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"soundyard_{name}", about, labels=labels)
    for label, value in values.items():
        family.add_metric(label, value)
    return family
