"""`soundyard schedule list`: what is run when, what came of it, and whether the scheduler runs."""

import argparse
from typing import Any

from soundyard.scheduled.kept import Entry, Scheduler
from soundyard.tracked.client import call, connect
from soundyard.tracked.output import console, print_json, table
from soundyard.tracked.rows import WORDS

NAME, ABOUT = "list", "all schedules and triggers: next run, last run, state"
COLUMNS = ("name", "when", "task", "queue", "state", "next", "last", "runs")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="everything about each, as JSON")


def run(args: argparse.Namespace) -> int:
    connect()
    scheduler = Scheduler()
    entries = scheduler.entries()
    queues = {one["id"]: one["name"] for one in call("queues.get_all", only_fields=["id", "name"])["queues"]}
    newest = [ran[-1] for one in entries if (ran := one.ran)]
    runs = {one["id"]: one["status"] for one in _tasks(newest)}
    found = [row(one, queues, runs) for one in entries]
    if args.json:
        print_json(
            {"scheduler": scheduler.task and scheduler.task["id"], "state": scheduler.state, "entries": found}
        )
        return 0
    if not found:
        console().print("there is no schedule yet: soundyard schedule add")
        return 0
    console().print(table(found, [*COLUMNS, *(["error"] if any(one["error"] for one in found) else [])]))
    scheduler.note()
    return 0


def row(entry: Entry, queues: dict[str, str], runs: dict[str, str]) -> dict[str, Any]:
    """What is told of an entry; times are ISO 8601, in UTC. `queues` by id their names, `runs` their status."""
    job, known = entry.job, entry.known
    status = runs.get(entry.ran[-1]) if entry.ran else None
    return {
        "name": job["name"],
        "when": job.get("cron") or _event(entry),
        "task": job.get("base_task") or job.get("base_task_id"),
        "queue": queues.get(job.get("queue") or "", job.get("queue")),
        "state": "paused" if job.get("paused") else "active",
        "next": None if job.get("paused") else _minute(known.get("_next_run")),
        "last": f"{_minute(known.get('started'))} {WORDS.get(status, status)}" if status else None,
        "runs": entry.ran,
        "parameters": job.get("task_parameters") or {},
        "error": known.get("error") or "",
    }


def _event(entry: Entry) -> str:
    job = entry.job
    parts = [
        entry.section.removesuffix("s"),
        "published" if job.get("on_publish") else "",
        job.get("match_name") or "",
    ]
    return " ".join(
        filter(None, [f"on {parts[0]}", *parts[1:], *(f"tag:{one}" for one in job.get("tags") or [])])
    )


def _tasks(ids: list[str]) -> list[dict[str, Any]]:
    """Those of them that are still there."""
    if not ids:  # which would ask for all
        return []
    return list(call("tasks.get_all_ex", id=ids, only_fields=["id", "status"], search_hidden=True)["tasks"])


def _minute(text: str | None) -> str | None:
    return text[:16].replace("T", " ") if text else None
