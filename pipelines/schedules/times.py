"""Entries that are due at a time: `clearml.automation.TaskScheduler`, without drift, and going on after a kill."""

from datetime import datetime, timezone
from typing import Any

from clearml.automation import TaskScheduler
from clearml.automation.scheduler import ScheduleJob

from pipelines.schedules.book import Book
from pipelines.schedules.launching import Launching, asked, paused
from pipelines.schedules.timing import Timing

TIMING = ("minute", "hour", "day", "month", "year", "weekdays", "starting_time")


class Times(Launching, TaskScheduler):
    """The section `schedule`. What was due while no scheduler ran is run once; what was while paused, is not."""

    def __init__(self, book: Book) -> None:
        super().__init__()
        self.book = book
        self._timing = Timing()

    def sync(self) -> None:
        """Read the configuration again."""
        known = {job.name for job in self._schedule_jobs}
        self._deserialize()
        for job in self._schedule_jobs:
            if new := job.name not in known:
                self.book.remember(job)
            self._timing.apply(job, new=new)
            timing = repr([getattr(job, name) for name in TIMING])
            if getattr(job, "_timing", timing) != timing:  # edited: it begins anew
                job._last_executed, job._schedule_counter = None, 0
            job._timing = timing

    def step(self) -> None:
        """Launch what is due or was asked for."""
        now = datetime.now(timezone.utc)
        for job in self._schedule_jobs:
            due = job.next()
            if asked(job) or (due and due <= now and not paused(job)):
                self.book.write(
                    self.everything(), {"name": job.name, "run_now": getattr(job, "run_now", None)}
                )
                self._launch_job_task(job)
                if not asked(job) and due and due <= now:
                    passed(job, now)
                self.book.write(self.everything())
            elif paused(job):
                passed(job, now)
        self.book.write(self.everything())

    def seconds(self) -> float:
        """Until the next one is due."""
        due = [job.next_run() for job in self._schedule_jobs if job.next_run() and not paused(job)]
        return (min(due) - datetime.now(timezone.utc)).total_seconds() if due else float("inf")

    def recover(self, found: dict[str, Any]) -> None:
        """Take a run that a killed process has made for the one that it was to be; one not made is due yet."""
        if not found:
            return
        for job in self._schedule_jobs:
            if job.name == (self.book.launching or {}).get("name"):
                taken(job, found, self.book.launching or {})
                passed(job, datetime.now(timezone.utc))


def taken(job: Any, found: dict[str, Any], launching: dict[str, Any]) -> None:
    job._executed_instances = [*(job._executed_instances or []), found["id"]]
    job.honoured = launching.get("run_now") or ""
    job.started = datetime.now(timezone.utc).isoformat()


def passed(job: ScheduleJob, now: datetime) -> None:
    """Go on from the newest time that it was due; planned times, not when it was launched, so that nothing drifts."""
    while (due := job.next()) and due <= now:
        job._last_executed = due
        job._schedule_counter += 1
