"""How well events agree with those that people have marked: event by event, and segment by segment.

The definitions are those of Mesaros, Heittola and Virtanen, "Metrics for polyphonic sound event detection", Applied
Sciences 6 (2016), as in the package sed_eval, which is not maintained any more.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from audio.events.tracking import EXACT, Event

COLLAR = 0.2  # s by which an event may begin, or end, elsewhere than the marked one
SHARE = 0.5  # of the marked one's length by which it may end elsewhere, where that is more
SEGMENT = 1.0  # s


@dataclass
class Counts:
    """Events, or segments with an event, that are right, too much, or missed."""

    right: int = 0
    extra: int = 0
    missed: int = 0

    def add(self, other: "Counts") -> None:
        self.right += other.right
        self.extra += other.extra
        self.missed += other.missed

    @property
    def marked(self) -> int:
        return self.right + self.missed

    @property
    def precision(self) -> float:
        """NaN where nothing was found."""
        return _share(self.right, self.right + self.extra)

    @property
    def recall(self) -> float:
        """NaN where nothing is marked."""
        return _share(self.right, self.marked)

    @property
    def f1(self) -> float:
        """NaN where nothing is marked and nothing was found."""
        return _share(2 * self.right, 2 * self.right + self.extra + self.missed)


@dataclass
class Scores:
    """One way of counting."""

    by_class: dict[str, Counts]
    error_rate: float  # substitutions, deletions and insertions for each that is marked

    @property
    def overall(self) -> Counts:
        """Of all classes together."""
        total = Counts()
        for counts in self.by_class.values():
            total.add(counts)
        return total

    @property
    def macro_f1(self) -> float:
        """The mean over the classes that are marked or found."""
        known = [counts.f1 for counts in self.by_class.values() if not math.isnan(counts.f1)]
        return sum(known) / len(known) if known else float("nan")


Recordings = Iterable[tuple[Sequence[Event], Sequence[Event]]]  # marked and found


def event_based(
    recordings: Recordings, classes: Sequence[str], collar: float = COLLAR, share: float = SHARE
) -> Scores:
    """An event is right where a marked one of its class, which is no other's, begins and ends near it.

    One that is right but for its class is one error, of substitution, not two.
    """
    totals = {name: Counts() for name in classes}
    errors = 0
    for marked, found in recordings:
        missed: list[Event] = []
        extra: list[Event] = []
        for name in classes:
            mine = [one for one in marked if one.label == name]
            theirs = [one for one in found if one.label == name]
            pairs = _pairs(mine, theirs, collar, share)
            matched = set(pairs.values())
            totals[name].add(Counts(len(pairs), len(theirs) - len(pairs), len(mine) - len(pairs)))
            missed += [one for at, one in enumerate(mine) if at not in matched]
            extra += [one for at, one in enumerate(theirs) if at not in pairs]
        errors += len(missed) + len(extra) - len(_pairs(missed, extra, collar, share))
    return Scores(totals, _share(errors, sum(counts.marked for counts in totals.values())))


def segment_based(recordings: Recordings, classes: Sequence[str], segment: float = SEGMENT) -> Scores:
    """A class is right in a segment where it is marked, and found, anywhere in it."""
    totals = {name: Counts() for name in classes}
    errors = 0
    for marked, found in recordings:
        there, heard = _segments(marked, segment), _segments(found, segment)
        for name in classes:
            mine, theirs = there.get(name, set()), heard.get(name, set())
            totals[name].add(Counts(len(mine & theirs), len(theirs - mine), len(mine - theirs)))
        for at in set().union(*there.values(), *heard.values()):
            missed = sum(at in there.get(name, ()) and at not in heard.get(name, ()) for name in classes)
            extra = sum(at in heard.get(name, ()) and at not in there.get(name, ()) for name in classes)
            errors += max(missed, extra)  # of one each is a substitution
    return Scores(totals, _share(errors, sum(counts.marked for counts in totals.values())))


def _segments(events: Sequence[Event], segment: float) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for one in events:
        first = math.floor(one.onset / segment + EXACT)
        last = math.ceil(one.offset / segment - EXACT)
        found.setdefault(one.label, set()).update(range(first, last))
    return found


def _pairs(marked: Sequence[Event], found: Sequence[Event], collar: float, share: float) -> dict[int, int]:
    """Found → marked: the most pairs of near ones that can be made, each event in one at the most (Kuhn)."""
    order = sorted(range(len(found)), key=lambda at: found[at].onset)
    onsets = [found[at].onset for at in order]
    pairs: dict[int, int] = {}

    def finds(row: int, tried: set[int]) -> bool:
        onset, offset = marked[row].onset, marked[row].offset
        late = max(collar, share * marked[row].length) + EXACT
        first = bisect_left(onsets, onset - collar - EXACT)
        for column in order[first : bisect_right(onsets, onset + collar + EXACT)]:
            if column not in tried and abs(found[column].offset - offset) <= late:
                tried.add(column)
                if column not in pairs or finds(pairs[column], tried):
                    pairs[column] = row
                    return True
        return False

    for row in range(len(marked)):
        finds(row, set())
    return pairs


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
