"""Calibration: how far probabilities come true, and what makes them: fitted on clips that are not held out.

The temperature (Guo et al. 2017, arXiv:1706.04599) is the one number that divides all logits so that the development
clips' loss is least; it changes no answer where a clip has one label. The expected calibration error is theirs, too:
the gap between confidence and accuracy in equal bins of confidence, weighed by their clips. With several labels every
label is an answer of its own, and each class has the threshold with the best F1 on the development clips.
"""

import numpy as np
import pandas as pd
import torch
from scipy import optimize
from sklearn import metrics

from audio.metrics.calibration import Calibration
from audio.metrics.figures import Answers
from audio.metrics.objective import loss_of, probabilities
from audio.metrics.statistics import wilson

BINS = 15
HOTTEST = 20.0  # a model that is of no use would have any temperature
FEWEST = 3  # clips with a label, and without, below which its threshold stays at a half


def fitted(
    logits: np.ndarray, targets: np.ndarray, multi_label: bool, classes: list[str], recordings: int
) -> Calibration:
    """The calibration of development clips: logits and labels (0 or 1), `(clips, classes)` each."""
    temperature = temperature_of(logits, targets, multi_label)
    before, after = (
        Answers(targets > 0.5, chances_of(some, multi_label), multi_label, classes)
        for some in (logits, logits / temperature)
    )
    return Calibration(
        temperature=temperature,
        thresholds=thresholds_of(after) if multi_label else [],
        clips=len(logits),
        recordings=recordings,
        ece=calibration_error(before),
        ece_calibrated=calibration_error(after),
    )


def temperature_of(logits: np.ndarray, targets: np.ndarray, multi_label: bool) -> float:
    """The one with the least loss, between 1 / `HOTTEST` and `HOTTEST`."""
    given, wanted = torch.from_numpy(logits).double(), torch.from_numpy(targets).double()

    def loss(logarithm: float) -> float:
        return float(loss_of(given / np.exp(logarithm), wanted, multi_label).mean())

    most = np.log(HOTTEST)
    found = optimize.minimize_scalar(loss, bounds=(-most, most), method="bounded", options={"xatol": 1e-4})
    return float(np.exp(found.x))


def thresholds_of(answers: Answers) -> list[float]:
    """For each class the threshold with the best F1; a half where too few clips have or lack it."""
    found = []
    for place in range(len(answers.classes)):
        truth, chance = answers.targets[:, place], answers.probabilities[:, place]
        if min(truth.sum(), (~truth).sum()) < FEWEST:
            found.append(0.5)
            continue
        precision, recall, edges = metrics.precision_recall_curve(truth, chance)
        f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
        best = int(f1[:-1].argmax())  # at or above this edge a label counts
        below = chance[chance < edges[best]]
        found.append(float((edges[best] + (below.max() if len(below) else 0.0)) / 2))
    return found


def chances_of(logits: np.ndarray, multi_label: bool) -> np.ndarray:
    """Probabilities, float32 `(clips, classes)`."""
    return probabilities(torch.tensor(logits, dtype=torch.float32), multi_label).numpy()


def calibration_error(answers: Answers, bins: int = BINS) -> float:
    """Expected calibration error, 0 to 1. With few clips chance alone gives some hundredths."""
    table = reliability(answers, bins)
    gaps = (table["confidence"] - table["share"]).abs() * table["answers"]
    return float(gaps.sum() / table["answers"].sum())


def reliability(answers: Answers, bins: int = BINS) -> pd.DataFrame:
    """A row for each bin of confidence that has answers.

    `from` and `to` of the bin, `confidence` (mean) of its `answers`, `share` of them that came true, with the bounds of
    its 95 % interval (Wilson), `share low` and `share high`.
    """
    if answers.multi_label:
        confidence, true = answers.probabilities.ravel(), answers.targets.ravel()
    else:
        confidence = answers.probabilities.max(1)
        best = answers.probabilities.argmax(1)
        true = answers.targets[np.arange(len(best)), best]
    edges = np.linspace(0, 1, bins + 1)
    place = np.clip(np.searchsorted(edges, confidence, "left") - 1, 0, bins - 1)  # a bin holds its upper edge
    rows = []
    for one in np.unique(place):
        inside = place == one
        share, count = float(true[inside].mean()), int(inside.sum())
        low, high = wilson(share, count)
        rows.append((edges[one], edges[one + 1], float(confidence[inside].mean()), share, low, high, count))
    names = ["from", "to", "confidence", "share", "share low", "share high", "answers"]
    return pd.DataFrame(rows, columns=names)
