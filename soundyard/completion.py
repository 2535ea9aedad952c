"""Completion of the command `soundyard` in bash, zsh and fish: commands, options, names, and the tasks on the server.

The shell calls `soundyard` itself, with the line in the environment. The parser of the program that the line calls
answers by argcomplete, just before it would parse; nothing of the program has run by then.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from audio.command_line import CommandLine

ASKED = "_ARGCOMPLETE"  # by the shell; the number of words that are not the program's own, and one
LINE, POINT = "COMP_LINE", "COMP_POINT"
SHELLS = ("bash", "zsh", "fish")
SECONDS = 2.0  # a person waits for at most
NEWEST = 50  # tasks that are proposed

Completer = Callable[..., Iterable[str] | dict[str, str]]


def main(arguments: Sequence[str] | None = None) -> int:
    """`soundyard completion SHELL`: prints what that shell has to read."""
    from argcomplete.shell_integration import shellcode

    parser = CommandLine(
        prog="soundyard completion",
        description="What a shell has to read to complete the words of `soundyard`.",
        epilog='bash and zsh: eval "$(soundyard completion bash)" in ~/.bashrc or ~/.zshrc; '
        "fish: soundyard completion fish > ~/.config/fish/completions/soundyard.fish",
    )
    parser.add_argument("shell", choices=SHELLS)
    shell = parser.parse_args(arguments).shell
    print(shellcode(["soundyard"], shell=shell))
    return 0


def asked() -> bool:
    """Whether a shell wants to know how the line goes on."""
    return ASKED in os.environ


def words() -> list[str]:
    """The words of the line behind `soundyard` that are whole."""
    from argcomplete.lexers import split_line

    line, point = os.environ.get(LINE, ""), os.environ.get(POINT, "")
    return [*split_line(line, int(point) if point.isdecimal() else None)[3][1:]]


def consumed(number: int) -> None:
    """So many words behind `soundyard` have called the program whose parser is to answer."""
    os.environ[ASKED] = str(number + 1)


def answer(parser: argparse.ArgumentParser, besides: Sequence[str] = ()) -> None:
    """Tell the shell how the line goes on, and end. Options are proposed unasked where there is nothing else.

    `besides`: words that may stand there too.
    """
    import argcomplete

    if besides:
        parser.add_argument("below", choices=[*besides], nargs="?")
    takes_words = any(not action.option_strings for action in parser._actions)
    argcomplete.autocomplete(parser, always_complete_options=not takes_words and "long")
    sys.exit(0)


def one_of(names: Iterable[str], options: Iterable[str] = ()) -> argparse.ArgumentParser:
    """A parser that knows the first words that there may be, and nothing of what stands behind them."""
    made = argparse.ArgumentParser(prog="soundyard", add_help=False)
    for option in options:
        made.add_argument(option, action="store_true")
    made.add_argument("command", choices=list(names))
    return made


def by(action: argparse.Action, completer: Completer) -> None:
    """Let an argument propose what the completer gives."""
    action.completer = completer  # type: ignore[attr-defined]


def takes_tasks(parser: argparse.ArgumentParser, help: str, **more: Any) -> None:
    """The argument `task`."""
    by(parser.add_argument("task", help=help, **more), tasks)


def tasks(prefix: str, **_: Any) -> dict[str, str]:
    """Names, where they have no blanks, and ids once one is begun, each with what it is. Nothing without a server."""
    newest = {"order_by": ["-last_update"], "page": 0, "page_size": NEWEST}
    found = _ask("tasks.get_all", only_fields=["id", "name", "status"], **newest).get("tasks", [])
    named = {
        one["name"]: one["status"] for one in found if one["name"].isprintable() and " " not in one["name"]
    }
    return {**named, **{one["id"]: one["name"] for one in found if prefix}}


def queues(**_: Any) -> list[str]:
    """The names of the queues."""
    return [one["name"] for one in _ask("queues.get_all", only_fields=["id", "name"]).get("queues", [])]


def projects(**_: Any) -> list[str]:
    """The names of the projects."""
    return [one["name"] for one in _ask("projects.get_all", only_fields=["id", "name"]).get("projects", [])]


def _ask(endpoint: str, **body: Any) -> dict[str, Any]:
    """One call without the SDK, which takes a second to import."""
    from tasks.client import connection
    from tasks.errors import SoundyardError

    try:
        return connection.call(connection.find(), endpoint, timeout=SECONDS, **body)
    except SoundyardError:
        return {}
