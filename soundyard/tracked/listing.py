"""`soundyard tasks list`: the page's table, at a shell."""

import argparse
from typing import Any

from soundyard.tracked import filters
from soundyard.tracked.client import connect, every
from soundyard.tracked.finding import unknown
from soundyard.tracked.output import NO_END, console, print_json, table
from soundyard.tracked.rows import FIELDS, Row, row
from tasks.errors import BadParameter

NAME, ABOUT = "list", "the tasks, newest news first, filtered as on the page"
COLUMNS = ("id", "status", "name", "project", "type", "updated")
OWN = (
    *COLUMNS,
    "user",
    "tags",
    "queue",
    "worker",
    "created",
    "started",
    "completed",
    "iteration",
    "parent",
    "reason",
)
WIDTHS = {
    "id": 8,
    "status": 9,
    "name": 14,
    "project": 14,
    "type": 10,
    "updated": 16,
}  # that make sense, in characters
DISPENSABLE = ("type", "project", "updated")
LIMIT = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    filters.add_arguments(parser)
    parser.add_argument(
        "--columns", metavar="NAMES",
        help=f"by commas: {', '.join(OWN)}, url; a metric or a parameter by its name; +NAMES: besides the usual ones",
    )  # fmt: skip
    parser.add_argument(
        "--limit", type=_limit, default=LIMIT, metavar="N", help=f"of tasks; 0: all ({LIMIT})"
    )
    parser.add_argument("--json", action="store_true", help="everything about each, as JSON")


def run(args: argparse.Namespace) -> int:
    web = connect().web_server
    most = args.limit or None
    found = [
        row(one, web)
        for one in every("tasks.get_all_ex", "tasks", most, only_fields=FIELDS, **filters.query(args))
    ]
    if args.json:
        print_json(found)
        return 0
    if not found:
        console().print("no task is like that" if _filtered(args) else "there is no task yet")
        return 0
    wanted = columns(args.columns or "", found, console().width)
    console().print(table([flat(one) for one in found], wanted))
    if most and len(found) == most:
        console().print(f"the first {most}; --limit 0 shows all", style="dim")
    return 0


def columns(given: str, rows: list[Row], width: int = NO_END) -> list[str]:
    """Those that were asked for, or the usual ones that fit. Raises BadParameter."""
    names = [one.strip() for one in given.removeprefix("+").split(",") if one.strip()]
    known = {*OWN, "url", *(name for one in rows for part in ("metrics", "parameters") for name in one[part])}
    if wrong := [one for one in names if one not in known]:
        raise BadParameter(unknown("column", wrong[0], known))
    usual = fitting([one for one in COLUMNS if any(row[one] for row in rows)], width)
    return [*usual, *names] if given.startswith("+") or not names else names


def fitting(names: list[str], width: int) -> list[str]:
    """Without those that a terminal of this width has no room for."""
    for one in DISPENSABLE:
        if sum(WIDTHS[name] + 2 for name in names) > width:
            names = [name for name in names if name != one]
    return names


def flat(one: Row) -> dict[str, Any]:
    """With its parameters and metrics beside what else there is of it."""
    return {**one["parameters"], **one["metrics"], **one}


def _filtered(args: argparse.Namespace) -> bool:
    given = (
        args.project,
        args.status,
        args.type,
        args.user,
        args.tag,
        args.parent,
        args.search,
        args.param,
        args.metric,
    )
    return bool(any(given) or args.since or args.archived or args.kind != "all")


def _limit(text: str) -> int:
    if not text.strip().isdecimal():
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 0, got {text!r}")
    return int(text)
