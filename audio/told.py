"""What a setting may be and where it belongs, told from the checks that hold it and from the headings above it.

`one_of` and `within` of `audio.config` note what they allow while a record is made under `noted`; so whoever shows the
settings (a form in a browser) has the same rules as the command line, and they are written once.
"""

import inspect
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

_notes: ContextVar[dict[str, str] | None] = ContextVar("notes", default=None)


@contextmanager
def noted() -> Iterator[dict[str, str]]:
    """What the checks allow while this lasts, by the name of the setting."""
    notes: dict[str, str] = {}
    token = _notes.set(notes)
    try:
        yield notes
    finally:
        _notes.reset(token)


def choices(name: str, values: Sequence[str]) -> None:
    note(name, f"one of {', '.join(values)}")


def span(name: str, low: float, high: float, *, each: bool = False) -> None:
    words = f"at least {low:g}" if high == float("inf") else f"{low:g} to {high:g}"
    note(name, f"each {words}" if each else words)


def note(name: str, text: str) -> None:
    notes = _notes.get()
    if notes is not None:
        notes[name] = text


def rules(record: Any) -> dict[str, str]:
    """What each setting of a dataclass's record may be, such as `one of a, b`, `1 to 10` or `each at least 0`."""
    with noted() as notes:
        replace(record)
    return notes


def sections(config: type[Any]) -> dict[str, str]:
    """The heading that each setting stands under: a comment line of its own in the source, own and inherited."""
    found: dict[str, str] = {}
    for base in reversed(config.__mro__[:-1]):
        heading = ""
        for line in inspect.getsource(base).splitlines():
            if above := re.match(r"    # ([A-Z][^#]*)$", line):
                heading = above[1].strip()
            elif field := re.match(r"    (\w+): [^#]*", line):
                if heading:
                    found[field[1]] = heading
            elif re.match(r"    def ", line):
                break
    return found
