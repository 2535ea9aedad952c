"""What schedules and triggers have in common: a launch that can be asked for, and whose fault is told of."""

from datetime import datetime, timezone
from typing import Any

from clearml import Task
from clearml.automation.scheduler import BaseScheduler

from pipelines.schedules.book import Book, launch

GOES_ON = ("in_progress", "queued")


class Launching(BaseScheduler):
    """A scheduler of the SDK's, in the task that runs already."""

    book: Book
    everything: Any  # gives the jobs of all schedulers of this task

    def _log(self, message: str, level: int = 20) -> None:
        if message != "Syncing scheduler":  # every few seconds
            super()._log(message, level)

    def _launch_job_task(self, job: Any, task_parameters: Any = None, add_tags: Any = None) -> None:
        """One run of an entry. What goes wrong is told of on the entry, in the list and on the page."""
        job.error, job.honoured = "", wanted(job)
        ran = list(job._executed_instances or [])
        try:
            if job.single_instance and ran and Task.get_task(task_id=ran[-1]).status in GOES_ON:
                raise RuntimeError("skipped: the run before it goes on")
            made = launch(self._task, job, task_parameters or job.task_parameters)
            job._executed_instances = [*ran, made]
            job.started = datetime.now(timezone.utc).isoformat()
            self._log(f"{job.name}: run {made} is on queue {job.queue}")
        except Exception as error:
            job.error = str(error) or type(error).__name__
            self._log(f"{job.name}: {job.error}", 30)


def wanted(job: Any) -> str:
    """When somebody asked for a run now; empty: nobody has."""
    return getattr(job, "run_now", None) or ""


def asked(job: Any) -> bool:
    """Whether somebody asked for a run now, and has not got it yet."""
    return wanted(job) not in ("", getattr(job, "honoured", ""))


def paused(job: Any) -> bool:
    """Whether it rests: because somebody wants it so, or as it says no time that could be kept."""
    return bool(getattr(job, "paused", False) or getattr(job, "refused", ""))
