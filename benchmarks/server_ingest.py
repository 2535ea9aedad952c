"""Scalars in and out: through the API, against bare SQLite with the same rows and against MLflow 3, in one run.

    python -m benchmarks.server_ingest                    # a million events; about two minutes
    python -m benchmarks.server_ingest --events 50000 --no-mlflow

What is compared: SQLite alone writes the very rows that the server writes, with the server's own statement, in
commits of 1,000 and the same durability (synchronous=FULL). The server gets them as clients send them, one JSON
object a line, 1,000 lines a request, each request acknowledged after its commit. MLflow gets 1,000 metrics a
request, which is its limit.
"""

from __future__ import annotations

import argparse
import math
import sqlite3
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson

from audio.command_line import CommandLine
from benchmarks import mlflow_server
from benchmarks.servers import Client, Process, line, scratch, soundyard, timed
from server.store import Store

BATCH = 1000
CURVES = ("train", "validation", "clean", "augmented")
SAMPLES = 2000
ROUNDS = 5
_START = 1_700_000_000_000


def value(place: int) -> float:
    return math.sin(place / 1e4) + (place * 7919 % 1000) / 1e4


def bare_sqlite(folder: Path, events: int) -> float:
    """Rows a second of the server's own table and statement, without the server."""
    Store(folder).close()
    database = sqlite3.connect(folder / "soundyard.db", isolation_level=None)
    database.execute("PRAGMA synchronous=FULL")
    rows = [(i % len(CURVES) + 1, i // len(CURVES), _START + i, value(i)) for i in range(events)]
    statement = (
        "INSERT INTO scalars(series, iter, timestamp, value) VALUES (?, ?, ?, ?)"
        " ON CONFLICT(series, iter) DO UPDATE SET value = excluded.value, timestamp = excluded.timestamp"
    )
    began = time.perf_counter()
    for start in range(0, events, BATCH):
        database.execute("BEGIN")
        database.executemany(statement, rows[start : start + BATCH])
        database.execute("COMMIT")
    taken = time.perf_counter() - began
    database.close()
    return events / taken


def bodies(task: str, events: int, curves: tuple[str, ...]) -> list[bytes]:
    """Requests as the SDK writes them."""
    common = {"type": "training_stats_scalar", "task": task, "allow_locked": False, "model_event": False}
    common |= {"method": "get", "metric": "loss"}

    def event(place: int) -> bytes:
        own = {
            "timestamp": _START + place,
            "variant": curves[place % len(curves)],
            "iter": place // len(curves),
        }
        return orjson.dumps({**common, **own, "value": value(place)})

    return [b"\n".join(map(event, range(start, start + BATCH))) for start in range(0, events, BATCH)]


def ingest(process: Process, folder: Path, events: int, clients: int) -> float:
    """Events a second with so many clients at once."""
    first = Client(process, folder)
    task = first.call("tasks.create", name=f"{clients} clients", type="training")["id"]
    requests = bodies(task, events, CURVES)
    shares = [requests[share::clients] for share in range(clients)]

    def send(share: list[bytes]) -> int:
        client = Client(process, token=first.token)
        path = "/api/v2.23/events.add_batch"
        return sum(orjson.loads(client.send(path, body))["data"]["added"] for body in share)

    with ThreadPoolExecutor(clients) as pool:
        began = time.perf_counter()
        added = sum(pool.map(send, shares))
        taken = time.perf_counter() - began
    assert added == len(requests) * BATCH
    return added / taken


def long_curve(process: Process, folder: Path, points: int) -> Callable[[], object]:
    """Report one curve; gives the call that draws it."""
    client = Client(process, folder)
    task = client.call("tasks.create", name="long curve", type="training")["id"]
    for body in bodies(task, points, ("only",)):
        client.send("/api/events.add_batch", body)
    drawn = client.call("events.scalar_metrics_iter_histogram", task=task, samples=SAMPLES)["loss"]["only"]
    assert 0.9 * SAMPLES < len(drawn["x"]) <= SAMPLES and drawn["x"][-1] == points - 1
    return lambda: client.call("events.scalar_metrics_iter_histogram", task=task, samples=SAMPLES)


def main() -> None:
    parser = CommandLine(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--events", type=int, default=1_000_000, help="scalars to report (default: %(default)s)"
    )
    parser.add_argument(
        "--mlflow-events", type=int, default=20_000, help="metrics for MLflow (default: %(default)s)"
    )
    parser.add_argument("--no-mlflow", action="store_true", help="leave the peer out: nothing is installed")
    given = parser.parse_args()
    report(given.events, mlflow_server.figures(0 if given.no_mlflow else given.mlflow_events))


def report(events: int, peer: mlflow_server.Figures) -> None:
    events = max(events, 100 * BATCH)
    with scratch("ingest") as folder, soundyard(folder) as process:
        rate = compared(process, folder, events)
        if peer:
            ratio = rate / peer["rate"]
            theirs = f"{peer['rate']:,.0f} metrics/s"
            line("the same, beside MLflow", f"{ratio:.0f} x", "at least 40 x MLflow", ratio >= 40, theirs)
        memory = process.resident_mb()
        theirs = f"{peer['idle']:.0f} MB idle, {peer['after']:.0f} after" if peer else ""
        line(f"resident after {events:,} events", f"{memory:.0f} MB", "under 200 MB", memory < 200, theirs)
        drawn, worst = timed(long_curve(process, folder, events), 30)
        shown = f"{drawn:.1f} ms, p95 {worst:.1f} ms"
        theirs = f"{peer['curve']:.0f} ms for {peer['points']:,} points" if peer else ""
        line(f"{events:,} points drawn with {SAMPLES:,}", shown, "under 50 ms", drawn < 50, theirs)


def compared(process: Process, folder: Path, events: int) -> float:
    """Print the rates of bare SQLite and of the API, taken in turns, so that a busy moment hits both.

    Returns: events a second through the API, the better of one and four clients.
    """
    share = max(events // ROUNDS // 2, 4 * BATCH) // BATCH * BATCH
    rates: dict[int, list[float]] = {}
    for _ in range(ROUNDS):
        with scratch("bare") as bare:
            rates.setdefault(0, []).append(bare_sqlite(bare, share))
        for clients in (1, 4):
            rates.setdefault(clients, []).append(ingest(process, folder, share, clients))
    median = {clients: statistics.median(found) for clients, found in rates.items()}
    line("bare SQLite, commits of 1,000: the limit", f"{median[0]:,.0f} rows/s")
    best = max((1, 4), key=lambda clients: median[clients])
    for clients in (1, 4):
        part = median[clients] / median[0]
        line(
            f"events.add_batch, {clients} client{'s' * (clients > 1)}",
            f"{median[clients]:,.0f} events/s, {part:.0%}",
            "25 % of bare SQLite" if clients == best else "",
            part >= 0.25 if clients == best else None,
        )
    return median[best]


if __name__ == "__main__":
    main()
