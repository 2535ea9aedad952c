"""The little language for the values of searched parameters: `learning_rate=log:0.001..0.1, model=cnn|crnn`.

A value alone is fixed for all trials: `epochs=30`. With `if`, a parameter is searched where one before it has a value:
`model=cnn|crnn, mixup=0..0.8 if model=crnn`; elsewhere it stays as in the base task.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from audio.config import TrainConfig
from audio.errors import ConfigError
from audio.parameters.parameter import Kind, kinds
from tasks.arguments import parameters
from tasks.errors import BadParameter

USUAL = "learning_rate=log:0.0003..0.01, dropout=0.1..0.5, mixup=0|0.5|0.8"
NEVER = (
    "validation",
    "fold",
    "development_fold",
    "select",
)  # what trials are compared on must be one and the same


@dataclass(frozen=True)
class Range:
    """The values of one parameter: from `low` to `high`, or one of `choices`."""

    name: str
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False
    choices: tuple[Any, ...] = ()
    when: tuple[
        tuple[str, tuple[str, ...]], ...
    ] = ()  # parameters before it, and the values that they must have

    @property
    def texts(self) -> tuple[str, ...]:
        """The choices as the server keeps them."""
        return tuple(parameters.write(value) for value in self.choices)

    @property
    def steps(self) -> tuple[Any, ...]:
        """All its values, as a grid tries them; none for a range of real numbers, which has no end of them."""
        return self.texts or (tuple(range(int(self.low), int(self.high) + 1)) if self.whole else ())

    def contains(self, value: Any) -> bool:
        """Whether it is one of its values, a choice as text."""
        return value in self.texts if self.choices else bool(self.low <= value <= self.high)

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether it is searched beside these values of the parameters before it."""
        return all(str(values.get(name)) in allowed for name, allowed in self.when)


def points(space: Sequence[Range], values: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
    """Every combination of the values of a finite space, conditions heeded, the last parameter fastest."""
    known = dict(values or {})
    if not space:
        yield known
    elif not space[0].holds(known):
        yield from points(space[1:], known)
    else:
        for value in space[0].steps:
            yield from points(space[1:], {**known, space[0].name: value})


def ranges(space: str) -> list[Range]:
    """What the text stands for. Raises BadParameter: not readable, no such parameter, values that it can't have."""
    known = kinds(TrainConfig)
    found: list[Range] = []
    parts = iter([part for part in re.split(r"[,;\s]+", space) if part])
    for part in parts:
        if part == "if":
            found.append(_conditional(found, next(parts, "")))
            continue
        name, equals, values = part.partition("=")
        if not equals or name not in known:
            raise BadParameter(
                f"space: {part!r} is not name=values with the name of a parameter of the train task."
            )
        if name in NEVER:
            raise BadParameter(
                f"space: {name} can't be searched: trials are compared on the development fold, one and the same for "
                "all, and choosing by other clips would choose on the test fold. Set it in the base task instead."
            )
        if name in (one.name for one in found):
            raise BadParameter(
                f"space: {name} stands there twice; write all its values once, as {name}=a|b|c."
            )
        try:
            found.append(_range(name, values, known[name]))
        except ValueError as fault:
            raise BadParameter(f"space: {name}: {fault}") from fault
    if not found:
        raise BadParameter(f"space is empty; it should read like {USUAL!r}.")
    return found


def _conditional(found: list[Range], text: str) -> Range:
    """The last range, taken out of `found`, with a condition. Raises BadParameter: one that can't be met or told."""
    if not found:
        raise BadParameter("space: 'if' stands behind a parameter, as mixup=0..0.8 if model=crnn.")
    own = found.pop()
    name, equals, values = text.partition("=")
    before = next((one for one in found if one.name == name), None)
    if not equals or before is None or not before.choices:
        choices = ", ".join(one.name for one in found if one.choices) or "none yet"
        raise BadParameter(
            f"space: {own.name} if {text!r}: behind 'if' stands name=value of a parameter before it whose values are "
            f"listed as a|b ({choices})."
        )
    kind = kinds(TrainConfig)[name]
    try:
        allowed = tuple(parameters.write(parameters.read(one, kind)) for one in values.split("|"))
    except ValueError as fault:
        raise BadParameter(f"space: {own.name} if {text!r}: {fault}") from fault
    if absent := [one for one in allowed if one not in before.texts]:
        raise BadParameter(
            f"space: {own.name} if {text!r}: {name} is never {', '.join(absent)}; its values are "
            f"{', '.join(before.texts)}."
        )
    return replace(own, when=(*own.when, (name, allowed)))


def _range(name: str, values: str, kind: Kind) -> Range:
    log = values.startswith("log:")
    low, dots, high = values.removeprefix("log:").partition("..")
    if not dots:
        choices = tuple(parameters.read(one, kind) for one in values.split("|"))
        _refuse_impossible(name, *choices)
        return Range(name, choices=choices)
    if kind.base not in (int, float) or kind.many:
        raise ValueError(f"{values!r} is a range of numbers, which {name} is not; write name=a|b|c")
    first, last = parameters.read(low, kind), parameters.read(high, kind)
    if first is None or last is None or not first < last or (log and first <= 0):
        raise ValueError(f"{values!r} must go from a smaller to a larger number" + " above 0" * log)
    _refuse_impossible(name, first, last)
    return Range(name, first, last, log, kind.base is int)


def _refuse_impossible(name: str, *values: Any) -> None:
    """Refuse what no training takes. What contradicts another parameter may be right beside the base task's."""
    for value in values:
        try:
            replace(TrainConfig(), **{name: value})
        except ConfigError as fault:
            if str(fault).startswith(f"{name} is "):
                raise ValueError(str(fault)) from fault
