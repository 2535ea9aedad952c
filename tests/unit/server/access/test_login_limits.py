"""How often a password may be tried."""

from datetime import datetime, timedelta, timezone

import pytest

from server.api.errors import TooManyAttempts
from server.domain.users.login_limits import LoginLimits

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


def seconds(number: float) -> datetime:
    return NOW + timedelta(seconds=number)


def fail(
    limits: LoginLimits, times: int, name: str = "ann", address: str = "192.0.2.1", at: float = 0
) -> None:
    for _ in range(times):
        limits.failed(name, address, seconds(at))


def closed(limits: LoginLimits, name: str = "ann", address: str = "192.0.2.1", at: float = 0) -> bool:
    try:
        limits.check(name, address, seconds(at))
    except TooManyAttempts:
        return True
    return False


def test_four_wrong_passwords_are_free_and_the_fifth_closes_the_door_for_half_a_minute():
    limits = LoginLimits()
    fail(limits, 4)
    assert not closed(limits)
    fail(limits, 1)
    assert closed(limits, at=29) and not closed(limits, at=31)


def test_the_wait_is_said_and_grows_up_to_a_quarter_of_an_hour():
    limits = LoginLimits()
    fail(limits, 6)
    with pytest.raises(TooManyAttempts, match="try again in 61 s"):
        limits.check("ann", "192.0.2.1", NOW)
    fail(limits, 100)
    assert closed(limits, at=14 * 60) and not closed(limits, at=15 * 60 + 1)


def test_a_closed_door_is_closed_from_every_address_but_not_for_others():
    limits = LoginLimits()
    fail(limits, 5)
    assert closed(limits, address="198.51.100.9")
    assert not closed(limits, name="bob")


def test_after_many_wrong_ones_from_an_address_a_name_has_one_try_there():
    limits = LoginLimits()
    for number in range(20):
        fail(limits, 1, name=f"user{number}")
    assert closed(limits, name="user3") and not closed(limits, name="user3", address="198.51.100.9")
    assert not closed(limits, name="fresh")  # who knows the password isn't kept out by who doesn't
    fail(limits, 1, name="fresh")
    assert closed(limits, name="fresh", at=29)


def test_success_forgives_the_name():
    limits = LoginLimits()
    fail(limits, 4)
    limits.succeeded("ann", "192.0.2.1")
    fail(limits, 4)
    assert not closed(limits)


def test_an_hour_of_peace_forgives_all():
    limits = LoginLimits()
    fail(limits, 50)
    assert not closed(limits, at=3601)
    fail(limits, 1, at=3602)
    assert not closed(limits, at=3602)


def test_an_attack_with_endless_names_does_not_fill_the_memory():
    limits = LoginLimits()
    for number in range(30_000):
        limits.failed(f"user{number}", f"192.0.2.{number}", NOW)
    assert len(limits._failures) <= 10_002
