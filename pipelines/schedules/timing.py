"""The time of a schedule, where its cron expression was edited by itself, as on the page: the scheduler reads it."""

from datetime import datetime, timezone
from typing import Any

from pipelines.schedules import cron
from tasks.errors import BadParameter


class Timing:
    """What was read of expressions, once for each: a schedule counts from then."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, str], dict[str, Any]] = {}

    def apply(self, job: Any, now: datetime | None = None, *, new: bool) -> None:
        """Time a `ScheduleJob` as its expression says; `new`: to this process, so that what was due before is due yet.

        One that can't be run exactly is told of as the entry's error, and the entry rests until it is another.
        """
        text = getattr(job, "cron", None)
        if not text:
            return
        try:
            when = cron.read(text)
        except BadParameter as error:
            job.refused = job.error = str(error).removeprefix("--cron ")
            return
        if getattr(job, "refused", ""):
            job.refused = job.error = ""
        if when.agrees(job):
            return
        place = str(job.name), when.text
        if place not in self._read:
            begin = (job._last_executed if new else None) or now or datetime.now(timezone.utc)
            self._read[place] = when.job(begin)
            job._last_executed, job._schedule_counter = None, 0
        job.update(self._read[place])
