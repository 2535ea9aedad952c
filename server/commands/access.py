"""`python -m server access …`: who may read or change a project, where a role is not enough. Changes count at once."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone

from rich.console import Console
from rich.table import Table

from server.commands import CommandError, add_data, opened
from server.domain.users import audit, project_access
from server.settings import Settings
from server.store import Store
from server.store.project_access import EVERYBODY

NAME, HELP = "access", "list and set who may read or change a project"
_EVERYBODY = "everybody"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list what is set; where nothing is, the role alone counts")
    setting = actions.add_parser("set", help="say what somebody may do in a project and all below it")
    setting.add_argument("project", help="the project's name, with those above it: a/b")
    setting.add_argument("who", help=f"a user's name, or {_EVERYBODY}")
    setting.add_argument(
        "level",
        choices=(*project_access.LEVELS, project_access.UNSET),
        help="none: it is not there for them; read: they change nothing; write: as their role says; unset: say nothing",
    )
    for action in (listing, setting):
        add_data(action)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    store = opened(settings.data)
    try:
        if arguments.action == "set":
            _set(store, arguments.project, arguments.who, arguments.level)
        else:
            _list(store)
    finally:
        store.close()
    return 0


def _set(store: Store, name: str, who: str, level: str) -> None:
    project = store.projects.by_name(name.strip("/"))
    if project is None:
        raise CommandError(f"there is no project {name!r}; its name has those above it: a/b")
    subject = EVERYBODY if who in (_EVERYBODY, EVERYBODY) else _user(store, who)
    with store.transaction():
        changed = project_access.set_level(store, project["id"], subject, level)
        if changed:
            what = {"id": project["id"], "name": project["name"]}
            now = datetime.now(timezone.utc)
            audit.by_command_line(store, now, "projects.set_access", what, user=who, level=level)
    if not changed:
        print(f"{name}: nothing was set for {who}.")
    elif level == project_access.UNSET:
        print(f"{name}: nothing is set for {who} any more.")
    else:
        print(f"{name}: {who} may {_MAY[level]}.")


_MAY = {"none": "not see it", "read": "read it, and change nothing", "write": "do what the role allows"}


def _list(store: Store) -> None:
    table = Table("level", "who")
    table.add_column("project", overflow="fold")
    for entry in store.project_access.all():
        who = _EVERYBODY if entry["subject"] == EVERYBODY else entry["subject_name"]
        table.add_row(entry["level"], who, entry["project_name"])
    Console().print(table)


def _user(store: Store, name: str) -> str:
    found = store.users.by_name(name) or store.users.get(name)
    if found is None:
        names = ", ".join(one["name"] for one in store.users.all())
        raise CommandError(f"there is no user {name!r}; there are: {_EVERYBODY}, {names}")
    return found["id"]
