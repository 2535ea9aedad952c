"""How the answers for windows become events: every parameter, declared once."""

from collections.abc import Sequence
from dataclasses import dataclass

from audio.errors import ConfigError
from audio.parameters.parameter import Group, check

EVENTS = Group("Events")
BETWEEN = "="  # a class and its threshold


@dataclass
class EventConfig:
    """Windows' probabilities to events."""

    hop: float | None = EVENTS(
        None, "between the windows that are heard; none: half a window", 0.001, 3600, unit="s"
    )
    threshold: float = EVENTS(0.5, "probability from which on an event of a class begins", 0, 1)
    thresholds: list[str] = EVENTS(
        [], "thresholds of single classes, such as dog=0.7; where a name has blanks, as a JSON list"
    )
    release: float = EVENTS(
        0.8, "share of its threshold below which an event ends; 1: as soon as it is below the threshold", 0, 1
    )
    gap: float = EVENTS(0.0, "longest pause between two events of a class that makes them one", 0, unit="s")
    shortest: float = EVENTS(0.0, "length below which an event is dropped", 0, unit="s")
    overlap: float | None = EVENTS(
        None,
        "share of the shorter of two classes' events from which on the weaker one is dropped; none: both are told",
        0,
        1,
    )
    classes: list[str] = EVENTS([], "that are told; empty: all")

    def __post_init__(self) -> None:
        check(self)

    def of_classes(self, classes: list[str], fitted: Sequence[float] = ()) -> list[float]:
        """The threshold of each class of a model; one that is not told has infinity.

        `fitted` are those that a training has fitted, which take the place of `threshold`.
        Raises ConfigError: a class that the model does not know, or a threshold that is none.
        """
        found = [*fitted] or [self.threshold] * len(classes)
        for one in self.thresholds:
            name, between, text = one.rpartition(BETWEEN)
            try:
                limit = float(text)
            except ValueError:
                limit = -1.0
            if not between or not 0 <= limit <= 1:
                raise ConfigError(f"thresholds has {one!r}; write CLASS=PROBABILITY, such as dog=0.7.")
            found[_place("thresholds", name, classes)] = limit
        told = {_place("classes", name, classes) for name in self.classes}
        return [limit if not told or at in told else float("inf") for at, limit in enumerate(found)]


def _place(parameter: str, name: str, classes: list[str]) -> int:
    if name not in classes:
        raise ConfigError(f"{parameter} names {name!r}; the model knows {', '.join(classes)}.")
    return classes.index(name)
