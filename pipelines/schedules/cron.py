"""Cron expressions, as far as `clearml.automation.TaskScheduler` runs them exactly; others are refused.

All times are UTC, as the SDK's are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from tasks.errors import BadParameter

MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAYS = {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, MONTHS),
    ("day of the week", 0, 7, DAYS),
)
SAFE_DAY = 28  # of the month: every month has it
FORMS = """What can be run exactly (UTC):
  */15 * * * *     every 15 minutes; any divisor of 60, and * for every minute
  30 * * * *       every hour at minute 30
  0 */6 * * *      every 6 hours; any divisor of 24
  0 3 * * *        every day at 03:00
  0 3 * * mon-fri  on days of the week
  0 3 1 * *        every month on a day from 1 to 28
  0 3 1 6 *        every year
Several times a day are several schedules."""


@dataclass(frozen=True)
class Cron:
    """An expression that can be run."""

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]  # 0: Monday, as Python counts
    timing: dict[str, Any]  # of `ScheduleJob`, all fields, so that an edit leaves none of what was there

    def before(self, moment: datetime) -> datetime:
        """The last time that it was due, `moment` itself included."""
        return next(self._times(moment, -1))

    def after(self, moment: datetime) -> datetime:
        """The next time that it is due."""
        return next(self._times(moment, 1))

    def job(self, now: datetime) -> dict[str, Any]:
        """The fields of a `ScheduleJob`: it goes on from the last time that it would have been due."""
        start = self.before(now)
        fields = {**self.timing, "cron": self.text, "starting_time": start.isoformat()}
        if days := self.timing["weekdays"]:  # the SDK begins with the first of them
            first = 1 + days.index(WEEKDAYS[start.weekday()])
            fields["weekdays"] = [*days[first:], *days[:first]]
        return fields

    def agrees(self, job: Any) -> bool:
        """Whether a `ScheduleJob` is timed as this says, whenever it began."""
        days = sorted(getattr(job, "weekdays", None) or [])
        given = {name: getattr(job, name, None) or 0 for name in self.timing if name != "weekdays"}
        return days == sorted(self.timing["weekdays"]) and given.items() <= self.timing.items()

    def _times(self, moment: datetime, step: int) -> Iterator[datetime]:
        moment = moment.astimezone(timezone.utc)
        day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        clock = sorted((hour, minute) for hour in self.hours for minute in self.minutes)[::step]
        while True:
            if day.day in self.days and day.month in self.months and day.weekday() in self.weekdays:
                times = (day + timedelta(hours=hour, minutes=minute) for hour, minute in clock)
                yield from (one for one in times if (one > moment if step > 0 else one <= moment))
            day += timedelta(days=step)


def read(text: str) -> Cron:
    """An expression of five fields, or a word such as `@daily`.

    Raises:
        BadParameter: it is none, or one that the SDK's scheduler can't run exactly; says what can be.
    """
    words = MACROS.get(text.strip().lower(), text).split()
    if len(words) != len(FIELDS):
        raise BadParameter(
            f"--cron {text!r}: expected five fields (minute, hour, day of the month, month, day of the week) or one of "
            f"{', '.join(MACROS)}, got {len(words)} fields. {FORMS}"
        )
    minutes, hours, days, months, weekdays = (
        _field(text, word, *field) for word, field in zip(words, FIELDS, strict=True)
    )
    timing = _timing(words, minutes, hours, days, months, weekdays)
    if timing is None:
        raise BadParameter(f"--cron {text!r} can't be run exactly by the scheduler. {FORMS}")
    on = frozenset((one - 1) % 7 for one in weekdays)
    return Cron(
        text=" ".join(words),
        minutes=frozenset(minutes),
        hours=frozenset(hours),
        days=frozenset(days),
        months=frozenset(months),
        weekdays=on,
        timing=timing,
    )


def _field(text: str, word: str, name: str, low: int, high: int, names: dict[str, int]) -> set[int]:
    found: set[int] = set()
    for part in word.lower().split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        try:
            by = int(step) if slash else 1
            begin, end = (
                (low, high)
                if span == "*"
                else (_number(first, names), _number(last if dash else first, names))
            )
            if not dash and slash and span != "*":
                end = high
        except ValueError:
            by, begin, end = 0, 0, 0
        if by < 1 or not low <= begin <= end <= high:
            raise BadParameter(
                f"--cron {text!r}: {word!r} is no {name}; expected *, */N, or numbers from {low} to {high}"
                f"{' or names such as ' + next(iter(names)) if names else ''}. {FORMS}"
            )
        found.update(range(begin, end + 1, by))
    return found


def _number(text: str, names: dict[str, int]) -> int:
    return names[text] if text in names else int(text)


def _timing(
    words: list[str], minutes: set[int], hours: set[int], days: set[int], months: set[int], weekdays: set[int]
) -> dict[str, Any] | None:
    """What `TaskScheduler` takes; 0 and [] for what does not matter. None where it would do something else."""
    none: dict[str, Any] = {"minute": 0, "hour": 0, "day": 0, "month": 0, "year": 0, "weekdays": []}
    every = [one == "*" for one in words]
    all_weekdays = {one % 7 for one in weekdays} == set(range(7))
    any_day = len(days) == 31 and len(months) == 12
    if any_day and all_weekdays and len(hours) == 24 and (by := _even(minutes, 60)):
        return {**none, "minute": by}
    if len(minutes) != 1:
        return None
    minute, hour = min(minutes), min(hours)
    if any_day and all_weekdays and (by := _even(hours, 24)):
        return {**none, "minute": minute, "hour": by}
    if len(hours) != 1:
        return None
    clock = {**none, "minute": minute, "hour": hour}
    if any_day and all_weekdays:
        return {**clock, "day": 1}
    if any_day:
        return {
            **clock,
            "day": 1,
            "weekdays": [WEEKDAYS[one] for one in sorted((one - 1) % 7 for one in weekdays)],
        }
    if not every[4] or len(days) != 1 or min(days) > SAFE_DAY:
        return None
    if len(months) == 12:
        return {**clock, "month": 1, "day": min(days)}
    return {**clock, "year": 1, "month": min(months), "day": min(days)} if len(months) == 1 else None


def _even(values: Iterable[int], of: int) -> int:
    """The step of values that fill a range evenly from 0 and go on evenly in the next one; 0: they do not."""
    there = sorted(values)
    step = there[1] - there[0] if len(there) > 1 else of
    return step if step < of and there == list(range(0, of, step)) and of % step == 0 else 0
