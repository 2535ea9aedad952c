"""Figures of right and wrong answers: the table of classes, macro-F1, and how far chance alone moves a share.

The F1 figures are scikit-learn's; the interval is Wilson's (1927), which keeps what it promises near 0 and 1 too.
"""

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import pandas as pd
from torch import Tensor
from torch.nn import functional as F

CONFIDENCE = 0.95  # of intervals


def one_hot(numbers: np.ndarray, classes: int) -> np.ndarray:
    """`(clips,)` → bool `(clips, classes)`."""
    return np.asarray(np.arange(classes) == numbers[:, None])


def answers_of(probability: np.ndarray, multi_label: bool) -> np.ndarray:
    """bool `(clips, classes)` from probabilities: the most probable class, or every label above a half."""
    return probability > 0.5 if multi_label else one_hot(probability.argmax(1), probability.shape[1])


def confusion_matrix(
    targets: np.ndarray,
    probability: np.ndarray,
    multi_label: bool = False,
    thresholds: np.ndarray | float = 0.5,
) -> np.ndarray:
    """Counts `(true class, predicted class)`; the rows add up to the classes' clips.

    Of several labels each is looked up by itself: one that is found counts for itself, one that is missed for the most
    probable label that the clip does not have (or, where it has all, for the most probable other one).
    """
    if not multi_label:
        guess = answers_of(probability, False)
        return np.asarray(targets.astype(np.int64).T @ guess.astype(np.int64))
    found = targets & (probability > thresholds)
    matrix = np.diag(found.sum(0)).astype(np.int64)
    clips, missed = np.nonzero(targets & ~found)
    scores = np.where(targets, probability - 2.0, probability)[clips]
    scores[np.arange(len(clips)), missed] = -3.0
    instead = scores.argmax(1)
    others = instead != missed  # where there is but one label, there is no other column
    np.add.at(matrix, (missed[others], instead[others]), 1)
    return matrix


def counts(targets: np.ndarray, answers: np.ndarray) -> dict[str, list[int]]:
    """Of each class: `hits` (in both), `support` (clips that have it), `predicted` (clips that were given it)."""
    found = {"hits": (targets & answers).sum(0), "support": targets.sum(0), "predicted": answers.sum(0)}
    return {name: [int(number) for number in numbers] for name, numbers in found.items()}


def class_table(counted: dict[str, list[int]], classes: list[str]) -> pd.DataFrame:
    """Precision, recall, F1 and support of each class, from `counts` or sums of them; 0 over 0 is 0."""
    hits, support, predicted = (np.asarray(counted[name]) for name in ("hits", "support", "predicted"))
    columns = {
        "precision": hits / np.maximum(predicted, 1),
        "recall": hits / np.maximum(support, 1),
        "f1": 2 * hits / np.maximum(support + predicted, 1),
        "support": support,
    }
    return pd.DataFrame(columns, index=pd.Index(classes, name="class"))


def macro_f1(counted: dict[str, list[int]]) -> float:
    """The mean F1 of the classes that occur, among the labels or among the answers.

    As scikit-learn's `f1_score(average="macro")`; for several labels as with its `zero_division=nan`, since a label
    that neither occurs nor is predicted was neither found nor missed.
    """
    hits, support, predicted = (np.asarray(counted[name]) for name in ("hits", "support", "predicted"))
    occurs = support + predicted > 0
    return float((2 * hits[occurs] / (support + predicted)[occurs]).mean()) if occurs.any() else 0.0


def standard_deviation(values: pd.Series) -> float:
    """Standard deviation of a sample; NaN for a single value, which has none."""
    return float(values.std(ddof=1)) if len(values) > 1 else float("nan")


def binomial_error(share: float, clips: int) -> float:
    """Standard deviation of a share of right answers among so many clips, had they been drawn anew."""
    return float(np.sqrt(max(0.0, share * (1 - share)) / max(1, clips)))


def wilson(share: float, clips: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Wilson's interval for a share of right answers among so many clips, drawn independently (`independent`)."""
    if clips <= 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    denominator = 1 + z**2 / clips
    centre = (share + z**2 / (2 * clips)) / denominator
    half = z / denominator * np.sqrt(max(0.0, share * (1 - share)) / clips + z**2 / (4 * clips**2))
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def independent(right: np.ndarray, recordings: Sequence[object]) -> float:
    """How many clips, each of a recording of its own, tell as much of a share as these; fewer where they share some.

    `right` is bool `(clips,)`, `recordings` names that of each. Clips of one recording are right or wrong together: the
    number is divided by the design effect, the variance by recordings (Kish 1965) over the binomial one, and corrected
    for few recordings by Student's t (Korn and Graubard 1998). They count no less than if the clips of each had one
    answer, and as that where all are right, or all wrong: nothing tells then how much they go together.
    """
    clips, share = len(right), float(np.mean(right))
    _, places, sizes = np.unique(np.asarray(recordings, str), return_inverse=True, return_counts=True)
    count = len(sizes)
    if count == clips:
        return float(clips)
    if count == 1:
        return 1.0
    most = float((sizes**2).sum() / clips)  # as if all clips of a recording had one answer
    binomial = share * (1 - share) / clips
    residues = np.bincount(places, weights=right - share)
    variance = count / (count - 1) * float((residues**2).sum()) / clips**2
    effect = min(most, max(1.0, variance / binomial)) if binomial else most
    return max(clips / most, clips / effect * (_t(clips - 1) / _t(count - 1)) ** 2)


def _t(freedom: int) -> float:
    """Student's quantile for `CONFIDENCE`: exact for 1 and 2, else expanded about the normal one.

    Abramowitz and Stegun 26.7.5.
    """
    if freedom == 1:
        return float(np.tan(np.pi * CONFIDENCE / 2))
    if freedom == 2:
        return float(CONFIDENCE * np.sqrt(2 / (1 - CONFIDENCE**2)))
    z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return float(sum(term / freedom**power for power, term in enumerate(terms)))


def mean_answer(logits: Tensor, multi_label: bool) -> Tensor:
    """Logits of the mean of several answers' probabilities: `(answers, batch, classes)` → `(batch, classes)`.

    Reckoned in logarithms, so that the loss of an answer that is sure and wrong is what it is, not what is left of a
    probability that was rounded to 0.
    """
    if len(logits) == 1:
        return logits[0]
    if multi_label:
        return F.logsigmoid(logits).logsumexp(0) - F.logsigmoid(-logits).logsumexp(0)
    return F.log_softmax(logits, dim=2).logsumexp(0) - float(np.log(len(logits)))
