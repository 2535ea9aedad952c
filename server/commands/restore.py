"""`python -m server restore FILE`: a backup into a data folder. The archive is read and checked whole before anything
in the folder changes; what was there is kept beside."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone
from pathlib import Path

from server.commands import CommandError, add_data, progress
from server.settings import Settings
from server.store.upkeep import archive, backup
from server.store.upkeep.lock import FolderInUse, locked

NAME, HELP = "restore", "bring a backup back; the server must not be running"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_data(parser)
    parser.add_argument("file", type=Path, help="an archive that `backup` wrote")
    parser.add_argument(
        "--replace", action="store_true", help="also into a folder that holds data; that is moved aside"
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    folder = settings.data
    if not arguments.file.is_file():
        raise CommandError(f"there is no file {arguments.file}")
    if (folder / archive.DATABASE).exists() and not arguments.replace:
        raise CommandError(
            f"{folder} holds data already; add --replace to move it aside, or give another --data"
        )
    try:
        with locked(folder), progress("restoring") as report:
            manifest, kept = backup.restore(arguments.file, folder, datetime.now(timezone.utc), report)
    except FolderInUse as fault:
        raise CommandError(f"{fault}: stop it first") from fault
    except archive.BadBackup as fault:
        raise CommandError(f"{fault}. {folder} is as it was.") from fault
    print(
        f"{folder}: the database and {len(manifest['checksums']) - 1} files of {manifest['created'][:19]} UTC."
    )
    if kept:
        print(f"What was there before is in {kept}; remove it when you don't need it.")
    return 0
