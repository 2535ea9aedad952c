"""Background work: one thread that runs each job when it is due. The jobs themselves take `now`."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from server.app.context import Context
from server.domain.watchdog import Watchdog

log = logging.getLogger("soundyard.jobs")


@dataclass
class Job:
    name: str
    every: float
    """Seconds."""
    run: Callable[[datetime], object]
    due: float = field(default=0.0)


class Jobs:
    """A context manager: the thread lives as long as the block."""

    def __init__(self, context: Context, jobs: list[Job] | None = None) -> None:
        self._jobs = scheduled(context) if jobs is None else jobs
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="jobs", daemon=True)

    def __enter__(self) -> Jobs:
        self._thread.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self._stop.set()
        self._thread.join(timeout=5)

    def _loop(self) -> None:
        elapsed = 0.0
        while not self._stop.wait(1.0):
            elapsed += 1.0
            for job in self._jobs:
                if elapsed < job.due:
                    continue
                job.due = elapsed + job.every
                try:
                    job.run(datetime.now(timezone.utc))
                except Exception:
                    log.exception("the job %r failed; it runs again in %s s", job.name, job.every)


def scheduled(context: Context) -> list[Job]:
    """What this server does by itself."""
    settings = context.settings
    dog = Watchdog(
        context.store,
        listening_since=datetime.now(timezone.utc),
        watchdog=timedelta(minutes=settings.watchdog_minutes),
        lost_task=timedelta(minutes=settings.lost_task_minutes),
        worker_timeout=timedelta(seconds=settings.worker_timeout_seconds),
    )
    return [Job("watchdog", dog.due.total_seconds(), dog.run), Job("statistics", 60.0, dog.sample)]
