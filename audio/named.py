"""Finding one of several things by its name: an unknown name is answered with those that there are."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TypeVar

from audio.errors import AudioError, ConfigError

ALONGSIDE = "+"  # between the names of things that are used side by side

Thing = TypeVar("Thing")


def names_in(text: str) -> list[str]:
    """The names in `a+b`, or the one name there is."""
    return [name.strip() for name in text.split(ALONGSIDE)]


def by_name(
    things: Mapping[str, Thing], name: str, kind: str, error: type[AudioError] = ConfigError
) -> Thing:
    """`things[name]`; `kind` is what they are called in the message. Raises `error`, which lists what there is."""
    if name in things:
        return things[name]
    near = get_close_matches(name.lower(), sorted(things), 1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise error(f"There is no {kind} {name!r}.{hint} There are: {', '.join(sorted(things)) or 'none'}.")


def one_line(text: str) -> str:
    """A text on a line of the console: what would break it, or steer the terminal, as `\\n`."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def printable(text: str) -> str:
    """A text with a file's name in it, whatever its bytes: those that are not UTF-8 as `\\xff`."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def clock(seconds: float) -> str:
    """Hours, minutes and seconds: 1:02:05."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
