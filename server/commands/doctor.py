"""`python -m server doctor`: looks at the data folder, the ports and the client configuration, and says what is wrong
and what to do. It changes nothing, and may run while the server does."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import datetime, timezone
from pathlib import Path

from rich.console import Console
from rich.text import Text

from server.api import called, tokens
from server.app.process import announcement
from server.app.process.client_conf import access_key_in, address_in
from server.commands import add_data
from server.commands.doctoring import backups as doctor_backups
from server.commands.doctoring import bundle as doctor_bundle
from server.commands.doctoring import network as doctor_network
from server.commands.doctoring.finding import NOTE, OK, PROBLEM, Finding
from server.settings import Settings
from server.store.migrations import numbered
from server.store.upkeep import checkup, privacy
from server.store.upkeep.lock import is_held

NAME, HELP = "doctor", "check database, files, permissions, ports, disk and configuration"

_MARKS = {OK: ("✓", "green"), NOTE: ("!", "yellow"), PROBLEM: ("✗", "bold red")}
_LITTLE, _TOO_LITTLE = 2_000_000_000, 200_000_000
"""Bytes free on the disk."""
_LARGE_JOURNAL = 1_000_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_data(parser, "host", "port", "api_port", "files_port", "public_url", "client_conf", "auth")
    parser.add_argument(
        "--thorough", action="store_true", help="compare every index with its table; slow on a large database"
    )
    parser.add_argument("--json", action="store_true", help="what was found, as JSON")
    parser.add_argument(
        "--bundle",
        type=Path,
        metavar="FILE",
        help="also collect what a maintainer needs, without secrets, in a zip",
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    console, worst = Console(highlight=False), OK
    found = []
    for finding in findings(settings, thorough=arguments.thorough):
        finding = replace(finding, advice=called.spoken(finding.advice))
        found.append(finding)
        if not arguments.json:
            _show(finding, console)
        worst = max(worst, finding.level, key=(OK, NOTE, PROBLEM).index)
    if arguments.bundle:
        told = announcement.read(settings.data) if is_held(settings.data) else None
        names = doctor_bundle.write(arguments.bundle, told.settings if told else settings, found)
        told_of = Console(highlight=False, stderr=arguments.json)
        told_of.print(
            Text(f"{arguments.bundle} holds {', '.join(names)}: look through it before you pass it on")
        )
    if arguments.json:
        print(json.dumps([asdict(one) for one in found], indent=2, ensure_ascii=False))
    return int(worst == PROBLEM)


def _show(finding: Finding, console: Console) -> None:
    mark, style = _MARKS[finding.level]
    console.print(Text(f"{mark} {finding.what}", style=style if finding.level != OK else ""))
    if finding.advice:
        console.print(Text(f"  → {finding.advice}"))


def findings(asked: Settings, *, thorough: bool = False) -> Iterator[Finding]:
    """All that is checked, in order. What can't be checked because of an earlier finding is left out.

    A server that runs on the folder is looked at with its own settings, whatever is asked for here.
    """
    held = is_held(asked.data)
    told = announcement.read(asked.data) if held else None
    settings = told.settings if told else asked
    yield from _disk(settings)
    if not (settings.data / checkup.DATABASE).is_file():
        yield Finding(
            PROBLEM,
            f"{settings.data} holds no database",
            "start the server once, restore a backup, or give another --data",
        )
    else:
        yield from _permissions(settings)
        try:
            with checkup.reading(settings.data) as connection:
                yield from _database(settings, connection, thorough)
                yield from _files(settings, connection)
                yield from _users(settings, connection)
                yield from _client_conf(settings, connection)
        except sqlite3.DatabaseError as fault:
            yield Finding(PROBLEM, f"the database can't be read: {fault}", _RESTORE)
    yield from doctor_backups.findings(settings, datetime.now(timezone.utc))
    yield from doctor_network.running(asked, told) if held else doctor_network.ports(settings)
    yield from doctor_network.programs(
        settings, lambda key: _knows(settings, key), os.environ, Path("~").expanduser()
    )


def _knows(settings: Settings, key: str) -> bool:
    """Whether an access key is one of this server's; also when that can't be told, which has been said by then."""
    try:
        with checkup.reading(settings.data) as connection:
            return checkup.key_is_known(connection, key)
    except (sqlite3.Error, OSError):
        return True


_RESTORE = "stop the server; keep a copy of the folder; `python -m server restore FILE --replace` brings a backup back"


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = settings.data
    while not folder.exists():
        folder = folder.absolute().parent
    free = shutil.disk_usage(folder).free
    said = f"{free / 1e9:,.1f} GB free where the data lies"
    if free < _TOO_LITTLE:
        yield Finding(PROBLEM, said, "the server will refuse writes soon: free space, or move the folder")
    elif free < _LITTLE:
        yield Finding(NOTE, said, "`python -m server usage` shows what takes how much")
    else:
        yield Finding(OK, said)


def _permissions(settings: Settings) -> Iterator[Finding]:
    for path in (settings.data, settings.data / checkup.DATABASE, settings.data / checkup.FILES):
        if path.exists() and not os.access(path, os.R_OK | os.W_OK):
            yield Finding(
                PROBLEM,
                f"{path} can't be written by this user (its owner is user {path.stat().st_uid})",
                "run the server as its owner, or change the owner with chown -R",
            )
    yield from _key(settings.data / "token.key")
    open_ones = privacy.open_to_others(settings.data, [settings.conf_path])
    for path in open_ones:
        yield Finding(
            NOTE,
            f"{path} holds a secret and can be read by others",
            f"chmod {700 if path.is_dir() else 600} {path}",
        )
    if not open_ones:
        yield Finding(OK, "secrets are readable by their owner alone")


def _key(file: Path) -> Iterator[Finding]:
    if file.exists() and not tokens.holds(file):
        yield Finding(
            PROBLEM,
            f"{file} holds no key to sign with: nobody can sign in",
            "restart the server: it makes a new one, and everybody signs in again",
        )


def _database(settings: Settings, connection: checkup.Reader, thorough: bool) -> Iterator[Finding]:
    version, newest = checkup.schema(connection), numbered()[-1][0]
    if version > newest:
        yield Finding(
            PROBLEM,
            f"the database has schema {version}, this code knows {newest}",
            "use the newer Soundyard that wrote it, or restore an older backup",
        )
        return
    damage = checkup.damage(connection, thorough=thorough)
    for one in damage:
        yield Finding(PROBLEM, f"the database is damaged: {one}", _RESTORE)
    if not damage:
        size = (settings.data / checkup.DATABASE).stat().st_size
        more = f", to be migrated to {newest} at the next start" if version < newest else ""
        yield Finding(OK, f"the database is sound: {size / 1e6:,.1f} MB, schema {version}{more}")
    journal = settings.data / f"{checkup.DATABASE}-wal"
    if journal.exists() and journal.stat().st_size > _LARGE_JOURNAL:
        yield Finding(
            NOTE,
            f"the journal has grown to {journal.stat().st_size / 1e9:.1f} GB",
            "something has been reading for very long; restarting the server brings it back to size",
        )
    stuck = checkup.stuck_tasks(connection)
    for task in stuck[:5]:
        yield Finding(NOTE, f"task {task} says it waits, and is in no queue", "dequeue and enqueue it again")
    lost = checkup.entries_without_task(connection)
    if lost:
        yield Finding(NOTE, f"{lost} queue entries have no task", "they are dropped when their turn comes")


def _files(settings: Settings, connection: checkup.Reader) -> Iterator[Finding]:
    state = checkup.files_state(connection, settings.data)
    if state.missing:
        yield Finding(
            PROBLEM,
            f"{len(state.missing)} files are missing, {_some(state.missing)}",
            "they were removed behind the server's back; a backup may have them",
        )
    if state.resized:
        yield Finding(
            PROBLEM,
            f"{len(state.resized)} files have another size than was received, {_some(state.resized)}",
            "they were changed behind the server's back; a backup may have them as they were",
        )
    if state.orphans:
        yield Finding(
            NOTE,
            f"{len(state.orphans)} files ({state.orphans_size / 1e6:,.1f} MB) are in the folder and not in the "
            f"database, {_some(state.orphans)}",
            "they were put there by hand, or come from a backup taken during uploads; they can be removed",
        )
    if not state.missing and not state.resized:
        yield Finding(OK, f"all {state.known} files are there")


def _some(names: list[str]) -> str:
    return "such as " + ", ".join(names[:3])


def _users(settings: Settings, connection: checkup.Reader) -> Iterator[Finding]:
    count, with_password = checkup.admins(connection)
    if not count:
        yield Finding(NOTE, "there is no admin", "the server makes one at its next start")
    elif settings.auth == "password" and not with_password:
        yield Finding(
            PROBLEM,
            "passwords are on and no admin has one: nobody can sign in to manage the others",
            "python -m server user add NAME --role admin",
        )


def _client_conf(settings: Settings, connection: checkup.Reader) -> Iterator[Finding]:
    path = settings.conf_path
    if not path.exists():
        yield Finding(NOTE, f"there is no client configuration {path}", "the server writes it when it starts")
        return
    text = path.read_text(errors="replace")
    key, address = access_key_in(text), address_in(text)
    if not key or not checkup.key_is_known(connection, key):
        yield Finding(
            PROBLEM,
            f"the access key in {path} is not one of this server's",
            "restart the server: it writes a configuration that holds",
        )
    elif address != settings.url:
        yield Finding(
            NOTE,
            f"{path} points at {address}; these settings say {settings.url}",
            "start the server as before (--port, --public-url), or anew: it writes a configuration for its address",
        )
    else:
        yield Finding(OK, f"{path} points at this server with a valid key")
