"""`soundyard tasks …`: its commands."""

import argparse
from collections.abc import Sequence
from typing import Any

from soundyard import below
from soundyard.tracked import cloning, comparing, downloading, listing, showing, watching
from soundyard.tracked.acting import Abort, Enqueue

COMMANDS: tuple[Any, ...] = (listing, showing, watching, comparing, cloning, Enqueue, Abort, downloading)


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the exit status."""
    return below.run(parser(), COMMANDS, arguments)


def parser() -> argparse.ArgumentParser:
    return below.parser("soundyard tasks", "The tasks that the server keeps.", COMMANDS)
