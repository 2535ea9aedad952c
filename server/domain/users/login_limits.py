"""How often a password may be tried: five wrong ones for a name close the door for a while, each more for longer.

From an address that has twenty wrong ones behind it, a name has one try instead of five: who knows its password gets
in, and who guesses doesn't get far. Kept in memory: a restart forgives.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.api.errors import TooManyAttempts

FREE_BY_NAME, FREE_BY_ADDRESS = 5, 20
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)
_FORGOTTEN_AFTER = timedelta(hours=1)
_MOST_KEPT = 10_000


@dataclass
class _Failures:
    count: int
    latest: datetime


class LoginLimits:
    """Safe for any number of threads. Time is the caller's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: dict[tuple[str, str], _Failures] = {}

    def check(self, name: str, address: str, now: datetime) -> None:
        """Raises: TooManyAttempts, which says how long to wait."""
        with self._lock:
            wait = self._wait(("name", name), FREE_BY_NAME, now)
            if self._wait(("address", address), FREE_BY_ADDRESS, now) > timedelta(0):
                wait = max(wait, self._wait(("pair", f"{name}\0{address}"), 1, now))
        if wait > timedelta(0):
            raise TooManyAttempts(f"try again in {int(wait.total_seconds()) + 1} s")

    def failed(self, name: str, address: str, now: datetime) -> None:
        with self._lock:
            for key in _keys(name, address):
                found = self._failures.setdefault(key, _Failures(0, now))
                found.count, found.latest = found.count + 1, now
            if len(self._failures) > _MOST_KEPT:
                self._forget_the_old(now)

    def succeeded(self, name: str, address: str) -> None:
        """The name's failures are forgiven; the address's stay, or one good account would shield an attack."""
        with self._lock:
            self._failures.pop(("name", name), None)
            self._failures.pop(("pair", f"{name}\0{address}"), None)

    def _wait(self, key: tuple[str, str], free: int, now: datetime) -> timedelta:
        found = self._failures.get(key)
        if found is None:
            return timedelta(0)
        if now - found.latest > _FORGOTTEN_AFTER:
            del self._failures[key]
            return timedelta(0)
        if found.count < free:
            return timedelta(0)
        doublings = min(found.count - free, 10)
        return found.latest + min(FIRST_WAIT * 2**doublings, LONGEST_WAIT) - now

    def _forget_the_old(self, now: datetime) -> None:
        kept = sorted(self._failures.items(), key=lambda item: item[1].latest, reverse=True)[
            : _MOST_KEPT // 2
        ]
        self._failures = {key: found for key, found in kept if now - found.latest <= _FORGOTTEN_AFTER}


def _keys(name: str, address: str) -> list[tuple[str, str]]:
    return [("name", name), ("address", address), ("pair", f"{name}\0{address}")]
