"""Nothing is written to the log over and over."""

import logging

from server.app.process.logs import Sparingly


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def record(message: str, *args: object, fault: BaseException | None = None) -> logging.LogRecord:
    exc_info = (type(fault), fault, fault.__traceback__) if fault else None
    return logging.LogRecord("soundyard", logging.ERROR, __file__, 1, message, args, exc_info)


def test_the_same_is_written_five_times_a_minute_and_then_how_often_it_came() -> None:
    clock = Clock()
    sparing = Sparingly(clock)
    assert sum(sparing.filter(record("%s failed", number)) for number in range(1000)) == 5
    assert sparing.filter(record("something else"))
    clock.now = 61
    again = record("%s failed", "x")
    assert sparing.filter(again) and again.getMessage() == "x failed (and 995 times more before)"
    later = record("%s failed", "y")
    assert sparing.filter(later) and later.getMessage() == "y failed"


def test_faults_are_told_apart_by_where_they_come_from() -> None:
    def fail(here: bool) -> BaseException:
        try:
            if here:
                raise ValueError
            raise ValueError
        except ValueError as fault:
            return fault

    sparing = Sparingly(Clock())
    for here in (True, False):
        assert sum(sparing.filter(record("failed", fault=fail(here))) for _ in range(100)) == 5


def test_ever_new_messages_are_bounded_too() -> None:
    sparing = Sparingly(Clock())
    assert sum(sparing.filter(record(f"message {number}")) for number in range(5000)) == 600
