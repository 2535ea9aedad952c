"""End the embedded server and the agents of this folder.

python -m pipelines.stop
"""

import sys
from collections.abc import Sequence

from rich.console import Console

from audio.command_line import CommandLine


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the exit status."""
    CommandLine(
        prog="python -m pipelines.stop", description="End the embedded server and the agents of this folder."
    ).parse_args(arguments)
    from pipelines import demo

    return demo.stop(Console())


if __name__ == "__main__":
    sys.exit(main())
