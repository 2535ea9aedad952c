"""A page of a large table of tasks, through the API: filtered by a hyperparameter, sorted by a metric.

python -m benchmarks.server_tables                    # 100,000 tasks; about a minute
python -m benchmarks.server_tables --tasks 5000
"""

from __future__ import annotations

import argparse
import random
import uuid
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

from audio.command_line import CommandLine
from benchmarks.mlflow_server import Figures
from benchmarks.servers import Client, line, scratch, soundyard, timed
from server.domain.events.last_metrics import summary
from server.store import Store
from server.store.database import times
from server.store.events.last_metrics import name_hash

PAGE = 100
RATES = ("0.1", "0.03", "0.01", "0.003", "0.001")
METRIC = f"last_metrics.{name_hash('accuracy')}.{name_hash('validation')}"
WITHOUT_LIMIT = ("its tenth page", "sorted by the metric's maximum")
COLUMNS = ["name", "status", "type", "last_update", "last_iteration", "tags", "user", f"{METRIC}.value"]


def fill(folder: Path, tasks: int) -> str:
    """Write tasks as a year of work would leave them. Returns: the project they are in."""
    chance, now = random.Random(1), datetime.now(timezone.utc)
    store = Store(folder / "server", synchronous="NORMAL")
    project = uuid.uuid4().hex
    stamp = times.text(now)
    with store.transaction():
        store.projects.insert(
            {
                "id": project,
                "name": "Soundyard",
                "basename": "Soundyard",
                "created": stamp,
                "last_update": stamp,
            }
        )
    for start in range(0, tasks, 5000):
        with store.transaction():
            for place in range(start, min(start + 5000, tasks)):
                add_task(store, project, place, now - timedelta(minutes=5 * (tasks - place)), chance)
    store.close()
    return project


def add_task(store: Store, project: str, place: int, moment: datetime, chance: random.Random) -> None:
    values = {
        "learning_rate": chance.choice(RATES),
        "epochs": "30",
        "model": chance.choice(("cnn", "resnet18")),
    }
    values |= {f"option_{i}": str(i) for i in range(12)}
    section = {
        name: {"section": "Args", "name": name, "value": one, "type": "str"} for name, one in values.items()
    }
    task = store.tasks.insert(
        {
            "id": uuid.uuid4().hex,
            "name": f"train {place}",
            "type": "training",
            "status": "completed",
            "project": project,
            "tags": chance.sample(["esc10", "esc50", "best", "try"], 2),
            "last_iteration": 30,
            "hyperparams": {"Args": section},
            "script": {"entry_point": "-m tasks.train", "requirements": {"pip": "torch==2.11.0\n" * 40}},
            **dict.fromkeys(("created", "last_update", "last_change"), times.text(moment)),
        }
    )
    for metric, variant in (("accuracy", "validation"), ("loss", "train"), ("loss", "validation")):
        curve = [(i, 1_700_000_000_000 + i, chance.random()) for i in range(3)]
        store.events.last_metrics.add(task, metric, variant, summary(curve))


def report(tasks: int, peer: Figures) -> None:
    tasks = max(tasks, 2000)
    with scratch("tables") as folder:
        project = fill(folder, tasks)
        with soundyard(folder) as process:
            client = Client(process, folder)
            common: dict[str, Any] = {"project": [project], "only_fields": COLUMNS, "page_size": PAGE}
            rate = {"hyperparams.Args.learning_rate.value": ["0.01"]}
            queries: dict[str, dict[str, Any]] = {
                "filtered by a hyperparameter, sorted by a metric": {
                    **rate,
                    "order_by": [f"-{METRIC}.value"],
                },
                "its tenth page": {**rate, "order_by": [f"-{METRIC}.value"], "page": 9},
                "sorted by the metric's maximum": {**rate, "order_by": [f"-{METRIC}.max_value"]},
                "newest first": {"order_by": ["-last_update"]},
                "two tags, newest first": {"tags": ["__$all", "esc10", "best"], "order_by": ["-last_update"]},
                "a word in the name": {"name": "99", "order_by": ["-last_update"]},
            }
            line(f"a page of {PAGE} of {tasks:,} tasks:", "")
            for what, query in queries.items():
                assert client.call("tasks.get_all_ex", **common, **query)["tasks"], what
                median, worst = timed(partial(client.call, "tasks.get_all_ex", **common, **query), 40)
                held = what not in WITHOUT_LIMIT
                line(
                    f"  {what}",
                    f"p50 {median:.1f}, p95 {worst:.1f} ms",
                    "p95 under 50 ms" * held,
                    worst < 50 if held else None,
                )
            create = partial(client.call, "tasks.create", name="new", type="training", project=project)
            median, worst = timed(create, 200)
            line(
                "tasks.create, round trip",
                f"p50 {median:.1f}, p95 {worst:.1f} ms",
                "under 10 ms",
                median < 10,
                f"{peer['create']:.0f} ms (runs/create)" if peer else "",
            )
            median, worst = timed(partial(client.call, "projects.get_all_ex", include_stats=True), 20)
            line("all projects with statistics", f"p50 {median:.1f}, p95 {worst:.1f} ms")
            memory = process.resident_mb()
            line("resident afterwards", f"{memory:.0f} MB", "under 200 MB", memory < 200)


def main() -> None:
    parser = CommandLine(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=100_000, help="how many (default: %(default)s)")
    report(parser.parse_args().tasks, {})


if __name__ == "__main__":
    main()
