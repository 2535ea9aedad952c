"""Commands below one word (`soundyard tasks list`): their parser, and the one that is called."""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from audio.command_line import CommandLine
from audio.named import printable
from tasks.errors import SoundyardError


def parser(prog: str, description: str, commands: Sequence[Any]) -> argparse.ArgumentParser:
    """`commands` have a `NAME`, an `ABOUT`, `add_arguments(parser)` and `run(options)`."""
    made = CommandLine(prog=prog, description=description)
    below = made.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in commands:
        command.add_arguments(below.add_parser(command.NAME, help=command.ABOUT, description=command.ABOUT))
    return made


def run(of: argparse.ArgumentParser, commands: Sequence[Any], arguments: Sequence[str] | None) -> int:
    """Gives the exit status: 1 for what can't be done, 2 for what can't be understood."""
    options = of.parse_args(arguments)
    command = {one.NAME: one for one in commands}[options.command]
    try:
        return int(command.run(options))
    except SoundyardError as error:
        print(f"error: {printable(str(error))}", file=sys.stderr)
        return 1
