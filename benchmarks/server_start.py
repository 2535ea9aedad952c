"""How long the server takes to start, and what it then has in memory: empty, and with a database of 5 GB.

python -m benchmarks.server_start                     # writes 5 GB to a temporary folder; two minutes
python -m benchmarks.server_start --gigabytes 0.5
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from audio.command_line import CommandLine
from benchmarks.mlflow_server import Figures
from benchmarks.servers import ROOT, Client, line, scratch, soundyard
from server.store import Store
from server.store.events.rich import RichEvent

_PLOT = 1_000_000
"""Characters of one plot."""


def fill(folder: Path, gigabytes: float) -> None:
    """A database of that size: a million points of a curve, the rest large plots."""
    store = Store(folder, synchronous="NORMAL")
    with store.transaction():
        store.events.scalars.add(1, [(i, i, i / 7) for i in range(1_000_000)])
    plots = int((gigabytes * 1e9 - (folder / "soundyard.db").stat().st_size) / _PLOT)
    for start in range(0, plots, 50):
        with store.transaction():
            store.events.rich.add(
                RichEvent(2, place, place, None, (f"[{place}]," * _PLOT)[:_PLOT], None)
                for place in range(start, min(start + 50, plots))
            )
    store.close()


def interpreter_seconds() -> float:
    """What Python takes to load the server's modules, whatever the data."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import server.app.process.process"], cwd=ROOT, check=True)
    return time.perf_counter() - began


def starts(folder: Path, times: int) -> tuple[float, float]:
    """Seconds until the first answer (median), and resident MB after one call."""
    seconds, memory = [], []
    for _ in range(times):
        with soundyard(folder) as process:
            seconds.append(process.seconds_to_start)
            Client(process, folder).call("tasks.get_all")
            memory.append(process.resident_mb())
    return median(seconds), median(memory)


def report(gigabytes: float, peer: Figures) -> None:
    loading = median(interpreter_seconds() for _ in range(5))
    line("loading the interpreter and the modules", f"{loading:.2f} s")
    with scratch("start") as folder:
        if shutil.disk_usage(folder).free < gigabytes * 2e9:
            print(f"no room for {2 * gigabytes} GB in {folder}; SOUNDYARD_BENCH_DIR chooses another disk")
            return
        theirs = f"{peer['start']:.1f} s" if peer else ""
        one_row("start on an empty folder", folder, memory_limit=150, peer=theirs)
        fill(folder / "server", gigabytes)
        size = (folder / "server" / "soundyard.db").stat().st_size / 1e9
        one_row(f"start with a database of {size:.1f} GB", folder, memory_limit=200)


def one_row(what: str, folder: Path, memory_limit: float, peer: str = "") -> None:
    seconds, memory = starts(folder, 5)
    line(what, f"{seconds:.2f} s", "under 1 s", seconds < 1, peer)
    line("  resident", f"{memory:.0f} MB", f"under {memory_limit:.0f} MB", memory < memory_limit)


def main() -> None:
    parser = CommandLine(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--gigabytes", type=float, default=5.0, help="size of the database (default: %(default)s)"
    )
    report(parser.parse_args().gigabytes, {})


if __name__ == "__main__":
    main()
