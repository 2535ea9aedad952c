"""A parameter is declared once, in its dataclass field: what a declaration holds, and the loop that checks by it.

    epochs: int = TRAINING(100, "passes over the training clips", 1)

Everything that shows or reads parameters reads this declaration: the check of a record, `--help`, what a task keeps on
the server, the form in the browser, the tables of the documentation. Its type is the field's: int, float, bool or str,
one of these or None, or a list of one of them. What two parameters contradict each other in is checked elsewhere.
"""

import math
import numbers
from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from difflib import get_close_matches
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

from audio.errors import ConfigError

DECLARED = "declared"  # where a field's metadata keeps its declaration
NO_LIMIT = float("inf")


@dataclass(frozen=True)
class Declared:
    """What a parameter is, besides its type and its default."""

    help: str = ""  # one line; what None or a special value means stands in it
    group: str = ""  # heading it stands under
    unit: str = ""  # of its number: s, Hz, dB, …
    low: float = -NO_LIMIT  # smallest number that it, or each item of a list, may be
    high: float = NO_LIMIT
    choices: tuple[str, ...] = ()  # all that it, or each item of a list, may be; empty: anything
    known: (
        tuple[str, ...] | Callable[[], list[str]]
    ) = ()  # names that are proposed, or what lists them when asked
    filled: str = ""  # what to do instead of leaving a list empty; empty: it may be

    @property
    def allowed(self) -> str:
        """The rule in words: `one of a, b`, `1 to 10`, `at least 0`; empty: anything of its type."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        return self.span("", " to ")

    def proposed(self) -> list[str]:
        """The names that there are in this process, at this moment; a plugin's among them once it is loaded."""
        return self.known() if callable(self.known) else [*self.known]

    def span(self, before: str, between: str) -> str:
        """The range in words."""
        if self.high == NO_LIMIT:
            return "" if self.low == -NO_LIMIT else f"at least {number(self.low)}"
        if self.low == -NO_LIMIT:
            return f"at most {number(self.high)}"
        return f"{before}{number(self.low)}{between}{number(self.high)}"


def number(value: float) -> str:
    """A limit as people write it: 1000000, 0.001, 1e-09."""
    whole = math.isfinite(value) and value == int(value) and abs(value) < 1e15
    return str(int(value)) if whole else f"{value:g}"


def parameter(
    default: Any,
    text: str,
    low: float = -NO_LIMIT,
    high: float = NO_LIMIT,
    *,
    group: str = "",
    unit: str = "",
    choices: Sequence[str] = (),
    known: tuple[str, ...] | Callable[[], list[str]] = (),
    filled: str = "",
) -> Any:
    """A dataclass field that is a parameter."""
    return _field(default, Declared(text, group, unit, low, high, tuple(choices), known, filled))


@dataclass(frozen=True)
class Group:
    """Declares parameters under one heading."""

    name: str

    def __call__(self, default: Any, text: str, *limits: float, **more: Any) -> Any:
        return parameter(default, text, *limits, group=self.name, **more)


def same_as(config: type, name: str, **changed: Any) -> Any:
    """A field declared as another record's field of that name, but for what is `changed`: its default, its help, …"""
    own = next(one for one in fields(config) if one.name == name)
    default = changed.pop("default", default_of(own))
    return _field(default, Declared(**{**vars(declared(own)), **changed}))


def _field(default: Any, declaration: Declared) -> Any:
    if isinstance(default, list):
        return field(default_factory=default.copy, metadata={DECLARED: declaration})
    return field(default=default, metadata={DECLARED: declaration})


def declared(one: Field[Any]) -> Declared:
    """A field's declaration. Raises TypeError: it has none, so that it can't be forgotten."""
    if DECLARED not in one.metadata:
        raise TypeError(f"{one.name} is not declared: write {one.name}: TYPE = parameter(DEFAULT, HELP)")
    found: Declared = one.metadata[DECLARED]
    return found


def declarations(config: type) -> dict[str, Declared]:
    """The declaration of every field, in order."""
    return {one.name: declared(one) for one in fields(config)}


def defaults(config: type) -> dict[str, Any]:
    """The default of every field."""
    return {one.name: default_of(one) for one in fields(config)}


def default_of(one: Field[Any]) -> Any:
    return one.default if one.default_factory is MISSING else one.default_factory()


class Kind(NamedTuple):
    """What a field may hold."""

    base: type  # int, float, bool or str
    optional: bool  # None is a value of its own
    many: bool  # a list of base
    place: bool = False  # a file or folder, or a list of them

    @property
    def name(self) -> str:
        """The type as ClearML shows it."""
        return "list" if self.many else self.base.__name__


def kinds(config: type) -> dict[str, Kind]:
    """The kind of every field. Raises TypeError for a type that parameters can't have (a nested dataclass, a dict)."""
    return _kinds(config)


@lru_cache
def _kinds(config: Any) -> dict[str, Kind]:
    hints = get_type_hints(config, include_extras=True)
    return {one.name: _kind(hints[one.name], f"{config.__name__}.{one.name}") for one in fields(config)}


def _kind(hint: Any, where: str) -> Kind:
    optional = get_origin(hint) in (Union, UnionType)
    if optional:
        inner = [one for one in get_args(hint) if one is not type(None)]
        hint = inner[0] if len(inner) == 1 else hint
    many = get_origin(hint) is list
    base = get_args(hint)[0] if many else hint
    place = get_origin(base) is Annotated  # audio.parameters.places.Place
    base = get_args(base)[0] if place else base
    if base not in (int, float, bool, str):
        raise TypeError(
            f"{where}: {hint} can't be a parameter; use int, float, bool, str, a list of one, or None"
        )
    return Kind(base, optional, many, place)


def check(record: Any) -> None:
    """Hold every field of a record to its declaration.

    Raises:
        ConfigError: what is wrong, all of it: each by name, with its value and what is allowed.
    """
    allowed, of = declarations(type(record)), kinds(type(record))
    wrong = [
        said for name in allowed if (said := wrong_with(name, getattr(record, name), allowed[name], of[name]))
    ]
    if wrong:
        raise ConfigError(" ".join(wrong))


def check_one(config: type, name: str, value: Any) -> None:
    """The same for one value by itself. Raises ConfigError."""
    if said := wrong_with(name, value, declarations(config)[name], kinds(config)[name]):
        raise ConfigError(said)


def wrong_with(name: str, value: Any, allowed: Declared, kind: Kind) -> str:
    """A sentence on what is wrong with a value; empty when nothing is."""
    if value is None and kind.optional:
        return ""
    if not kind.many:
        return _wrong_with_one(name, value, allowed, kind.base)
    if not isinstance(value, list | tuple):
        return f"{name} is {value!r}; it must be a list."
    if not value and allowed.filled:
        return f"{name} is empty; {allowed.filled}."
    return next(filter(None, (_wrong_with_one(name, one, allowed, kind.base) for one in value)), "")


TYPES: dict[type, tuple[type, str]] = {
    bool: (bool, "true or false"),
    int: (numbers.Integral, "a whole number"),
    float: (numbers.Real, "a finite number"),
    str: (str, "a text"),
}


def _wrong_with_one(name: str, value: Any, allowed: Declared, base: type) -> str:
    accepted, words = TYPES[base]
    is_one: bool = isinstance(value, accepted)
    if not is_one or (isinstance(value, bool) and base is not bool):
        return f"{name} is {value!r}; it must be {words}."
    if base is str:
        return _wrong_with_text(name, value, allowed)
    if not math.isfinite(value):
        return f"{name} is {value}; it must be {words}."
    if not allowed.low <= value <= allowed.high:
        return f"{name} is {value}; it must be {allowed.span('between ', ' and ')}."
    return ""


def _wrong_with_text(name: str, value: str, allowed: Declared) -> str:
    if allowed.choices and value not in allowed.choices:
        near = get_close_matches(value.lower(), allowed.choices, 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        return f"{name} is {value!r}; it can be {', '.join(allowed.choices)}.{hint}"
    if "\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
        return f"{name} is {value!r}; it must be a text, in UTF-8 and without NUL."
    return ""
