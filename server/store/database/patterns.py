"""Regular expressions from outside: Python's syntax, and an end to those that would run for ever.

Some patterns take exponential time on some texts
(https://owasp.org/www-community/attacks/Regular_expression_Denial_of_Service_-_ReDoS), and Python's `re` can't be
interrupted. So only what repeats at most one character class is left to it; the rest is matched by `regex`, which
has a time limit. It writes counted repeats out, 300 bytes each time, so that those have a limit too.
"""

from __future__ import annotations

import functools
import math
import re
import threading
import time
from collections.abc import Callable
from typing import Any

import regex

from server.api.errors import InvalidRegex, ValidationFailed

LONGEST = 2000
_SECONDS = 0.25
"""For one text. A sane pattern takes microseconds."""
_until = threading.local()
_SHORT = 1000
_MOST_REPEATS = 100_000
_COUNTED = re.compile(r"\{(\d*),?(\d*)\}")
_REPEATS = re.compile(r"[*+{]|(?<!\()\?")
_REPEATED_GROUP = re.compile(r"\)[*+{?]")


def checked(pattern: str, ignore_case: bool = False) -> str:
    """The pattern, ready for SQL's REGEXP. Raises: ValidationFailed when it is too long,
    InvalidRegex when it can't be compiled."""
    if len(pattern) > LONGEST:
        raise ValidationFailed(f"the pattern has {len(pattern)} characters, more than {LONGEST}")
    if _written_out(pattern) > _MOST_REPEATS:
        raise ValidationFailed(f"{pattern[:100]!r} repeats something too often")
    if ignore_case and not pattern.startswith("(?i)"):
        pattern = f"(?i){pattern}"
    try:
        _matcher(pattern)
    except (re.error, regex.error, RecursionError, OverflowError, ValueError) as fault:
        raise InvalidRegex(f"{pattern[:100]!r} is not a regular expression: {fault}") from fault
    return pattern


def _written_out(pattern: str) -> int:
    """How many repeats there are when all that are counted are written out; an upper bound."""
    counts = [max(int(number or 0) for number in pair) for pair in _COUNTED.findall(pattern)]
    return math.prod(max(count, 1) for count in counts) * len(pattern) if "){" in pattern else sum(counts)


def matches(pattern: str, value: Any) -> bool:
    """SQLite's REGEXP as clients expect it: Python's `re.search`.

    Raises:
        TimeoutError: the pattern takes too long on this text. SQLite turns it into an error of the statement.
    """
    if time_is_up():
        raise TimeoutError
    return value is not None and _matcher(pattern)(str(value))


def allow(seconds: float) -> None:
    """From now on this thread's statement has so long (0: any time)."""
    _until.moment = time.monotonic() + seconds if seconds else math.inf


def time_is_up() -> bool:
    """Whether this thread's statement has had its time. SQLite ends a statement for which this is true."""
    return time.monotonic() > getattr(_until, "moment", math.inf)


@functools.lru_cache(maxsize=64)
def _matcher(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    if not _REPEATS.search(pattern):
        return lambda text: compiled.search(text) is not None
    guarded = regex.compile(pattern)
    simple = len(_REPEATS.findall(pattern)) == 1 and not _REPEATED_GROUP.search(pattern)

    def search(text: str) -> bool:
        if simple and len(text) <= _SHORT:
            return compiled.search(text) is not None
        return guarded.search(text, timeout=_SECONDS) is not None

    return search


def literal(pattern: str) -> str | None:
    """What `^…$` around an escaped text matches, so that an index can find it; None for a real pattern."""
    if len(pattern) < 2 or pattern[0] != "^" or pattern[-1] != "$":
        return None
    body = pattern[1:-1]
    text = re.sub(r"\\(.)", r"\1", body, flags=re.DOTALL)
    plain = body == text and not re.search(r"[.^$*+?{}\[\]\\|()]", body)
    return text if plain or body == re.escape(text) else None
