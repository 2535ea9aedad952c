"""Which clips of a data set are taken, by its own columns, and labels that are read out of file names.

`where="instrument_source=acoustic"` takes part of any data set; `label_pattern` gives labels by a regular expression,
as fastai's `RegexLabeller` does: searched in the file's name, its group is the label.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from audio.datasets.contract import Clip
from audio.errors import ConfigError, DatasetError
from audio.named import by_name, printable

SHOWN = 12  # values of a column that a message names
LABEL = "label"  # of every data set; a clip with several has each of them
COMMON: Mapping[str, Callable[[Clip], str]] = {  # of every data set; its own columns of that name go before
    "file": lambda clip: printable(clip.path.name),
    "folder": lambda clip: printable(clip.path.parent.name),
    "fold": lambda clip: str(clip.fold) if clip.fold else "",
    "split": lambda clip: clip.split,
    "source": lambda clip: clip.source,
}


@dataclass(frozen=True)
class Condition:
    """One part of `where`: a column that has, or has not, one of some values."""

    column: str
    values: tuple[str, ...]
    wanted: bool

    def holds(self, clip: Clip) -> bool:
        return any(value in self.values for value in values_of(clip, self.column)) is self.wanted


def values_of(clip: Clip, column: str) -> tuple[str, ...]:
    """What stands in a column for a clip: its labels, or one text; an empty one where the column is not there."""
    if column == LABEL:
        return clip.labels
    if column in clip.columns:
        return (clip.columns[column],)
    return (COMMON[column](clip) if column in COMMON else "",)


def conditions(where: str) -> list[Condition]:
    """The parts of `column=value; column=one|another; column!=value`. Raises ConfigError for anything else."""
    found = []
    for part in filter(None, (one.strip() for one in where.split(";"))):
        column, sign, values = part.partition("=")
        wanted = not column.endswith("!")
        column = column.rstrip("!").strip()
        if not sign or not column:
            raise ConfigError(
                f"where is {where!r}; it must be like instrument_source=acoustic, with | between several values, != "
                "for all others, and ; between several conditions."
            )
        found.append(Condition(column, tuple(value.strip() for value in values.split("|")), wanted))
    return found


def chosen(clips: Sequence[Clip], where: str) -> list[Clip]:
    """The clips that meet all of `where`. Raises DatasetError: a column or a value that there is not, with those there
    are, and conditions that no clip meets together."""
    left = list(clips)
    columns = dict.fromkeys([*(name for clip in clips for name in clip.columns), LABEL, *COMMON])
    for one in conditions(where):
        by_name(columns, one.column, "column", DatasetError)
        there = Counter(value for clip in clips for value in values_of(clip, one.column))
        if unknown := [value for value in one.values if value not in there]:
            named = ", ".join(repr(value) for value, _ in there.most_common(SHOWN))
            more = f" and {len(there) - SHOWN} more" if len(there) > SHOWN else ""
            raise DatasetError(
                f"where={where!r}: no clip has {unknown[0]!r} in the column {one.column}. There are: {named}{more}."
            )
        left = [clip for clip in left if one.holds(clip)]
    if not left:
        raise DatasetError(f"where={where!r}: none of the {len(clips)} clips meets all of it.")
    return left


def labeller(pattern: str) -> re.Pattern[str]:
    """The compiled pattern. Raises ConfigError: no regular expression, or no group that could be the label."""
    try:
        found = re.compile(pattern)
    except re.error as error:
        raise ConfigError(f"label_pattern is {pattern!r}, no regular expression: {error}.") from error
    if found.groups != 1 and LABEL not in found.groupindex:
        raise ConfigError(
            f"label_pattern is {pattern!r}, with {found.groups or 'no'} group{'s' * (found.groups != 1)}; it must have "
            rf"one, as in (\w+)_\w+_\d+-\d+-\d+, or one that is called (?P<{LABEL}>…)."
        )
    return found


def relabelled(clips: Sequence[Clip], pattern: str) -> list[Clip]:
    """The clips with what the pattern's group finds in their file's name as their only label.

    Raises DatasetError: names in which it finds nothing, with the first of them.
    """
    search, found = labeller(pattern), []
    group = LABEL if LABEL in search.groupindex else 1
    unlike = []
    for clip in clips:
        match = search.search(printable(clip.path.name))
        if match and match[group]:
            found.append(replace(clip, labels=(match[group],)))
        else:
            unlike.append(clip)
    if unlike:
        raise DatasetError(
            f"label_pattern {pattern!r} finds no label in {len(unlike)} of {len(clips)} names, the first is "
            f"{printable(unlike[0].path.name)}. Widen it, or leave such clips out with where."
        )
    return found
