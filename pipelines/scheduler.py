"""The scheduler: a task that an agent in services mode runs, and that starts others on a schedule or by a trigger.

Put there and edited by `soundyard schedule`. It is ended and started again as one likes: it goes on where it was.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from audio import interruption

if __name__ == "__main__":
    interruption.watch()  # what follows takes a moment to import

from audio.config import Group, hold
from pipelines.schedules import sections
from tasks.client import names
from tasks.running.session import Job, session, under_an_agent

SCHEDULER = Group("Scheduler")


@dataclass
class SchedulerParameters:
    """Tasks that are started on a schedule or by a trigger."""

    poll: float = SCHEDULER(
        5.0, "s between two looks at what is configured and at what has happened", 0.5, 300
    )

    def __post_init__(self) -> None:
        hold(self)


def main(arguments: Sequence[str] | None = None) -> int:
    if not under_an_agent():
        print("error: the scheduler is run by an agent: soundyard schedule start", file=sys.stderr)
        return 2
    job = Job(sections.NAME, sections.KIND, sections.ENTRY_POINT, names.project())
    with session(job, SchedulerParameters) as started:
        schedule(started.task, started.parameters.poll)
    return 0


def schedule(task: Any, poll: float) -> None:
    """Start what is due, for good. What goes wrong with the server is told of, and tried again."""
    from pipelines.schedules.book import Book
    from pipelines.schedules.events import Events
    from pipelines.schedules.times import Times

    task.reload()
    book = Book(task)
    both = times, events = Times(book), Events(book)

    def everything() -> list[Any]:
        return [*times.get_scheduled_tasks(), *events.get_triggers()]

    for one in both:
        one.everything = everything
        one.sync()
    _recover(book, both)
    while True:
        for one in both:
            try:
                one.sync()
                one.step()
            except Exception as error:
                print(f"warning: {type(error).__name__}: {error}; tried again in {poll:g} s", flush=True)
        time.sleep(min(poll, max(0.0, times.seconds())))


def _recover(book: Any, both: Sequence[Any]) -> None:
    """A process that was killed amid a launch has made a run or not: it is taken, or the launch is tried again."""
    found = book.unfinished()
    if found is None:
        return
    if found.get("status") == "created":  # not wholly made
        book.client.tasks.delete(task=found["id"], force=True)
        found = {}
    for one in both:
        one.recover(found)
    book.write([*both[0].get_scheduled_tasks(), *both[1].get_triggers()])


if __name__ == "__main__":
    sys.exit(main())
