"""`soundyard tasks compare`: in what tasks differ, side by side."""

import argparse
from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from soundyard import completion
from soundyard.tracked.client import connect
from soundyard.tracked.finding import tasks
from soundyard.tracked.output import SHORT, cell, console, plain, print_json
from soundyard.tracked.rows import Row, row
from tasks.errors import BadParameter

NAME, ABOUT = "compare", "tasks side by side: the parameters in which they differ, their last figures"
ABSENT = "–"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    completion.takes_tasks(parser, "two or more: ids, the beginnings of some, or names", nargs="+")
    parser.add_argument("--all", action="store_true", help="also what is the same in all of them")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(args: argparse.Namespace) -> int:
    web = connect().web_server
    rows = [row(one, web) for one in tasks(args.task)]
    if len(rows) < 2:
        raise BadParameter("Comparing takes two tasks or more, and one was given.")
    parts = {part: side_by_side(rows, part, everything=args.all) for part in ("parameters", "metrics")}
    if args.json:
        heads = [{name: one[name] for name in ("id", "name", "project", "status", "url")} for one in rows]
        print_json({"tasks": heads, **parts})
    else:
        console().print(_table(rows, parts))
    return 0


def side_by_side(rows: Sequence[Row], part: str, *, everything: bool) -> dict[str, list[Any]]:
    """Name → its value in each task, None where it has none; figures always, parameters where they differ."""
    names = dict.fromkeys(name for one in rows for name in one[part])
    found = {name: [one[part].get(name) for one in rows] for name in names}
    if everything or part == "metrics":
        return found
    return {name: values for name, values in found.items() if any(one != values[0] for one in values)}


def _table(rows: Sequence[Row], parts: dict[str, dict[str, list[Any]]]) -> Table:
    made = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    made.add_column("")
    for one in rows:
        made.add_column(Text(f"{plain(one['name'])}\n{one['id'][:SHORT]}"), overflow="fold")
    made.add_row(Text("status"), *(cell("status", one["status"]) for one in rows))
    for part, values in parts.items():
        if values:
            made.add_row()
            made.add_row(Text(part, style="bold"))
        for name, each in values.items():
            made.add_row(Text(plain(name)), *(Text(ABSENT) if one is None else cell("", one) for one in each))
    if not parts["parameters"]:
        made.add_row(Text("the parameters are the same", style="dim"))
    return made
