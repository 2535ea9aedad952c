"""Entries that something on the server starts: `clearml.automation.TriggerScheduler`, going on after a kill."""

from datetime import datetime, timedelta, timezone
from typing import Any

from clearml.automation import TriggerScheduler

from pipelines.schedules.book import Book
from pipelines.schedules.launching import Launching, asked, paused, wanted
from pipelines.schedules.times import taken

BEGINNING = datetime(1970, 1, 1, tzinfo=timezone.utc)
OVERLAP = timedelta(
    seconds=30
)  # looked at again: what changed in the same moment as the newest that was seen
PAGE = 500


class Events(Launching, TriggerScheduler):
    """The sections `datasets`, `models` and `tasks`. What held before an entry was made is no event."""

    def __init__(self, book: Book) -> None:
        super().__init__()
        self.book, self._client = book, book.client
        self._before: dict[str, datetime | None] = {}

    def sync(self) -> None:
        """Read the configuration again."""
        known = {job.name for job in self.get_triggers()}
        self._deserialize()
        for job in self.get_triggers():
            if job.name not in known and not self.book.remember(job):
                self._begin(job)
            if job.last_update and job.last_update.tzinfo is None:  # as the SDK reads what the book has kept
                job.last_update = job.last_update.replace(tzinfo=timezone.utc)

    def step(self) -> None:
        """Launch what has happened or was asked for."""
        for job in self.get_triggers():
            if asked(job):
                self._now(job)
        self._before = {job.name: job.last_update for job in self.get_triggers()}
        self._step()
        for job in self.get_triggers():
            before = self._before[job.name]
            if job.last_update and before:
                job.last_update = max(before, job.last_update - OVERLAP)
        self._before = {}
        self.book.write(self.everything())

    def _launch_job(self, job: Any, trigger_id: str = "") -> None:
        """A run for what happened. Until it is written down, what happened meanwhile is still to be looked at."""
        if paused(job) and not asked(job):
            return
        if starts_itself(job):
            job.error = (
                f"its runs would have the tags that start it, and start further ones: {', '.join(job.tags)}"
            )
            job.honoured = wanted(job)
            return
        after = {one.name: one.last_update for one in self.get_triggers()}
        triggers: list[Any] = self.get_triggers()
        for one in triggers:
            one.last_update = self._before.get(one.name, one.last_update)
        self.book.write(
            self.everything(), {"name": job.name, "id": trigger_id, "run_now": getattr(job, "run_now", None)}
        )
        texts = (job.task_parameters or {}).items()
        handed = {key: trigger_id if value == job._task_param else value for key, value in texts}
        self._launch_job_task(job, task_parameters=handed)
        self.book.write(self.everything())
        for one in triggers:
            one.last_update = after[one.name]

    def _now(self, job: Any) -> None:
        """A run for the newest that would have started one."""
        found = self._matching(job, order_by=["-last_update"], page=0, page_size=1)
        if found:
            self._launch_job(job, found[0].id)
        else:
            job.honoured, job.error = job.run_now, "nothing on the server is like what it waits for"

    def _begin(self, job: Any) -> None:
        since = datetime.fromisoformat(getattr(job, "since", None) or datetime.now(timezone.utc).isoformat())
        seen: dict[str, datetime] = {}
        page = 0
        while found := self._matching(job, order_by=["created"], page=page, page_size=PAGE):
            seen.update((one.id, since) for one in found if job.get_ref_time(one) <= since)
            page += 1
        job._triggered_instances, job.last_update = seen, since

    def _matching(self, job: Any, **more: Any) -> list[Any]:
        asking = job.build_query(BEGINNING, self._client)
        service = getattr(self._client, job.get_key())
        return list(
            service.get_all(_allow_extra_fields_=True, only_fields=list(job._only_fields), **asking, **more)
        )

    def recover(self, found: dict[str, Any]) -> None:
        """Take a run that a killed process has made for the one that it was to be; where it made none, look again."""
        launching = self.book.launching or {}
        for job in self.get_triggers():
            if job.name == launching.get("name") and found:
                taken(job, found, launching)
            elif job.name == launching.get("name"):
                (job._triggered_instances or {}).pop(launching.get("id"), None)


def starts_itself(job: Any) -> bool:
    """Whether each run would start the next one; an entry may have been edited to that on the page, or by hand."""
    tags = set(job.tags or [])
    return bool(tags) and tags <= set((job.task_overrides or {}).get("tags") or [])
