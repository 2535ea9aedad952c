"""Pages and sums over half a million tasks, through the API: deep pages, usages, values, names, tags, statistics.

python -m benchmarks.server_many_tasks                     # about four minutes; needs 3 GB of disk
python -m benchmarks.server_many_tasks --tasks 20000
python -m benchmarks.server_many_tasks --keep FOLDER       # make the database there once, and use it again

Writes benchmarks/results/server-many-tasks.json. With `--against FILE` each figure stands beside an earlier one.
"""

from __future__ import annotations

import argparse
import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, nullcontext
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from audio.command_line import CommandLine
from benchmarks.servers import Client, line, machine, scratch, soundyard, timed
from server.store import Store
from server.store.database import times
from server.store.events.last_metrics import name_hash

RESULT = Path(__file__).parent / "results" / "server-many-tasks.json"
WANTED = 300
"""Milliseconds."""
TIMES = 4
PROJECTS = 50
USER = "me"
PARAMETERS = {"learning_rate": 400, "epochs": 5, "model": 3, "seed": 100_000, "batch_size": 4}
"""How many values each has."""
METRICS = (("accuracy", "validation"), ("loss", "train"), ("loss", "validation"))
_HASHES = [(name_hash(metric), name_hash(variant)) for metric, variant in METRICS]
PARAMETER = "hyperparams.Args.seed.value"
VALUE = f"last_metrics.{_HASHES[0][0]}.{_HASHES[0][1]}.value"
_TABLES = {
    "tasks": "id, name, type, status, project, user, company, created, last_update, last_change, completed, started,"
    " active_duration, last_iteration, tags, system_tags",
    "task_documents": "id, hyperparams",
    "task_params": "task, section, name, value, project",
    "last_metrics": "task, metric_hash, variant_hash, metric, variant, value, iter, timestamp, count, min_value,"
    " max_value",
    "files": "path, task, size, created, key",
}


def fill(folder: Path, tasks: int) -> None:
    """Write tasks as years of work would leave them: two thirds in one project, the others in many."""
    Store(folder / "server").close()
    chance, now = random.Random(1), datetime.now(timezone.utc)
    with closing(sqlite3.connect(folder / "server" / "soundyard.db", isolation_level=None)) as database:
        database.executescript("PRAGMA synchronous=OFF; PRAGMA cache_size=-400000")
        database.execute("BEGIN")
        for project in range(PROJECTS):
            row = (
                project_id(project),
                f"project {project}",
                f"project {project}",
                times.text(now),
                times.text(now),
            )
            database.execute(
                "INSERT INTO projects(id, name, basename, created, last_update) VALUES (?, ?, ?, ?, ?)", row
            )
        ids = sorted(
            f"{chance.getrandbits(128):032x}" for _ in range(tasks)
        )  # in order, so that it is soon done
        for start in range(0, tasks, 5000):
            rows: dict[str, list[tuple]] = {table: [] for table in _TABLES}
            for id in ids[start : start + 5000]:
                for table, row in of_task(id, chance, now):
                    rows[table].append(row)
            for table, columns in _TABLES.items():
                marks = ", ".join("?" * len(columns.split(", ")))
                database.executemany(f"INSERT INTO {table}({columns}) VALUES ({marks})", rows[table])
        database.execute("COMMIT")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def project_id(number: int) -> str:
    return f"{number:032x}"


def of_task(id: str, chance: random.Random, now: datetime) -> Iterator[tuple[str, tuple]]:
    """The rows of a task, each with its table."""
    ended = times.text(now - timedelta(seconds=chance.randrange(3 * 365 * 86400)))
    project = project_id(0 if chance.random() < 0.66 else chance.randrange(1, PROJECTS))
    tags = orjson.dumps(chance.sample(["esc10", "esc50", "best", "try"], 2)).decode()
    archived = '["archived"]' if chance.random() < 0.1 else "[]"
    yield (
        "tasks",
        (id, f"train {chance.randrange(10**6)}", "training", "completed", project, USER, "c", *[ended] * 5,
         chance.randrange(10_000), 30, tags, archived),
    )  # fmt: skip
    yield "task_documents", (id, "{}")
    for name, values in PARAMETERS.items():
        yield "task_params", (id, "Args", name, str(chance.randrange(values)), project)
    for (metric, variant), hashes in zip(METRICS, _HASHES, strict=True):
        value = chance.random()
        yield "last_metrics", (id, *hashes, metric, variant, value, 30, 1_700_000_000_000, 30, value, value)
    path = f"p/train.{id}/models/model.pt"
    yield "files", (path, id, chance.randrange(10**8), ended, path)


def questions(tasks: int) -> dict[str, tuple[str, dict[str, Any]]]:
    """What is asked, by what it is called."""
    first, fields = [project_id(0)], ["name", "status", "last_update", VALUE]
    page: dict[str, Any] = {"page_size": 100, "only_fields": fields}
    web = {"tags": ["-template"], "system_tags": ["-archived"]}  # what the page leaves out by itself
    several = {"project": [project_id(number) for number in range(PROJECTS // 2)]}
    deep, half = tasks // 2 // 100, int(tasks * 0.6) // 100
    by_metric, newest = {"order_by": [f"-{VALUE}"]}, {"order_by": ["-last_update"]}
    rate = {"section": "Args", "name": "learning_rate", "page_size": 500}
    mine = {**page, "project": first}
    return {
        "first page by a metric": ("tasks.get_all_ex", {**mine, **by_metric}),
        f"page {half:,} of a project by a metric": ("tasks.get_all_ex", {**mine, "page": half, **by_metric}),
        f"page {deep:,} of all by a metric": ("tasks.get_all_ex", {**page, "page": deep, **by_metric}),
        f"page {deep:,} by a metric, upwards": ("tasks.get_all_ex", {**page, "page": deep, "order_by": [VALUE]}),
        f"page {half:,} of a project, newest first": ("tasks.get_all_ex", {**mine, "page": half, **newest}),
        f"page {deep:,} of all, newest first": ("tasks.get_all_ex", {**page, "page": deep, **newest}),
        f"page {half:,} of a project, as the page asks": (
            "tasks.get_all_ex", {**mine, **web, "page": half, **newest},
        ),
        f"page {half:,} of many projects, newest first": (
            "tasks.get_all_ex", {**page, **several, "page": half, **newest},
        ),
        "first page of many projects, newest first": ("tasks.get_all_ex", {**page, **several, **newest}),
        f"page {half:,} of a project by name": ("tasks.get_all_ex", {**mine, "page": half, "order_by": ["name"]}),
        f"page {deep:,} of all by name": ("tasks.get_all_ex", {**page, "page": deep, "order_by": ["name"]}),
        f"page {deep:,} of all, the last made first": (
            "tasks.get_all_ex", {**page, "page": deep, "order_by": ["-created"]},
        ),
        f"page {half:,} of a project by a parameter": (
            "tasks.get_all_ex", {**mine, **web, "page": half, "order_by": [f"-{PARAMETER}"]},
        ),
        f"page {deep:,} of all by a parameter": (
            "tasks.get_all_ex", {**page, "page": deep, "order_by": [PARAMETER]},
        ),
        f"page {half:,} by a metric, without a tenth": (
            "tasks.get_all_ex", {**mine, "system_tags": ["-archived"], "page": half * 4 // 5, **by_metric},
        ),
        "what each project takes (usages)": ("organization.get_project_usages", {}),
        "values of a parameter, everywhere": ("projects.get_hyperparam_values", {**rate, "projects": []}),
        "values of a parameter in a project": ("projects.get_hyperparam_values", {**rate, "projects": first}),
        "values of a parameter with very many": (
            "projects.get_hyperparam_values", {**rate, "name": "seed", "projects": []},
        ),
        "parameters of a project": ("projects.get_hyper_parameters", {"project": first[0]}),
        "metrics of a project": ("projects.get_unique_metric_variants", {"project": first[0]}),
        "tags of a project's tasks": ("projects.get_task_tags", {"projects": first}),
        "people of a project": ("projects.get_user_names", {"projects": first}),
        "types of all tasks": ("tasks.get_types", {}),
        "parents of all tasks": ("projects.get_task_parents", {}),
        "who ran what (workloads)": ("organization.get_project_workloads", {}),
        "tasks by status": ("organization.get_entities_count", {"tasks": {"status": ["failed"]}}),
        "all projects with statistics": ("projects.get_all_ex", {"include_stats": True}),
        "how many tasks there are": ("organization.get_entities_count", {"tasks": {}}),
    }  # fmt: skip


def report(folder: Path, tasks: int, earlier: dict[str, float]) -> tuple[dict[str, float], dict[str, float]]:
    """Returns: of each the median in ms, and what the server computed for one, in ms of its processor."""
    found, computed = {}, {}
    with soundyard(folder, "--check-seconds", "0", "--statement-seconds", "0") as process:
        client = Client(process, folder)
        line(f"of {tasks:,} tasks:", "")
        for what, (endpoint, body) in questions(tasks).items():
            client.call(endpoint, **body)
            used = process.cpu_ms()
            median, _ = timed(partial(client.call, endpoint, **body), TIMES)
            found[what], computed[what] = round(median, 1), round((process.cpu_ms() - used) / TIMES)
            before = earlier.get(what)
            then = f"was {before:,.0f} ms: {before / median:.1f} x" if before else ""
            line(
                f"  {what}",
                f"p50 {median:.1f} ms, CPU {computed[what]}",
                f"under {WANTED} ms",
                median < WANTED,
                then,
            )
    return found, computed


def main() -> None:
    parser = CommandLine(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=500_000, help="how many (default: %(default)s)")
    parser.add_argument("--keep", type=Path, help="a folder for the database, which stays there")
    parser.add_argument("--against", type=Path, help="a result of an earlier run")
    parser.add_argument("--result", type=Path, default=RESULT, help="where to write (default: %(default)s)")
    given = parser.parse_args()
    load = round(os.getloadavg()[0], 1)
    earlier = orjson.loads(given.against.read_bytes())["ms"] if given.against else {}
    with nullcontext(given.keep) if given.keep else scratch("many-tasks") as folder:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "server" / "soundyard.db").exists():
            fill(folder, given.tasks)
        found, computed = report(folder, given.tasks, earlier)
    told: dict[str, Any] = {
        "machine": machine(),
        "tasks": given.tasks,
        "load": load,
        "ms": found,
        "cpu_ms": computed,
    }
    if earlier:
        told["before"] = earlier
    given.result.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n")


if __name__ == "__main__":
    main()
