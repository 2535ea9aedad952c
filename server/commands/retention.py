"""`python -m server retention`: what is let go of when it is old: set it, and see beforehand what would go."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from server.api import called
from server.commands import CommandError, add_data, existing, opened
from server.domain.projects import retention, retention_forecast, retention_policy
from server.domain.projects.retention_policy import EVERYWHERE, RULES
from server.settings import Settings
from server.store import Store
from server.store.upkeep import space
from server.store.upkeep.lock import FolderInUse, locked

NAME, HELP = "retention", "let go of what is old: set rules, see what would go"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_data(parser)
    parser.add_argument(
        "--set",
        nargs="+",
        metavar="RULE=DAYS",
        help=f"rules: {', '.join(RULES)}; DAYS a number, `never`, or `inherit` (as the project above)",
    )
    parser.add_argument("--project", help="set it for this project and all below it (default: everywhere)")
    parser.add_argument(
        "--dry-run", action="store_true", help="show what is set and what would go now; without options, too"
    )
    parser.add_argument(
        "--now", action="store_true", help="carry it out now; a running server does so by itself"
    )
    parser.add_argument(
        "--compact",
        action="store_true",
        help="write the database anew, so that it is as small as can be; the server must not be running",
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    if arguments.compact:
        return _compact(settings)
    store, console = opened(settings.data), Console()
    try:
        if arguments.set:
            _set(store, arguments.set, arguments.project)
        elif arguments.project:
            raise CommandError("--project goes with --set")
        now = datetime.now(timezone.utc)
        _show_rules(store, console)
        _show_foreseen(store, console, now)
        if arguments.now and not arguments.dry_run:
            done = retention.Round(store, now)
            done.run()
            console.print(f"Gone: {done.rows:,} rows and {done.files:,} files.")
        if not store.space.can_be_given_back():
            console.print(
                called.spoken(
                    "This database was made by an earlier version: what rows leave is used again, and the file does "
                    "not shrink. `python -m server retention --compact` changes that, once; the server must not be "
                    "running."
                )
            )
    finally:
        store.close()
    return 0


def _set(store: Store, words: list[str], project: str | None) -> None:
    rules: dict[str, float | None] = {}
    for word in words:
        rule, equals, days = word.partition("=")
        if not equals:
            raise CommandError(f"{word!r}: RULE=DAYS is expected, such as console=90")
        rules[rule] = _days(word, days)
    found = store.projects.by_name(project) if project else None
    if project and found is None:
        raise CommandError(f"there is no project {project!r}")
    retention_policy.change(store, found["id"] if found else EVERYWHERE, rules)


def _days(word: str, days: str) -> float | None:
    if days in ("never", "inherit"):
        return 0 if days == "never" else None
    try:
        return float(days)
    except ValueError as fault:
        raise CommandError(f"{word!r}: DAYS is a number, `never` or `inherit`") from fault


def _show_rules(store: Store, console: Console) -> None:
    set_to = retention_policy.policy(store)
    if not set_to:
        console.print("Nothing is set: everything is kept. Rules are")
        for rule, what in RULES.items():
            console.print(f"  {rule:<12} {what}")
        return
    names = {EVERYWHERE: "everywhere", **store.projects.names(set_to)}
    table = Table("project", "rule", "days")
    for of, rules in set_to.items():
        for rule, days in rules.items():
            table.add_row(names.get(of, of), rule, f"{days:g}" if days else "never")
    console.print(table)


def _show_foreseen(store: Store, console: Console, now: datetime) -> None:
    found = retention_forecast.foreseen(store, now)
    if not found:
        console.print("Nothing would go now.")
        return
    names = store.projects.names({one.project for one in found})
    table = Table("what would go now", "project")
    for column in ("tasks", "rows", "size"):
        table.add_column(column, justify="right")
    for one in found:
        counts = f"{one.tasks:,}" if one.tasks else "", f"{one.rows:,}", decimal(one.bytes)
        table.add_row(one.rule, names.get(one.project, "–"), *counts)
    console.print(table)


def _compact(settings: Settings) -> int:
    path = existing(settings.data)
    opened(settings.data).close()
    before = path.stat().st_size
    try:
        with locked(settings.data):
            space.compact(path)
    except FolderInUse as fault:
        raise CommandError(f"{fault}: stop it first") from fault
    print(f"{path}: {before / 1e6:,.1f} MB, now {path.stat().st_size / 1e6:,.1f} MB.")
    return 0
