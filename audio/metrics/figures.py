"""Figures of a model's answers, by name: those that come along, and those of plugins.

@metrics.register("mine", about="…")
def mine(answers: Answers) -> float: ...
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Real

import numpy as np

from audio import registry
from audio.errors import PluginError
from audio.metrics import statistics

TOP = 3


@dataclass(frozen=True)
class Answers:
    """What a model said of some clips."""

    targets: np.ndarray  # bool (clips, classes): the labels
    probabilities: np.ndarray  # float32 (clips, classes)
    multi_label: bool
    classes: list[str]
    thresholds: np.ndarray | None = None  # (classes,) that labels count from; None: a half

    def of(self, clips: np.ndarray) -> "Answers":
        """Those to some of the clips, bool `(clips,)` or their places."""
        return replace(self, targets=self.targets[clips], probabilities=self.probabilities[clips])

    @property
    def given(self) -> np.ndarray:
        """bool `(clips, classes)`: the most probable class, or every label above its threshold."""
        if self.multi_label and self.thresholds is not None:
            return np.asarray(self.probabilities > self.thresholds)
        return statistics.answers_of(self.probabilities, self.multi_label)


def figures(names: Sequence[str], answers: Answers) -> dict[str, float]:
    """Each metric's value. Raises ConfigError: an unknown one; PluginError: one that gives no number."""
    return {name: _figure(registry.metrics.entry(name), answers) for name in names}


def _figure(entry: registry.Entry, answers: Answers) -> float:
    found = entry.loaded(answers)
    if isinstance(found, np.ndarray) and found.size == 1:
        found = found.item()
    if not isinstance(found, Real):
        raise PluginError(
            f"The metric {entry.name!r} ({entry.where}) gives {type(found).__name__}; it must return one number."
        )
    return float(found)


def accuracy(answers: Answers) -> float:
    """Share of clips whose labels are all right."""
    return float((answers.targets == answers.given).all(1).mean())


def macro_f1(answers: Answers) -> float:
    return statistics.macro_f1(statistics.counts(answers.targets, answers.given))


def balanced_accuracy(answers: Answers) -> float:
    """Mean recall of the classes that occur, as scikit-learn's `balanced_accuracy_score`."""
    support = answers.targets.sum(0)
    hits = (answers.targets & answers.given).sum(0)
    occurs = support > 0
    return float((hits[occurs] / support[occurs]).mean()) if occurs.any() else math.nan


def top3(answers: Answers) -> float:
    """Share of clips with a right label among the three most probable."""
    return top(answers, TOP)


def top5(answers: Answers) -> float:
    """Share of clips with a right label among the five most probable."""
    return top(answers, 5)


def top(answers: Answers, count: int) -> float:
    """Share of clips with a right label among the `count` most probable."""
    return float(hit_among(answers, count).mean())


def hit_among(answers: Answers, count: int) -> np.ndarray:
    """bool `(clips,)`: whether a right label is among the `count` most probable."""
    best = np.argsort(-answers.probabilities, axis=1, kind="stable")[:, :count]
    return np.asarray(np.take_along_axis(answers.targets, best, axis=1).any(1))
