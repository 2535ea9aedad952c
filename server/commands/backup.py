"""`python -m server backup FILE`: database and files in one archive, taken while the server works."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone
from pathlib import Path

from server.commands import CommandError, add_data, existing, progress
from server.settings import Settings
from server.store import backup

NAME, HELP = "backup", "write database and files into one archive; the server may be running"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_data(parser)
    parser.add_argument("file", type=Path, help="the archive to write: a .tar, or a .tar.gz")
    parser.add_argument("--replace", action="store_true", help="replace the archive when it exists")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    target: Path = arguments.file
    if target.exists() and not arguments.replace:
        raise CommandError(f"{target} exists; add --replace, or give another name")
    if not target.resolve().parent.is_dir():
        raise CommandError(f"the folder {target.resolve().parent} does not exist")
    existing(settings.data)
    with progress("backing up") as report:
        manifest = backup.write(settings.data, target, datetime.now(timezone.utc), report)
    files = len(manifest["checksums"]) - 1
    print(f"{target}: the database and {files} files, {target.stat().st_size / 1e6:,.1f} MB.")
    print(f"To bring it back: python -m server restore {target} --data FOLDER")
    return 0
