"""Intervals of figures, by drawing recordings anew: clips of one recording are right or wrong together.

The bounds are percentiles of the resamples, taken further out where recordings are few: a bootstrap of n recordings is
too narrow by the square root of (n - 1) / n, and knows of no Student's t (Hesterberg 2015, "What teachers should know
about the bootstrap"). Shares of clips (accuracy, top-k, a class's recall) have Wilson's interval of so many independent
clips instead (`audio.metrics.statistics.independent`), which keeps its promise near 0 and 1, where percentiles do not.
So has a figure that no resample moves: nothing drawn anew can tell what mistakes there would be. In simulation they
hold the true figure 92 to 96 times of 100 from forty recordings on; with a dozen, those of curves and macro-F1 do 86 to
93 times.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import stats

from audio.metrics.figures import Answers, hit_among
from audio.metrics.resampled import resampled
from audio.metrics.scores import OF_A_CLASS, class_scores, scores
from audio.metrics.statistics import CONFIDENCE, independent, wilson

RESAMPLES = 1000


@dataclass(frozen=True)
class Figure:
    """A figure with the interval in which it lies on recordings like these, with a confidence of 95 %."""

    value: float
    low: float = math.nan  # NaN: nothing can be said, of a single recording for one
    high: float = math.nan

    def __str__(self) -> str:
        known = not (math.isnan(self.low) or math.isnan(self.high))
        return f"{self.value:.4g}" + (f" ({self.low:.3g} to {self.high:.3g})" if known else "")


@dataclass
class Judged:
    """All figures of some answers."""

    figures: dict[str, Figure]  # by the names of `audio.metrics.scores.FIGURES`
    per_class: pd.DataFrame  # index: class; `OF_A_CLASS`, each with `… low` and `… high`, and `support`
    clips: int
    recordings: int
    resamples: int  # 0: there are no intervals
    notes: list[str] = field(default_factory=list)  # what the figures leave out


def judged(
    answers: Answers, recordings: Sequence[object], resamples: int = RESAMPLES, seed: int = 0
) -> Judged:
    """The figures of answers, with intervals by drawing `recordings` (the name of each clip's) anew."""
    _, places = np.unique(np.asarray(recordings, str), return_inverse=True)
    count = int(places.max()) + 1
    values, per_class = scores(answers), class_scores(answers)
    drawn = draw(count, resamples if count > 1 else 0, seed)
    if not len(drawn):
        figures = {name: Figure(value) for name, value in values.items()}
        return Judged(figures, per_class, len(places), count, 0, _notes(answers, count))
    moved = resampled(answers, places, drawn)
    shares = right_of(answers)
    figures = {
        name: _share(shares[name], places) if name in shares else _figure(value, moved[name], count)
        for name, value in values.items()
    }
    table = _with_bounds(per_class, answers, places, moved)
    return Judged(figures, table, len(places), count, resamples, _notes(answers, count))


def right_of(answers: Answers) -> dict[str, np.ndarray]:
    """The figures that are shares of clips: bool `(clips,)`, which of them count."""
    right = (answers.targets == answers.given).all(1)
    same = {} if answers.multi_label else {"micro_f1": right}
    tops = {f"top{k}": hit_among(answers, k) for k in (3, 5) if k < len(answers.classes)}
    return {"accuracy": right, **same, **tops}


def _with_bounds(
    per_class: pd.DataFrame, answers: Answers, places: np.ndarray, moved: dict[str, np.ndarray]
) -> pd.DataFrame:
    """The table of classes, each figure followed by the bounds of its interval."""
    columns: dict[str, list[float]] = {}
    having = [len(np.unique(places[column])) for column in answers.targets.T]
    for name in OF_A_CLASS:
        of_each = [
            _figure(value, column, recordings)
            for value, column, recordings in zip(
                per_class[name], moved[f"class {name}"].T, having, strict=True
            )
        ]
        if name == "recall":
            of_each = [
                _share(answers.given[column, place], places[column]) if column.any() else Figure(0.0)
                for place, column in enumerate(answers.targets.T)
            ]
        columns |= {
            name: list(per_class[name]),
            f"{name} low": [one.low for one in of_each],
            f"{name} high": [one.high for one in of_each],
        }
    return pd.DataFrame({**columns, "support": per_class["support"]}, index=per_class.index)


def _share(right: np.ndarray, places: np.ndarray) -> Figure:
    value = float(right.mean())
    if len(np.unique(places)) < 2:
        return Figure(value)
    return Figure(value, *wilson(value, independent(right, list(places))))


def draw(recordings: int, resamples: int, seed: int) -> np.ndarray:
    """int `(resamples, recordings)`: how often each recording was drawn, as many as there are in all."""
    dice = np.random.default_rng(seed)
    return dice.multinomial(recordings, np.full(recordings, 1 / recordings), size=resamples)


def _figure(value: float, moved: np.ndarray, recordings: int) -> Figure:
    moved = moved[~np.isnan(moved)]
    if math.isnan(value) or recordings < 2 or not len(moved):
        return Figure(value)
    if np.ptp(moved) < 1e-12:  # whatever is drawn, it is the same: all right, or all wrong
        low, high = wilson(value, recordings)
        return Figure(value, low, high)
    tail = further_out(recordings)
    low, high = np.quantile(moved, [tail, 1 - tail])
    return Figure(value, min(float(low), value), max(float(high), value))


def further_out(recordings: int) -> float:
    """The share of resamples beyond each bound, less than 2.5 % where recordings are few."""
    quantile = stats.t.ppf((1 - CONFIDENCE) / 2, recordings - 1)
    return float(stats.norm.cdf(quantile * math.sqrt(recordings / (recordings - 1))))


def _notes(answers: Answers, recordings: int) -> list[str]:
    notes = []
    if absent := [answers.classes[place] for place in np.flatnonzero(answers.targets.sum(0) == 0)]:
        named = ", ".join(absent[:5]) + (f" and {len(absent) - 5} more" if len(absent) > 5 else "")
        notes.append(f"no clip has the class {named}: means over classes leave it out")
    if recordings == 1:
        notes.append("all clips are of one recording: there are no intervals")
    return notes
