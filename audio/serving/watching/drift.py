"""Whether sounds that a model is asked about are other ones than those it was judged on.

Of each quantity both distributions are held against each other: by the largest distance of their cumulative curves
(Kolmogorov and Smirnov's statistic) and by the population stability index (PSI), with a 95 % interval over recordings.
How likely a distance is by chance is found by exchanging whole recordings between both sides; all quantities together,
so that looking at many of them finds nothing more often than `level`. Something has drifted where chance would hardly
make it *and* the index is at least `least`: with enough sounds, any difference is certain.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from audio.errors import ConfigError
from audio.serving.watching.described import ANSWER, SOUND, Described

FEWEST = 20  # sounds of a side
FEWEST_OF_CLASS = 10
BINS = 10  # of the index, each with a tenth of the clips
EXCHANGES = 999
RESAMPLES = 400
SHARES = "shares of the classes"

Index = Callable[[np.ndarray, np.ndarray], float]  # of the places of some sounds, and of others


@dataclass(frozen=True)
class Drift:
    """What was found."""

    quantities: (
        pd.DataFrame
    )  # quantity, of, unit, clips (median), requests (median), distance, psi, from, to, p, drifted
    classes: (
        pd.DataFrame
    )  # class, clips, requests (shares), difference, from, to, p, drifted, and what its sounds are like
    clips: int
    requests: int
    level: float
    least: float

    @property
    def drifted(self) -> list[str]:
        """The quantities and classes that have drifted, the surest first."""
        some = self.quantities[self.quantities["drifted"]].sort_values("psi", ascending=False)
        found = list(some["quantity"])
        of_classes = self.classes[self.classes["drifted"]]
        return [*found, *(f"{name} ({SHARES})" for name in of_classes["class"] if SHARES in found)]

    def text(self) -> str:
        """In a sentence."""
        sides = f"{self.requests} requests beside {self.clips} clips"
        if not self.drifted:
            return f"no drift: {sides}"
        return f"drift in {', '.join(self.drifted)}: {sides}"


def drift(
    clips: Described, requests: Described, level: float = 0.05, least: float = 0.1, seed: int = 0
) -> Drift:
    """Hold requests against clips. Raises ConfigError: there are too few of either."""
    for what, side in (("clips", clips), ("requests", requests)):
        if len(side) < FEWEST:
            raise ConfigError(f"{len(side)} {what} are too few to tell drift from chance; it takes {FEWEST}.")
    dice = np.random.default_rng(seed)
    values = np.concatenate([clips.values, requests.values])
    labels = np.concatenate([clips.labels, requests.labels])
    groups = np.concatenate([clips.groups, requests.groups + clips.groups.max() + 1])
    asked = np.arange(len(values)) >= len(clips)
    count = len(clips.classes)

    def distances(side: np.ndarray) -> np.ndarray:
        return np.array([*_curves(values, side), _shares_apart(labels, side, count)])

    found = distances(asked)
    p = _by_exchange(distances, found, asked, groups, dice)
    names = {**dict.fromkeys(SOUND, "sound"), **dict.fromkeys(ANSWER, "answer"), SHARES: "answer"}
    units = {**SOUND, **ANSWER, SHARES: ""}
    rows = []
    for at, (name, of) in enumerate(names.items()):
        column = values[:, at] if at < values.shape[1] else None
        psi, low, high = _interval(_index(column, asked, labels, count), asked, groups, dice)
        sides = (
            [np.nan] * 2 if column is None else [float(np.median(column[side])) for side in (~asked, asked)]
        )
        drifted = bool(p[at] <= level and psi >= least)
        rows.append((name, of, units[name], *sides, found[at], psi, low, high, p[at], drifted))
    head = ["quantity", "of", "unit", "clips", "requests", "distance", "psi", "from", "to", "p", "drifted"]
    return Drift(
        pd.DataFrame(rows, columns=head),
        _of_classes(values, labels, asked, groups, clips.classes, level, dice),
        len(clips),
        len(requests),
        level,
        least,
    )


def _curves(values: np.ndarray, side: np.ndarray) -> np.ndarray:
    """Kolmogorov and Smirnov's statistic of each column."""
    order = np.argsort(values, axis=0, kind="stable")
    steps = np.where(side, 1 / side.sum(), -1 / (~side).sum())[order]
    heights = np.cumsum(steps, 0)
    ordered = np.take_along_axis(values, order, 0)
    last = np.vstack([ordered[1:] > ordered[:-1], np.ones((1, values.shape[1]), bool)])  # of equal values
    return np.asarray(np.abs(np.where(last, heights, 0)).max(0))


def _shares_apart(labels: np.ndarray, side: np.ndarray, count: int) -> float:
    """Half the sum of the differences of the classes' shares: how much of one side would have to change."""
    one, other = (np.bincount(labels[some], minlength=count) / max(1, some.sum()) for some in (side, ~side))
    return float(np.abs(one - other).sum() / 2)


def _by_exchange(
    measure: Callable[[np.ndarray], np.ndarray],
    found: np.ndarray,
    asked: np.ndarray,
    groups: np.ndarray,
    dice: np.random.Generator,
) -> np.ndarray:
    """How often chance alone makes the largest of all, in units of each one's own spread, at least as large."""
    made = np.array([measure(_exchanged(asked, groups, dice)) for _ in range(EXCHANGES)])
    middle, spread = made.mean(0), made.std(0) + 1e-12
    largest = ((made - middle) / spread).max(1)
    own = (found - middle) / spread
    return np.asarray((1 + (largest[:, None] >= own).sum(0)) / (1 + EXCHANGES))


def _exchanged(asked: np.ndarray, groups: np.ndarray, dice: np.random.Generator) -> np.ndarray:
    """Sides anew, with whole recordings on either, and about as many sounds of requests."""
    order = dice.permutation(groups.max() + 1)
    sizes = np.bincount(groups, minlength=len(order))[order]
    before = np.cumsum(sizes) - sizes
    chosen = np.zeros(len(order), bool)
    chosen[order[before + sizes / 2 <= asked.sum()]] = True
    side = chosen[groups]
    return side if side.any() and not side.all() else asked


def _interval(
    index: Index, asked: np.ndarray, groups: np.ndarray, dice: np.random.Generator
) -> tuple[float, float, float]:
    """The index and its 95 % interval, recordings drawn anew on each side; without what chance adds to it.

    That is what it is on the average when recordings are exchanged; drawing anew adds it once more.
    """
    sides = [np.flatnonzero(~asked), np.flatnonzero(asked)]
    exchanged = [_exchanged(asked, groups, dice) for _ in range(RESAMPLES)]
    chance = float(np.mean([index(np.flatnonzero(~side), np.flatnonzero(side)) for side in exchanged]))
    made = [index(*(_drawn(side, groups, dice) for side in sides)) - 2 * chance for _ in range(RESAMPLES)]
    low, high = np.quantile(made, [0.025, 0.975])
    return max(0.0, index(*sides) - chance), max(0.0, float(low)), max(0.0, float(high))


def _drawn(side: np.ndarray, groups: np.ndarray, dice: np.random.Generator) -> np.ndarray:
    """Sounds of one side, its recordings drawn anew."""
    own = groups[side]
    names, at, sizes = np.unique(own, return_inverse=True, return_counts=True)
    if len(names) == len(side):
        return side[dice.integers(0, len(side), len(side))]
    ordered, ends = side[np.argsort(at, kind="stable")], np.cumsum(sizes)
    return np.concatenate(
        [ordered[ends[one] - sizes[one] : ends[one]] for one in dice.integers(0, len(names), len(names))]
    )


def _index(values: np.ndarray | None, asked: np.ndarray, labels: np.ndarray, count: int) -> Index:
    """The PSI between some sounds and others: of values in bins with a tenth of the clips each, or of classes."""
    bins, size = labels, count
    if values is not None:
        edges = np.quantile(values[~asked], np.linspace(0, 1, BINS + 1)[1:-1])
        bins, size = np.searchsorted(edges, values), BINS
    return lambda one, other: _psi(*(np.bincount(bins[side], minlength=size) for side in (one, other)))


def _psi(one: np.ndarray, other: np.ndarray) -> float:
    """With half a sound more in each bin, so that an empty one is no infinity."""
    shares = [(counts + 0.5) / (counts.sum() + 0.5 * len(counts)) for counts in (one, other)]
    return float(np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0])))


def _of_classes(
    values: np.ndarray,
    labels: np.ndarray,
    asked: np.ndarray,
    groups: np.ndarray,
    classes: list[str],
    level: float,
    dice: np.random.Generator,
) -> pd.DataFrame:
    """A row for each class: how its share has changed, and where the sounds that are taken for it differ most."""
    several = np.eye(len(classes))[labels]

    def apart(side: np.ndarray) -> np.ndarray:
        return np.asarray(several[side].mean(0) - several[~side].mean(0))

    p = _by_exchange(lambda side: np.abs(apart(side)), np.abs(apart(asked)), asked, groups, dice)
    sides = [np.flatnonzero(~asked), np.flatnonzero(asked)]
    drawn = [[several[_drawn(side, groups, dice)].mean(0) for side in sides] for _ in range(RESAMPLES)]
    low, high = np.quantile([after - before for before, after in drawn], [0.025, 0.975], axis=0)
    rows = []
    names = [*SOUND, *ANSWER]
    for at, name in enumerate(classes):
        own = labels == at
        shares = several[~asked, at].mean(), several[asked, at].mean()
        most, distance, chance = _most_changed(values[own], asked[own], groups[own], names, dice)
        rows.append(
            (
                name,
                *shares,
                shares[1] - shares[0],
                low[at],
                high[at],
                p[at],
                bool(p[at] <= level),
                most,
                distance,
                chance,
            )
        )
    head = ["class", "clips", "requests", "difference", "from", "to", "p", "drifted"]
    return pd.DataFrame(rows, columns=[*head, "its sounds differ most in", "distance", "p of that"])


def _most_changed(
    values: np.ndarray, asked: np.ndarray, groups: np.ndarray, names: list[str], dice: np.random.Generator
) -> tuple[str, float, float]:
    """The quantity that differs most among sounds of one class; nothing where there are few of them."""
    if min(asked.sum(), (~asked).sum()) < FEWEST_OF_CLASS:
        return "too few", np.nan, np.nan
    numbers = np.unique(groups, return_inverse=True)[1]
    found = _curves(values, asked)
    p = _by_exchange(lambda side: _curves(values, side), found, asked, numbers, dice)
    at = int(np.lexsort((-found, p))[0])
    return names[at], float(found[at]), float(p[at])
