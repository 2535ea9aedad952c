"""The subcommands of `python -m server`: what keeps the data, its users, and the way up to a full server.

Each module has `NAME`, `HELP`, `add_arguments(parser)` and `run(arguments) -> int`. They work on the data folder, most
of them while a server is running on it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from server import settings
from server.store import Store
from server.store.migrations import EmptiedDatabase, NewerDatabase, numbered, version_of
from server.store.upkeep.lock import is_held


class CommandError(Exception):
    """Ends the command; its message says why, and what to do."""


def add_data(parser: argparse.ArgumentParser, *more: str) -> None:
    """The option that every command has; `more` names further settings that it looks at."""
    settings.add_arguments(parser, only=("data", *more))


def existing(folder: Path) -> Path:
    """The database of a data folder. Raises: CommandError when there is none."""
    database = folder / "soundyard.db"
    if not database.is_file():
        raise CommandError(f"{folder} holds no database: give the server's data folder with --data")
    return database


def opened(folder: Path) -> Store:
    """The store of an existing data folder, which a server may be using.

    Raises:
        CommandError: there is none, or it would have to be migrated under a running server.
    """
    version, newest = version_of(existing(folder)), numbered()[-1][0]
    if version < newest and is_held(folder):
        raise CommandError(
            f"a server of an older version (schema {version}) is using {folder}: restart it first"
        )
    try:
        return Store(folder)
    except (NewerDatabase, EmptiedDatabase) as fault:
        raise CommandError(str(fault)) from fault


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar in a terminal, nothing elsewhere. Gives: what to call with bytes done and bytes in all."""
    with Progress(
        TextColumn(title), BarColumn(), DownloadColumn(), TimeRemainingColumn(), console=Console(stderr=True)
    ) as bars:
        bar = bars.add_task(title, total=None, visible=bars.console.is_terminal)
        yield lambda done, total: bars.update(bar, completed=done, total=total)
