"""Passwords, hashed with Argon2id (RFC 9106) by argon2-cffi, with that library's recommended parameters."""

from __future__ import annotations

import threading

import argon2

from server.api.errors import ValidationFailed

SHORTEST = 8
LONGEST = 1024
"""An upper bound, so that hashing can't be made to cost anything somebody likes."""

_hasher = argon2.PasswordHasher()
_at_once = threading.BoundedSemaphore(2)
"""One check takes 64 MiB for its time: many at once would take the machine's memory."""


def hashed(password: str) -> str:
    """Raises: ValidationFailed when the password is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise ValidationFailed(f"a password has {SHORTEST} to {LONGEST} characters")
    with _at_once:
        return _hasher.hash(password)


def matches(password: str, stored: str | None) -> bool:
    """Whether this is the password. Takes as long for a user without one, so that names can't be told by timing."""
    try:
        with _at_once:
            return _hasher.verify(stored or _nobody(), password[:LONGEST]) and stored is not None
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


_nobodys: list[str] = []


def _nobody() -> str:
    """A hash that no password is checked against for real."""
    if not _nobodys:
        _nobodys.append(_hasher.hash("nobody's password"))
    return _nobodys[0]
