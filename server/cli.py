"""The command line: `python -m server` serves; its subcommands keep the data."""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
from collections.abc import Sequence
from difflib import get_close_matches

from server import settings as settings_module
from server.api import called
from server.api.errors import ApiError
from server.commands import (
    CommandError,
    access,
    backup,
    doctor,
    endpoints,
    export,
    link,
    restore,
    retention,
    usage,
    user,
)

_COMMANDS = (user, access, link, backup, restore, doctor, usage, retention, export, endpoints)


def main(arguments: Sequence[str] | None = None, prog: str = "") -> int:
    prog = prog or ("soundyard serve" if settings_module.installed() else called.OWN)
    called.by(prog)
    parser = command_line(prog)
    words = sys.argv[1:] if arguments is None else list(arguments)
    if unknown := [
        word for word in words if word.startswith("--") and word.partition("=")[0] not in _options(parser)
    ]:
        parser.error(_no_such_option(unknown[0].partition("=")[0], _options(parser)))
    given = parser.parse_args(words)
    try:
        settings = settings_module.from_sources(vars(given), os.environ)
    except ValueError as fault:
        parser.error(str(fault))
    command = {one.NAME: one for one in _COMMANDS}.get(given.command)
    if command is None:
        return _serve(settings)
    try:
        return command.run(given, settings)
    except (CommandError, ApiError, OSError, sqlite3.Error) as fault:
        print(f"{parser.prog} {given.command}: {fault}", file=sys.stderr)
        return 1


def command_line(prog: str = called.OWN, of: str = "") -> argparse.ArgumentParser:
    """The options and the commands of the server; with `of` those of that command alone."""
    if of:
        alone = argparse.ArgumentParser(prog=f"{prog} {of}", allow_abbrev=False)
        next(one for one in _COMMANDS if of == one.NAME).add_arguments(alone)
        return alone
    parser = argparse.ArgumentParser(
        prog=prog,
        allow_abbrev=False,
        description="Soundyard's embedded server: the ClearML API, the files and the web page, in one process "
        "and one folder. Without a command it serves.",
        epilog="Every option can also be given in the environment, as SOUNDYARD_<OPTION>.",
    )
    settings_module.add_arguments(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for command in _COMMANDS:
        command.add_arguments(
            commands.add_parser(
                command.NAME,
                help=command.HELP,
                description=(command.__doc__ or "").replace(called.OWN, prog),
                allow_abbrev=False,
            )
        )
    return parser


def _options(parser: argparse.ArgumentParser) -> set[str]:
    """Every option of the program and of its commands. argparse would tell of `--prot 80` that `80` is no command."""
    found = {text for action in parser._actions for text in action.option_strings}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found.update(*map(_options, action.choices.values()))
    return found


def _no_such_option(name: str, options: set[str]) -> str:
    near = get_close_matches(name, sorted(options), 1)
    return f"there is no option {name}" + (f"; did you mean {near[0]}?" if near else "; --help lists them")


def _serve(settings: settings_module.Settings) -> int:
    from server.app.process.beginning import CannotStart
    from server.app.process.process import serve, set_up_logging

    set_up_logging(settings)
    try:
        serve(settings)
    except (CannotStart, OSError) as fault:
        print(f"The server can't start: {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0
