"""`python -m server user …`: who may use the server, also while it runs. Changes count at once."""

from __future__ import annotations

import argparse
import getpass
import sys
from datetime import datetime, timezone
from typing import Any

from rich.console import Console
from rich.table import Table

from server.api.call import ROLES
from server.commands import CommandError, add_data, opened
from server.domain.users import audit, users
from server.settings import Settings
from server.store import Store

NAME, HELP = "user", "add, list, change and remove users"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list users with their roles and keys")
    add = actions.add_parser("add", help="add a user; asks for a password")
    password = actions.add_parser("password", help="set a user's password; signs the user's browsers out")
    role = actions.add_parser("role", help="change a user's role")
    key = actions.add_parser("key", help="make an access key for a user, for clearml.conf")
    remove = actions.add_parser("remove", help="remove a user with keys and sessions; what was made stays")
    for action in (add, password, role, key, remove):
        action.add_argument("name", help="the user's name")
    for action in (listing, add, password, role, key, remove):
        add_data(action)
    role.add_argument("role", choices=ROLES)
    add.add_argument("--role", choices=ROLES, default="user", help="default: %(default)s")
    for action in (add, password):
        action.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )
    add.add_argument("--no-password", action="store_true", help="works by access keys alone")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    store = opened(settings.data)
    try:
        return _ACTIONS[arguments.action](store, arguments, datetime.now(timezone.utc))
    finally:
        store.close()


def _list(store: Store, arguments: argparse.Namespace, now: datetime) -> int:
    table = Table("name", "role", "password", "access keys", "created")
    table.add_column("id", overflow="fold")
    for user in store.users.all():
        keys = len(store.users.credentials(user["id"]))
        password = "yes" if user["password"] else "no"
        table.add_row(user["name"], user["role"], password, str(keys), user["created"][:10], user["id"])
    Console().print(table)
    return 0


def _add(store: Store, arguments: argparse.Namespace, now: datetime) -> int:
    password = None if arguments.no_password else _read_password(arguments)
    with store.transaction():
        user = users.create(store, now, name=arguments.name, role=arguments.role, password=password)
        _note(store, now, "users.create", {"id": user, "name": arguments.name}, role=arguments.role)
    print(f"{arguments.name} is added as {arguments.role}.")
    return 0


def _password(store: Store, arguments: argparse.Namespace, now: datetime) -> int:
    user = _found(store, arguments.name)
    password = _read_password(arguments)
    with store.transaction():
        users.set_password(store, user["id"], password)
        _note(store, now, "users.update", user, changed=["password"])
    print(f"The password of {arguments.name} is set; browsers must sign in again.")
    return 0


def _role(store: Store, arguments: argparse.Namespace, now: datetime) -> int:
    user = _found(store, arguments.name)
    with store.transaction():
        users.set_role(store, user["id"], arguments.role)
        _note(store, now, "users.update", user, role=arguments.role)
    print(f"{arguments.name} is {arguments.role}.")
    return 0


def _key(store: Store, arguments: argparse.Namespace, now: datetime) -> int:
    user = _found(store, arguments.name)
    with store.transaction():
        access_key, secret = store.users.create_credentials(user["id"], "command line", now)
        _note(store, now, "auth.create_credentials", {"id": access_key, "name": f"of {arguments.name}"})
    print("The secret key is shown this once. In clearml.conf:")
    print(f'api {{ credentials {{ access_key: "{access_key}", secret_key: "{secret}" }} }}')
    return 0


def _remove(store: Store, arguments: argparse.Namespace, now: datetime) -> int:
    user = _found(store, arguments.name)
    with store.transaction():
        users.delete(store, user["id"])
        _note(store, now, "users.delete", user)
    print(f"{arguments.name} is removed; keys and sessions stopped working.")
    return 0


_ACTIONS = {
    "list": _list,
    "add": _add,
    "password": _password,
    "role": _role,
    "key": _key,
    "remove": _remove,
}


def _found(store: Store, name: str) -> dict[str, Any]:
    user = store.users.by_name(name)
    if user is None:
        names = ", ".join(one["name"] for one in store.users.all())
        raise CommandError(f"there is no user {name!r}; there are: {names}")
    return user


def _note(store: Store, now: datetime, action: str, user: dict[str, Any], **details: object) -> None:
    what = {"id": user["id"], "name": user["name"]}
    audit.by_command_line(store, now, action, what, **details)


def _read_password(arguments: argparse.Namespace) -> str:
    if arguments.password_stdin or not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise CommandError("the two were not the same; nothing was changed")
    return password
