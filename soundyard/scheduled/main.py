"""`soundyard schedule …`: its commands."""

import argparse
from collections.abc import Sequence
from typing import Any

from soundyard import below
from soundyard.scheduled import listing
from soundyard.scheduled.adding import Add, Edit, On
from soundyard.scheduled.changing import Pause, Remove, Resume, RunNow, Start

COMMANDS: tuple[Any, ...] = (listing, Add, On, Edit, Pause(), Resume(), RunNow(), Remove(), Start)


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the exit status."""
    return below.run(parser(), COMMANDS, arguments)


def parser() -> argparse.ArgumentParser:
    return below.parser("soundyard schedule", "Tasks that are run on a schedule or by a trigger.", COMMANDS)
