"""Background work: one thread that runs each job when it is due. The jobs themselves take `now`."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import partial

from server.api.errors import StorageFull
from server.app.context import Context
from server.app.jobs.backups import Backups
from server.app.jobs.pruning import Pruning
from server.app.process import beginning, memory
from server.domain.alerts.deliveries import Deliveries
from server.domain.alerts.watch import Watch
from server.domain.tasks.watchdog import Watchdog
from server.domain.users import audit

log = logging.getLogger("soundyard.jobs")


@dataclass
class Job:
    name: str
    every: float
    """Seconds."""
    run: Callable[[datetime], object]
    end: Callable[[], object] = lambda: None
    """Break off what takes long, called in another thread."""
    due: float = field(default=0.0)


class Jobs:
    """A context manager: the thread lives as long as the block."""

    def __init__(self, jobs: list[Job]) -> None:
        self._jobs = jobs
        self._without_room: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="jobs", daemon=True)

    def __enter__(self) -> Jobs:
        self._thread.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self._stop.set()
        for job in self._jobs:
            job.end()
        self._thread.join(timeout=5)

    def _loop(self) -> None:
        elapsed = 0.0
        while not self._stop.wait(1.0):
            elapsed += 1.0
            for job in self._jobs:
                if elapsed < job.due:
                    continue
                job.due = elapsed + job.every
                self._run(job)

    def _run(self, job: Job) -> None:
        try:
            job.run(datetime.now(timezone.utc))
        except StorageFull:
            if job.name not in self._without_room:  # said once, not every minute of a night
                log.warning("the job %r finds no room on the disk; it goes on when there is some", job.name)
            self._without_room.add(job.name)
        except Exception:
            log.exception("the job %r failed; it runs again in %s s", job.name, job.every)
        else:
            self._without_room.discard(job.name)


def upkeep(context: Context) -> list[Job]:
    """What may take long: each has a thread of its own for that."""
    settings, jobs = context.settings, []
    if settings.check_seconds:
        look = partial(context.soundness.run, settings.data, settings.check_seconds)
        jobs.append(Job("soundness", 1.0, look))
    if settings.backup_every:
        backups = Backups(settings, lambda: context.soundness.damage)
        jobs.append(Job("backups", 5.0, backups.run, backups.end))
    if settings.retention_minutes:
        pruning = Pruning(context.store, settings.retention_minutes)
        jobs.append(Job("retention", 1.0, pruning.run, pruning.end))
    return jobs


def alerting(context: Context) -> list[Job]:
    """What is told to people who don't look: other servers may be slow to take it."""
    deliveries = Deliveries(context.store, context.settings.url)
    return [
        Job("alerts", 2.0, Watch(context.store).run),
        Job("deliveries of alerts", 2.0, deliveries.run, deliveries.end),
    ]


def once(run: Callable[[datetime], object]) -> Callable[[datetime], object]:
    """Until it went well."""
    left = [run]

    def attempt(now: datetime) -> None:
        if left:
            left[0](now)
            left.clear()

    return attempt


def scheduled(context: Context, begun: bool = True) -> list[Job]:
    """What this server does by itself. `begun`: what a start writes is written."""
    settings = context.settings
    dog = Watchdog(
        context.store,
        listening_since=datetime.now(timezone.utc),
        watchdog=timedelta(minutes=settings.watchdog_minutes),
        lost_task=timedelta(minutes=settings.lost_task_minutes),
        worker_timeout=timedelta(seconds=settings.worker_timeout_seconds),
        retries=settings.lost_retries,
    )
    jobs = [
        Job("watchdog", dog.due.total_seconds(), dog.run),
        Job("statistics", 60.0, dog.sample),
        Job("memory", 20.0, lambda now: memory.give_back()),
        Job("audit log", 600.0, lambda now: audit.prune(context.store, now, settings.audit_days)),
    ]
    if not begun:
        jobs.append(Job("start", 2.0, once(lambda now: beginning.write(settings, context.store, now))))
    return jobs
