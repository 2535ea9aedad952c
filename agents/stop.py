"""End agents that this checkout has started, with the tasks they run.

    python -m agents.stop              all of them
    python -m agents.stop audio-cpu    by name

A task that was running is marked stopped, and can be enqueued again.
"""

import sys
from collections.abc import Sequence

from agents.environments import environment
from agents.left import processes
from audio.command_line import CommandLine


def main(arguments: Sequence[str] | None = None) -> int:
    command_line = CommandLine(
        prog="python -m agents.stop", description="End agents that this checkout has started."
    )
    command_line.add_argument("names", nargs="*", help="which; default: all")
    wanted = command_line.parse_args(arguments).names
    ended = stop(wanted)
    unknown = sorted(set(wanted) - set(ended))
    for name in ended:
        print(f"agent {name} ended")
    if unknown:
        print(f"error: no agent named {', '.join(unknown)} runs here", file=sys.stderr)
        return 1
    if not ended:
        print("no agent runs here")
    return 0


def stop(wanted: Sequence[str] = ()) -> list[str]:
    """End the agents named, or all; gives the names of those that were running."""
    folder, ended = environment.folder(), []
    for agent in (*processes.running(folder), *processes.killed(folder)):
        if not wanted or agent.name in wanted:
            processes.end(agent, folder)
            ended.append(agent.name)
    return ended


if __name__ == "__main__":
    sys.exit(main())
