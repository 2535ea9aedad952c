"""`python -m server backup FILE`: database and files in one archive, taken while the server works, and read again
before it counts."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone
from pathlib import Path

from server.api import called
from server.commands import CommandError, add_data, existing, progress
from server.settings import Settings
from server.store.upkeep import archive, backup

NAME, HELP = "backup", "write database and files into one archive; the server may be running"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_data(parser)
    parser.add_argument("file", type=Path, help="the archive to write: a .tar, or a .tar.gz")
    parser.add_argument("--replace", action="store_true", help="replace the archive when it exists")
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing: read an archive and say whether it could be restored",
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    target: Path = arguments.file
    if arguments.check:
        return _check(target)
    if target.exists() and not arguments.replace:
        raise CommandError(f"{target} exists; add --replace, or give another name")
    if not target.resolve().parent.is_dir():
        raise CommandError(f"the folder {target.resolve().parent} does not exist")
    existing(settings.data)
    try:
        with progress("backing up") as report:
            manifest = backup.write(settings.data, target, datetime.now(timezone.utc), report)
    except (backup.DamagedDatabase, archive.BadBackup) as fault:
        raise CommandError(str(fault)) from fault
    files = len(manifest["checksums"]) - 1
    print(f"{target}: the database and {files} files, {target.stat().st_size / 1e6:,.1f} MB.")
    print(f"To bring it back: {called.spoken('python -m server')} restore {target} --data FOLDER")
    return 0


def _check(target: Path) -> int:
    if not target.is_file():
        raise CommandError(f"there is no file {target}")
    try:
        with progress("checking") as report:
            manifest = backup.check(target, report)
    except archive.BadBackup as fault:
        raise CommandError(str(fault)) from fault
    files = len(manifest["checksums"]) - 1
    print(f"{target}: whole; the database and {files} files of {manifest['created'][:19]} UTC.")
    return 0
