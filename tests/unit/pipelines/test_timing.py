"""A schedule whose expression was edited by itself: the scheduler reads it, or says why it can't."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from clearml.automation.scheduler import ScheduleJob

from pipelines.schedules.cron import read
from pipelines.schedules.launching import paused
from pipelines.schedules.timing import Timing

NOW = datetime(2024, 2, 28, 12, 34, tzinfo=timezone.utc)


@pytest.fixture
def job() -> ScheduleJob:
    return ScheduleJob(name="é", base_task_id="t", queue="q")


def synced(job: ScheduleJob, timing: Timing, *, new: bool = False, **given: Any) -> datetime | None:
    """As the scheduler does every few seconds: what is configured, then its expression. Returns: when it is due."""
    timing.apply(job.update(given), NOW, new=new)
    return job.next()


def test_an_expression_that_was_edited_by_itself_is_what_it_is_run_by(job: ScheduleJob) -> None:
    timing, before = Timing(), read("0 3 * * *").job(NOW)
    assert synced(job, timing, new=True, **before) == read("0 3 * * *").after(NOW)
    for text in ("*/15 * * * *", "5 3 * * mon-fri", "0 3 28 2 *", "@weekly"):
        for _ in range(3):
            assert synced(job, timing, **{**before, "cron": text}) == read(text).after(NOW)
    assert synced(job, timing, **before) == read("0 3 * * *").after(NOW)


def test_what_was_due_while_no_scheduler_ran_is_due_yet(job: ScheduleJob) -> None:
    job._last_executed, job._schedule_counter = read("@hourly").before(NOW - timedelta(hours=5)), 7
    edited = {**read("0 3 * * *").job(NOW), "cron": "@hourly"}
    assert synced(job, Timing(), new=True, **edited) == read("@hourly").before(NOW - timedelta(hours=4))


@pytest.mark.parametrize("text", ["0 3 31 * *", "é", "* * * *"])
def test_an_expression_that_can_not_be_run_is_told_of_and_rests_until_it_is_another(
    job: ScheduleJob, text: str
) -> None:
    timing, before = Timing(), read("* * * * *").job(NOW)
    synced(job, timing, **{**before, "cron": text})
    assert paused(job) and job.error.startswith(f"'{text}'") and "What can be run exactly" in job.error
    synced(job, timing, **before)
    assert not paused(job) and job.error == ""
