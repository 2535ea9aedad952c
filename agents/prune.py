"""Clear what agents have left on the disk.

    python -m agents.prune          what is old, or more than is kept
    python -m agents.prune --all    everything that can be made again

An agent does the first by itself, every hour. What was used within the hour is left.
"""

import sys
from collections.abc import Sequence

from agents.environments import environment
from agents.left import leftovers
from agents.list import told
from audio.command_line import CommandLine, spoken


def main(arguments: Sequence[str] | None = None) -> int:
    command_line = CommandLine(
        prog="python -m agents.prune", description="Clear what agents have left on the disk."
    )
    command_line.add_argument("--all", action="store_true", help="everything that can be made again")
    options = command_line.parse_args(arguments)
    freed = leftovers.prune(environment.folder(), everything=options.all)
    nothing = spoken("nothing to clear; python -m agents.list tells what there is")
    print(f"{told(freed)} freed" if freed else nothing)
    return 0


if __name__ == "__main__":
    sys.exit(main())
