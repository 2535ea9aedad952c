"""Regular expressions from outside: Python's syntax, refused where they could run for ever."""

from __future__ import annotations

import importlib
import re
import sys
import warnings
from typing import Any

from server.api.errors import ValidationFailed

sre_parse: Any = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")

LONGEST = 2000
_MOST_REPEATS = 12
_MANY = 64


def checked(pattern: str, ignore_case: bool = False) -> str:
    """The pattern, ready for SQL's REGEXP.

    Raises:
        ValidationFailed: it can't be compiled, is too long, or repeats what repeats already, which can take
        exponential time (https://owasp.org/www-community/attacks/Regular_expression_Denial_of_Service_-_ReDoS).
    """
    if len(pattern) > LONGEST:
        raise ValidationFailed(f"the pattern has {len(pattern)} characters, more than {LONGEST}")
    if ignore_case and not pattern.startswith("(?i)"):
        pattern = f"(?i){pattern}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern)
            tree = sre_parse.parse(pattern)
    except (re.error, RecursionError, OverflowError, ValueError) as fault:
        raise ValidationFailed(f"{pattern[:100]!r} is not a regular expression: {fault}") from fault
    if _repeats(tree, inside=False) > _MOST_REPEATS:
        raise ValidationFailed(f"the pattern {pattern[:100]!r} has more than {_MOST_REPEATS} open repeats")
    return pattern


def literal(pattern: str) -> str | None:
    """What `^…$` around an escaped text matches, so that an index can find it; None for a real pattern."""
    if len(pattern) < 2 or pattern[0] != "^" or pattern[-1] != "$":
        return None
    text = re.sub(r"\\(.)", r"\1", pattern[1:-1], flags=re.DOTALL)
    return text if pattern[1:-1] in (re.escape(text), text) and not _special(text, pattern[1:-1]) else None


def _special(text: str, body: str) -> bool:
    return body == text and re.escape(text) != text


def _repeats(tree: object, inside: bool) -> int:
    """How many repeats without an end there are. Raises: ValidationFailed when one is inside another."""
    count = 0
    for operator, argument in tree:  # type: ignore[attr-defined]
        if operator in (sre_parse.MAX_REPEAT, sre_parse.MIN_REPEAT):
            _, high, body = argument
            open_ended = high is sre_parse.MAXREPEAT or high > _MANY
            if open_ended and inside:
                raise ValidationFailed(
                    "the pattern repeats a part that repeats already; write it without nesting"
                )
            count += open_ended + _repeats(body, inside or open_ended)
        else:
            count += sum(_repeats(body, inside) for body in _bodies(argument))
    return count


def _bodies(argument: object) -> list:
    """The sub-patterns of a node of any kind."""
    if isinstance(argument, sre_parse.SubPattern):
        return [argument]
    if isinstance(argument, (tuple, list)):
        return [body for one in argument for body in _bodies(one)]
    return []
