"""`python -m server usage`: what takes how much room, the largest first."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from server.commands import add_data, opened
from server.domain.usage import usage
from server.settings import Settings

NAME, HELP = "usage", "show what takes how much room: database, files, projects, tasks"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--top", type=int, default=10, help="how many projects and tasks to name (default: 10)"
    )
    add_data(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    store = opened(settings.data)
    try:
        found = usage(store, max(arguments.top, 1))
    finally:
        store.close()
    console = Console()
    disk, files = found["disk"], found["files"]
    console.print(f"disk      {decimal(disk['free'])} of {decimal(disk['total'])} free")
    console.print(f"database  {decimal(found['database']['bytes'])}")
    console.print(f"files     {decimal(files['bytes'])} in {files['files']:,}")
    for title, rows in (("kind", files["kinds"]), ("project", found["projects"]), ("task", found["tasks"])):
        if rows:
            console.print(_table(title, rows))
    lost = files["ownerless"]
    if lost["files"]:
        console.print(
            f"{decimal(lost['bytes'])} in {lost['files']:,} files belong to no task that still exists."
        )
    return 0


def _table(title: str, rows: Iterable[dict[str, Any]]) -> Table:
    table = Table(title)
    for column in ("size", "files"):
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(row.get("name") or row.get("kind"), decimal(row["bytes"]), f"{row['files']:,}")
    return table
