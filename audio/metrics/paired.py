"""Two models on the same clips: is one better, or was it luck? McNemar's exact test, and a bootstrap by recordings.

McNemar's test takes clips as independent; clips cut from one recording are not, so that the bootstrap draws whole
recordings. A gain counts where both say so.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audio.metrics.figures import Answers
from audio.metrics.intervals import RESAMPLES as FIGURE_RESAMPLES
from audio.metrics.intervals import Figure, draw, further_out
from audio.metrics.resampled import resampled
from audio.metrics.scores import scores
from audio.metrics.statistics import CONFIDENCE

RESAMPLES = 10_000


@dataclass(frozen=True)
class Paired:
    """The new model beside the old one; `gain` is the difference of their accuracies, new minus old."""

    clips: int
    recordings: int
    only_new: int  # clips that the new one alone has right
    only_old: int
    gain: float
    interval: tuple[float, float]  # of the gain, 95 %, by bootstrap over recordings
    p_mcnemar: float  # exact, two-sided
    p_bootstrap: float  # two-sided

    def better(self, level: float) -> bool:
        """Whether the new model has more right, and chance alone would hardly make that (both p at most `level`)."""
        return self.gain > 0 and max(self.p_mcnemar, self.p_bootstrap) <= level


def paired(new: np.ndarray, old: np.ndarray, recordings: Sequence[object], seed: int = 0) -> Paired:
    """Compare right answers, bool `(clips,)` each in the same order; `recordings` names that of each clip.

    Raises ValueError where there is no clip.
    """
    if not len(new):
        raise ValueError("no clip is common to the two models")
    only_new, only_old = int((new & ~old).sum()), int((old & ~new).sum())
    gains = _resampled(new.astype(int) - old.astype(int), recordings, seed)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(gains, [tail, 1 - tail])
    return Paired(
        clips=len(new),
        recordings=len(set(recordings)),
        only_new=only_new,
        only_old=only_old,
        gain=(only_new - only_old) / len(new),
        interval=(float(low), float(high)),
        p_mcnemar=mcnemar(only_new, only_old),
        p_bootstrap=_p_of(gains),
    )


def gains(new: Answers, old: Answers, recordings: Sequence[object], seed: int = 0) -> dict[str, Figure]:
    """The difference of every figure, new minus old, on the same clips in the same order.

    With its 95 % interval: both models are judged on the same recordings, drawn anew. A figure that either lacks is
    left out.
    """
    _, places = np.unique(np.asarray(recordings, str), return_inverse=True)
    count = int(places.max()) + 1
    values = {name: value - scores(old).get(name, math.nan) for name, value in scores(new).items()}
    values = {name: value for name, value in values.items() if not math.isnan(value)}
    if count < 2:
        return {name: Figure(value) for name, value in values.items()}
    drawn, tail = draw(count, FIGURE_RESAMPLES, seed), further_out(count)
    moved, before = (resampled(answers, places, drawn) for answers in (new, old))
    found = {}
    for name, value in values.items():
        low, high = np.nanquantile(moved[name] - before[name], [tail, 1 - tail])
        found[name] = Figure(value, float(low), float(high))
    return found


def mcnemar(only_new: int, only_old: int) -> float:
    """The exact two-sided p of McNemar's test (1947): had the two been equal, each such clip were a fair coin."""
    tosses = only_new + only_old
    tail = sum(math.comb(tosses, heads) for heads in range(min(only_new, only_old) + 1))
    return min(1.0, 2 * tail / 2**tosses)


def _resampled(differences: np.ndarray, recordings: Sequence[object], seed: int) -> np.ndarray:
    """Gains `(resamples,)` of recordings drawn anew, with all clips of each."""
    _, places = np.unique(np.asarray(recordings, str), return_inverse=True)
    sums, sizes = np.bincount(places, weights=differences), np.bincount(places)
    generator, count = np.random.default_rng(seed), len(sizes)
    gains = np.empty(RESAMPLES)
    for place in range(RESAMPLES):  # one at a time: all at once would be gigabytes for a large set
        drawn = generator.integers(count, size=count)
        gains[place] = sums[drawn].sum() / sizes[drawn].sum()
    return gains


def _p_of(gains: np.ndarray) -> float:
    """Two-sided: how often the resampled gain is not on the side where it lies; never 0, which no sample proves."""
    beyond = min(int((gains <= 0).sum()), int((gains >= 0).sum()))
    return min(1.0, 2 * (beyond + 1) / (len(gains) + 1))
