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

from benchmarks.mlflow_server import MlflowClient, NotInstalled, mlflow
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


def mlflow_figures(folder: Path, events: int) -> dict[str, float]:
    """The same of an MLflow server: metrics a second, milliseconds for a curve, resident MB idle and after."""
    with mlflow(folder) as process:
        idle = process.resident_mb()
        client = MlflowClient(process)
        experiment = client.post("experiments/create", name="ingest")["experiment_id"]
        run = client.post("runs/create", experiment_id=experiment)["run"]["info"]["run_id"]
        began = time.perf_counter()
        for start in range(0, events, BATCH):
            metrics = [
                {"key": "loss", "value": value(i), "timestamp": _START + i, "step": i}
                for i in range(start, start + BATCH)
            ]
            client.post("runs/log-batch", run_id=run, metrics=metrics)
        rate = events / (time.perf_counter() - began)
        query = f"metrics/get-history-bulk-interval?run_ids={run}&metric_key=loss&max_results={SAMPLES}"
        curve, _ = timed(lambda: client.get(query), 3)
        return {
            "rate": rate, "curve": curve, "idle": idle, "after": process.resident_mb(),
            "start": process.seconds_to_start,
        }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--events", type=int, default=1_000_000, help="scalars to report (default: %(default)s)"
    )
    parser.add_argument(
        "--mlflow-events", type=int, default=20_000, help="metrics for MLflow (default: %(default)s)"
    )
    parser.add_argument("--no-mlflow", action="store_true", help="leave the peer out: nothing is installed")
    given = parser.parse_args()
    report(max(given.events, 100 * BATCH), 0 if given.no_mlflow else given.mlflow_events)


def report(events: int, mlflow_events: int) -> None:
    with scratch("ingest") as folder, soundyard(folder) as process:
        rates = compared(process, folder, events)
        memory = process.resident_mb()
        line(f"resident after {events:,} events", f"{memory:.0f} MB", "under 200 MB", memory < 200)
        drawn, worst = timed(long_curve(process, folder, events), 30)
        line(
            f"{events:,} points drawn with {SAMPLES:,}",
            f"{drawn:.1f} ms",
            f"p95 {worst:.1f} ms; under 50 ms",
            drawn < 50,
        )
        started = process.seconds_to_start
    if not mlflow_events:
        return
    with scratch("mlflow") as folder:
        try:
            peer = mlflow_figures(folder, mlflow_events)
        except (NotInstalled, RuntimeError) as fault:
            print(f"MLflow is left out: {fault}")
            return
    ratio = rates / peer["rate"]
    line(
        "MLflow 3, log-batch",
        f"{peer['rate']:,.0f} metrics/s",
        f"ours: {ratio:.0f} x (at least 40 x)",
        ratio >= 40,
    )
    shown = f"{peer['curve']:.0f} ms"
    line(
        f"MLflow 3, {mlflow_events:,} points with {SAMPLES:,}",
        shown,
        f"ours, {events:,} points: {drawn:.1f} ms",
    )
    line(
        "MLflow 3, resident",
        f"{peer['idle']:.0f}, {peer['after']:.0f} MB",
        f"idle, after; ours {memory:.0f} MB",
    )
    line("MLflow 3, start", f"{peer['start']:.1f} s", f"ours {started:.2f} s")


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
    line("bare SQLite, commits of 1,000", f"{median[0]:,.0f} rows/s", "the limit")
    for clients in (1, 4):
        part = median[clients] / median[0]
        line(
            f"events.add_batch, {clients} client{'s' * (clients > 1)}",
            f"{median[clients]:,.0f} events/s",
            f"{part:.0%} of bare SQLite (at least 25 %)",
            part >= 0.25,
        )
    return max(median[1], median[4])


if __name__ == "__main__":
    main()
