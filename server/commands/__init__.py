"""The subcommands of `python -m server`: what keeps the data, its users, and the way up to a full server.

Each module has `NAME`, `HELP`, `add_arguments(parser)` and `run(arguments) -> int`. They work on the data folder, most
of them while a server is running on it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from server.settings import Settings
from server.store import Store


class CommandError(Exception):
    """Ends the command; its message says why, and what to do."""


def add_data(parser: argparse.ArgumentParser) -> None:
    """The option that every command has."""
    parser.add_argument(
        "--data",
        type=Path,
        default=argparse.SUPPRESS,
        help=f"folder of the database and the files (default: {Settings.data})",
    )


def opened(folder: Path) -> Store:
    """The store of an existing data folder. Raises: CommandError."""
    if not (folder / "soundyard.db").is_file():
        raise CommandError(f"{folder} holds no database: give the server's data folder with --data")
    return Store(folder)
