"""`soundyard tasks watch`: how far tasks are, until they have ended."""

import argparse
import sys
import time

from audio import interruption
from soundyard import completion
from soundyard.tracked.client import connect
from soundyard.tracked.finding import tasks
from soundyard.tracked.output import plain
from tasks.errors import NothingThere

NAME, ABOUT = "watch", "how far tasks are, until all have ended; Ctrl-C leaves them running"
WELL = ("completed", "published", "closed")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    completion.takes_tasks(parser, "ids, the beginnings of some, or names", nargs="+")
    parser.epilog = "The exit status is 0 when all were completed, 1 when one has failed or was aborted."


def run(args: argparse.Namespace) -> int:
    connect()
    return watch([one["id"] for one in tasks(args.task, ["id", "name", "status"])])


def watch(ids: list[str]) -> int:
    """Show tasks until all have ended; 0 when all were completed. Raises NothingThere: one was deleted meanwhile."""
    from rich.console import Console

    from pipelines import follow

    try:
        console = Console(highlight=False)
        with follow.display(console) as show:
            while True:
                steps = follow.steps(ids)
                if gone := [one for one in ids if one not in {step.id for step in steps}]:
                    raise NothingThere(f"Task {gone[0]} is not there any more.")
                show(steps)
                if all(step.status in follow.ENDED for step in steps):
                    break
                time.sleep(follow.POLL_SECONDS)
    except KeyboardInterrupt:
        print("\nno longer watched; what runs, runs on", file=sys.stderr)
        return interruption.caught()
    for step in steps:
        if step.status not in WELL:
            print(
                f"{plain(step.name)} {follow.WORDS.get(step.status, step.status)}: {plain(step.reason)}",
                file=sys.stderr,
            )
            print(
                "\n".join(f"  {plain(line)}" for line in follow.tail(step.id).splitlines()), file=sys.stderr
            )
    return int(any(step.status not in WELL for step in steps))
