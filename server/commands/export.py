"""`python -m server export --to clearml.conf`: projects, tasks, models, events and files to another ClearML Server.

It goes through the other server's public API, and may run while this server does. A second run goes on where the
first one ended, and brings what is new.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from server.app.process.client_conf import ADDRESSES
from server.commands import CommandError, add_data, opened
from server.export.journal import Journal
from server.export.move import Move
from server.export.target import Target, TargetError, read_conf
from server.settings import Settings
from server.store import Store

NAME, HELP = "export", "move everything to another ClearML Server, through its public API"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_data(parser, "port", "files_port", "public_url")
    parser.add_argument(
        "--to",
        type=Path,
        required=True,
        metavar="CLEARML.CONF",
        help="addresses and keys of the other server",
    )
    parser.add_argument(
        "--project",
        action="append",
        default=[],
        help="only this project with all below it (may be given several times)",
    )
    parser.add_argument(
        "--files-address",
        action="append",
        default=[],
        metavar="URL",
        help="another address under which clients knew this server's files, if there was one",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be moved, and move nothing")
    parser.add_argument(
        "--insecure",
        action="store_true",
        help="accept any certificate (one that the other server signed itself)",
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    try:
        return _export(arguments, settings)
    except TargetError as fault:
        raise CommandError(f"{fault}. What was moved so far is noted: run it again to go on") from fault


def _export(arguments: argparse.Namespace, settings: Settings) -> int:
    if not arguments.to.is_file():
        raise CommandError(f"there is no file {arguments.to}")
    target = Target(read_conf(arguments.to), verify=not arguments.insecure)
    store = opened(settings.data)
    name = hashlib.sha256(target.addresses.api.encode()).hexdigest()[:12]
    journal = Journal(settings.data / "export" / f"{name}.jsonl")
    try:
        move = Move(store, target, journal, _addresses(store, arguments, settings), arguments.project)
        contents = move.contents()
        found = ", ".join(f"{len(ids):,} {kind}" for kind, ids in contents.items() if kind != "running")
        print(f"{target.addresses.api}: {found}")
        if contents["running"]:
            print(
                f"{len(contents['running'])} tasks run or wait; they stay. Export again when they have ended."
            )
        if arguments.dry_run:
            return 0
        target.sign_in()
        with _shown(contents) as move.report:
            move.run()
    finally:
        journal.close()
        store.close()
    return _summary(move)


def _addresses(store: Store, arguments: argparse.Namespace, settings: Settings) -> list[str]:
    """Under which addresses clients may have known this server's files."""
    hosts = [settings.url, settings.local_url, *(store.settings.get(ADDRESSES) or [])]
    hosts += [host.replace("//127.0.0.1", "//localhost") for host in hosts]
    ports = [f"http://{host}:{settings.files_port}" for host in ("localhost", "127.0.0.1", settings.host)]
    return [*(f"{host}/files" for host in hosts), *ports, *arguments.files_address]


@contextmanager
def _shown(contents: dict[str, list[str]]) -> Iterator[Any]:
    """A progress bar in a terminal. Gives: what to call with a stage and a name."""
    columns = (
        TextColumn("{task.fields[stage]:8}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[name]}"),
    )
    tasks, models = len(contents["tasks"]), len(contents["models"])
    steps = len(contents["projects"]) + len(contents["files"]) + 4 * tasks + 3 * models
    with Progress(*columns, console=Console(stderr=True)) as bars:
        bar = bars.add_task("", total=steps, stage="", name="", visible=bars.console.is_terminal)

        yield lambda stage, name: bars.update(bar, advance=1, stage=stage, name=name[-60:])


def _summary(move: Move) -> int:
    moved = {"project": "projects", "task": "tasks", "model": "models", "file": "files"}
    print(
        "Moved: " + ", ".join(f"{move.moved.get(stage, 0):,} {name}" for stage, name in moved.items()) + "."
    )
    return _faults(move.faults)


def _faults(faults: Iterable[str]) -> int:
    listed = list(faults)
    for fault in listed[:20]:
        print(f"Not moved: {fault}")
    if len(listed) > 20:
        print(f"… and {len(listed) - 20} more.")
    return int(bool(listed))
