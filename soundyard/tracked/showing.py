"""`soundyard tasks show`: one task, its parameters, its last figures, what it has made, and the end of its console."""

import argparse
from typing import Any

from soundyard import completion
from soundyard.tracked.client import call, connect
from soundyard.tracked.finding import task
from soundyard.tracked.output import console, pairs, plain, print_json
from soundyard.tracked.rows import FIELDS, id_of, row

NAME, ABOUT = "show", "one task: parameters, last figures, artifacts, models, the end of its console"
LINES = 10  # of the console of a task that has failed
SAID = ("id", "project", "type", "status", "reason", "user", "tags", "queue", "worker", "parent")
MADE = ["execution.artifacts", "models.output.model", "models.output.name", "models.input.model", "comment"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    completion.takes_tasks(parser, "id, the beginning of one, or a name")
    parser.add_argument(
        "--log", type=int, metavar="N", help=f"lines of its console ({LINES} of one that has failed)"
    )
    parser.add_argument("--json", action="store_true", help="everything, as JSON")


def run(args: argparse.Namespace) -> int:
    web = connect().web_server
    found = task(args.task, [*FIELDS, *MADE])
    told = {
        **row(found, web),
        "comment": found.get("comment") or "",
        "artifacts": artifacts(found),
        "models": models(found),
    }
    lines = LINES if args.log is None and told["status"] == "failed" else args.log or 0
    if lines or args.json:
        told["log"] = log(found["id"], lines) if lines else []
    if args.json:
        print_json(told)
    else:
        _print(told)
    return 0


def artifacts(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Name, type, bytes and address of what a task has kept."""
    return [
        {"name": one["key"], "type": one.get("type"), "size": one.get("content_size"), "uri": one.get("uri")}
        for one in (found.get("execution") or {}).get("artifacts") or []
    ]


def models(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Name and id of the models that a task has made."""
    made = (found.get("models") or {}).get("output") or []
    return [{"name": one.get("name") or "", "id": id_of(one["model"])} for one in made if one.get("model")]


def log(task_id: str, lines: int) -> list[str]:
    """The last lines of a console."""
    answer = call("events.get_task_log", task=task_id, batch_size=max(lines, 1), navigate_earlier=True)
    texts = [str(event.get("msg", "")).rstrip() for event in reversed(answer.get("events") or [])]
    return "\n".join(texts).splitlines()[-lines:]


def _print(told: dict[str, Any]) -> None:
    there = console()
    there.print(plain(told["name"]), style="bold", markup=False, soft_wrap=True)
    dates = {
        name: told[name][:19].replace("T", " ") + " UTC"
        for name in ("created", "started", "completed")
        if told[name]
    }
    about = {name: told[name] for name in SAID if told[name]}
    pairs(
        "",
        {**about, **dates, "iteration": told["iteration"], "page": told["url"], "comment": told["comment"]},
    )
    pairs("parameters", told["parameters"])
    pairs("last values", told["metrics"])
    pairs(
        "artifacts", {one["name"]: f"{one['type'] or ''}  {_size(one['size'])}" for one in told["artifacts"]}
    )
    pairs("models", {one["id"]: one["name"] for one in told["models"]})
    if told.get("log"):
        there.print("console", style="bold")
        for line in told["log"]:
            there.print(f"  {plain(line)}", markup=False, soft_wrap=True, style="dim")


def _size(size: int | None) -> str:
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if (size or 0) >= factor:
            return f"{(size or 0) / factor:.1f} {unit}"
    return f"{size or 0} bytes"
