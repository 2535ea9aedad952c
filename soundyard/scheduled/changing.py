"""`soundyard schedule pause`, `resume`, `run-now`, `remove` and `start`."""

import argparse
from abc import ABC, abstractmethod
from datetime import datetime, timezone

from soundyard import completion
from soundyard.scheduled.adding import names
from soundyard.scheduled.kept import Entry, Scheduler
from soundyard.tracked.client import connect
from soundyard.tracked.output import plain
from tasks.errors import NothingThere


class _Change(ABC):
    """One thing that is done with entries by their names; all are found before any is changed."""

    NAME, ABOUT, DONE = "", "", ""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        completion.by(parser.add_argument("name", nargs="+", help="of schedules or triggers"), names)

    def run(self, args: argparse.Namespace) -> int:
        connect()
        scheduler = Scheduler()
        found = [scheduler.entry(name) for name in dict.fromkeys(args.name)]
        for entry in found:
            scheduler = Scheduler()  # as it stands after the one before
            self.change(scheduler, entry)
            print(f"{plain(entry.job['name'])} {self.DONE}")
        scheduler.note()
        return 0

    @abstractmethod
    def change(self, scheduler: Scheduler, entry: Entry) -> None:
        """Do it."""


class Pause(_Change):
    NAME, ABOUT, DONE = "pause", "let it rest; what would have run meanwhile is not caught up", "is paused"

    def change(self, scheduler: Scheduler, entry: Entry) -> None:
        scheduler.edit(entry, paused=True)


class Resume(_Change):
    NAME, ABOUT, DONE = "resume", "let it go on", "goes on"

    def change(self, scheduler: Scheduler, entry: Entry) -> None:
        scheduler.edit(entry, paused=False)


class RunNow(_Change):
    NAME, ABOUT = "run-now", "run it once, at once, beside its schedule; paused ones too"
    DONE = "is run as soon as the scheduler sees it: seconds"

    def change(self, scheduler: Scheduler, entry: Entry) -> None:
        scheduler.edit(entry, run_now=datetime.now(timezone.utc).isoformat())


class Remove(_Change):
    NAME, ABOUT, DONE = "remove", "take it away; its runs stay", "is removed"

    def change(self, scheduler: Scheduler, entry: Entry) -> None:
        scheduler.remove(entry)


class Start:
    NAME, ABOUT = "start", "have an agent on the services queue run the scheduler, where none does"

    @staticmethod
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        pass

    @staticmethod
    def run(args: argparse.Namespace) -> int:
        server = connect()
        scheduler = Scheduler()
        if scheduler.task is None:
            raise NothingThere("There is no schedule yet: soundyard schedule add")
        scheduler.prepare(server)
        print(f"the scheduler {scheduler.start()}")
        return 0
