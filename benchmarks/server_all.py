"""Every figure of the server in one run, beside its limit and beside MLflow 3: what `make bench` prints.

    python -m benchmarks.server_all                # eight minutes on two quiet cores; needs 11 GB of disk
    python -m benchmarks.server_all --quick        # small data, one minute or two; says little about the limits
    python -m benchmarks.server_all --no-mlflow    # without the peer, which is installed once, from the network

Writes the table to benchmarks/results/.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from audio.command_line import CommandLine
from benchmarks import mlflow_server, server_ingest, server_queues, server_start, server_tables
from benchmarks.servers import HEADING, ROWS, machine

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Scale:
    events: int
    tasks: int
    gigabytes: float
    agent_runs: int
    mlflow_points: int


FULL = Scale(1_000_000, 100_000, 5.0, 12, 20_000)
QUICK = Scale(100_000, 5_000, 0.3, 3, 2_000)


def run(scale: Scale, with_mlflow: bool) -> None:
    print(HEADING)
    peer = mlflow_server.figures(scale.mlflow_points if with_mlflow else 0)
    server_ingest.report(scale.events, peer)
    server_tables.report(scale.tasks, peer)
    server_queues.report(scale.agent_runs)
    server_start.report(scale.gigabytes, peer)


def main() -> None:
    parser = CommandLine(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small data: to see that it runs")
    parser.add_argument("--no-mlflow", action="store_true", help="leave the peer out: nothing is installed")
    given = parser.parse_args()
    began, busy = time.perf_counter(), os.getloadavg()[0]
    run(QUICK if given.quick else FULL, not given.no_mlflow)
    minutes = (time.perf_counter() - began) / 60
    missed = sum(row.holds is False for row in ROWS)
    held = sum(row.holds is True for row in ROWS)
    print(f"\n{held} hold, {missed} don't; {minutes:.1f} minutes; the machine's load before: {busy:.1f}")
    if busy > (os.cpu_count() or 1) / 4:
        print("The machine was busy with something else: take these figures again when it is quiet.")
    if not given.quick:
        file = RESULTS / f"server-{os.cpu_count()}-cores.json"
        text = orjson.dumps(
            {"machine": machine(), "load before": round(busy, 1), "rows": [asdict(row) for row in ROWS]},
            option=orjson.OPT_INDENT_2,
        )
        file.write_bytes(text + b"\n")
        print(f"written to {file.relative_to(RESULTS.parent.parent)}")


if __name__ == "__main__":
    main()
