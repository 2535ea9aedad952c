"""The little language for the values of searched parameters: `learning_rate=log:0.001..0.1, model=cnn|crnn`."""

import re
from dataclasses import dataclass, replace
from typing import Any

from audio.config import TrainConfig
from audio.errors import ConfigError
from audio.parameter import Kind, kinds
from tasks import parameters
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


def ranges(space: str) -> list[Range]:
    """What the text stands for. Raises BadParameter: not readable, no such parameter, values that it can't have."""
    known = kinds(TrainConfig)
    found: list[Range] = []
    for part in filter(None, re.split(r"[,;\s]+", space)):
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
