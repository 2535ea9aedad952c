"""Cron expressions: what the SDK's scheduler makes of each that is taken is what cron would."""

import random
from datetime import datetime, timedelta, timezone

import pytest
from clearml.automation.scheduler import ScheduleJob

from pipelines.schedules.cron import read
from tasks.errors import BadParameter

START = datetime(2024, 1, 1, tzinfo=timezone.utc)  # a leap year
TAKEN = {  # expression → its times of a few days, told by hand
    "* * * * *": "00:01 00:02 00:03",
    "*/15 * * * *": "00:15 00:30 00:45 01:00",
    "30 * * * *": "00:30 01:30 02:30",
    "17 */2 * * *": "00:17 02:17 04:17",
    "@daily": "00:00 00:00",
    "5 3 * * mon-fri": "03:05 03:05",
    "0 22 * * mon,wed,7": "22:00 22:00",
    "0 0 * * sun": "00:00",
    "59 23 28 * *": "23:59 23:59",
    "0 3 28 2 *": "03:00",
    "@yearly": "00:00",
}


@pytest.mark.parametrize("text", TAKEN)
def test_the_sdk_runs_an_expression_that_is_taken_exactly_when_it_is_due(text: str) -> None:
    chance = random.Random(text)
    for _ in range(40):
        moment = now = START + timedelta(seconds=chance.randrange(4 * 366 * 86_400))
        job = ScheduleJob(name="a", base_task_id="b", queue="c").update(read(text).job(now))
        job.verify()
        for _ in range(40):
            moment = read(text).after(moment)
            assert job.next() == moment
            job._last_executed, job._schedule_counter = moment, job._schedule_counter + 1


@pytest.mark.parametrize(("text", "clock"), TAKEN.items())
def test_an_expression_is_due_when_people_think_it_is(text: str, clock: str) -> None:
    moment, told = START, []
    for _ in clock.split():
        moment = read(text).after(moment)
        told.append(f"{moment:%H:%M}")
    assert " ".join(told) == clock
    assert read(text).before(moment) == moment
    assert (
        read("5 3 * * mon-fri").after(datetime(2024, 1, 5, 4, tzinfo=timezone.utc)).day == 8
    )  # Friday → Monday


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "got 0 fields"),
        ("* *", "got 2 fields"),
        ("@often", "got 1 fields"),
        ("61 * * * *", "'61' is no minute"),
        ("*/0 * * * *", "'*/0' is no minute"),
        ("0 3 * x *", "'x' is no month; expected *, */N, or numbers from 1 to 12 or names such as jan"),
        ("*/7 * * * *", "exactly"),
        ("0 3,4 * * *", "exactly"),
        ("0 3 31 * *", "exactly"),
        ("0 3 29 2 *", "exactly"),
        ("0 3 1 * mon", "exactly"),
        ("0 3 */2 * *", "exactly"),
        ("*/5 3 * * *", "exactly"),
    ],
)
def test_what_cannot_be_run_exactly_is_refused_with_what_can(text: str, said: str) -> None:
    with pytest.raises(BadParameter) as refused:
        read(text)
    assert said in str(refused.value) and "every 15 minutes" in str(refused.value)


def test_a_job_that_is_timed_as_an_expression_says_agrees_with_it_and_no_other_does() -> None:
    jobs = {text: ScheduleJob(name="a").update(read(text).job(START)) for text in TAKEN}
    for text in TAKEN:
        assert [other for other in TAKEN if read(text).agrees(jobs[other])] == [text]
    assert not read("@daily").agrees(ScheduleJob(name="a"))


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("0 22 * * sat,sun,mon", ["monday", "saturday", "sunday"]),
        ("0 22 * * 5-7", ["friday", "saturday", "sunday"]),
        ("0 22 * * 7,1", ["monday", "sunday"]),
        ("0 22 * * 0", ["sunday"]),
        ("0 22 * * 1-5/2", ["monday", "wednesday", "friday"]),
        ("0 22 * * 3/2", ["wednesday", "friday", "sunday"]),
        ("0 22 * * *", []),
        ("0 22 * * 0-7", []),
    ],
)
def test_days_of_the_week_stand_in_their_order(text: str, days: list[str]) -> None:
    assert read(text).job(START)["weekdays"] == days


@pytest.mark.parametrize(
    ("text", "timing"),
    [
        ("*/20 * * * *", (20, 0, 0, 0, 0)),
        ("0/20 * * * *", (20, 0, 0, 0, 0)),
        ("0-59/20 * * * *", (20, 0, 0, 0, 0)),
        ("0,20,40 * * * *", (20, 0, 0, 0, 0)),
        ("7 */6 * * *", (7, 6, 0, 0, 0)),
        ("7 5 * * *", (7, 5, 1, 0, 0)),
        ("7 5 9 * *", (7, 5, 9, 1, 0)),
        ("7 5 9 3 *", (7, 5, 9, 3, 1)),
    ],
)
def test_each_form_is_what_the_sdk_takes_for_it(text: str, timing: tuple[int, ...]) -> None:
    job = read(text).job(START)
    assert tuple(job[name] or 0 for name in ("minute", "hour", "day", "month", "year")) == timing
    assert read(f"  {text} ").text == " ".join(text.split())


@pytest.mark.parametrize(
    "text", ["10/20 * * * *", "0-30/15 * * * *", "0 0-12/4 * * *", "1 2 3 4,5 *", "5-3 * * * *"]
)
def test_what_is_not_even_is_refused(text: str) -> None:
    with pytest.raises(BadParameter):
        read(text)
