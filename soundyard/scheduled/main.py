"""`soundyard schedule …`: the parser of its commands."""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from audio.command_line import CommandLine
from audio.named import printable
from soundyard.scheduled import listing
from soundyard.scheduled.adding import Add, Edit, On
from soundyard.scheduled.changing import Pause, Remove, Resume, RunNow, Start
from tasks.errors import SoundyardError

COMMANDS: tuple[Any, ...] = (listing, Add, On, Edit, Pause(), Resume(), RunNow(), Remove(), Start)


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the exit status: 1 for what can't be done, 2 for what can't be understood."""
    args = parser().parse_args(arguments)
    command = {one.NAME: one for one in COMMANDS}[args.command]
    try:
        return int(command.run(args))
    except SoundyardError as fault:
        print(f"error: {printable(str(fault))}", file=sys.stderr)
        return 1


def parser() -> argparse.ArgumentParser:
    made = CommandLine(
        prog="soundyard schedule", description="Tasks that are run on a schedule or by a trigger."
    )
    below = made.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_arguments(below.add_parser(command.NAME, help=command.ABOUT, description=command.ABOUT))
    return made
