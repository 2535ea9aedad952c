"""Logistic regressions on embeddings, and which regularisation they take."""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from audio.errors import ConfigError

INNER = 5  # parts that a strength is chosen on, at most
ROUNDS, TOLERANCE = 300, 1e-3  # of the fit
ABSENT = -30.0  # bias of a class that no clip was learned of


def best_strength(
    given: np.ndarray, targets: np.ndarray, groups: np.ndarray, strengths: list[float], multi_label: bool
) -> float:
    """The strength whose fits do best on clips that they were not fitted to; no recording on both sides."""
    count = min(INNER, len(set(groups)))
    if len(strengths) == 1 or count < 2:
        return strengths[0] if len(strengths) == 1 else sorted(strengths)[len(strengths) // 2]
    scores = dict.fromkeys(strengths, 0.0)
    for learned, left in GroupKFold(count).split(given, groups=groups):
        for strength in strengths:
            weight, bias = fit(given[learned], targets[learned], strength, multi_label)
            logits = given[left] @ weight.T + bias
            right = (
                (logits > 0) == targets[left] if multi_label else logits.argmax(1) == targets[left].argmax(1)
            )
            scores[strength] += float(right.mean())
    return max(strengths, key=lambda one: (round(scores[one], 6), -one))  # of equals the most cautious one


def fit(
    given: np.ndarray, targets: np.ndarray, strength: float, multi_label: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Weight `(classes, size)` and bias `(classes,)` of logistic regressions on standardised embeddings.

    `targets` are bool `(clips, classes)`. A class that no clip has is never told.
    """
    mean, deviation = given.mean(0), given.std(0)
    deviation = np.where(deviation > 1e-6, deviation, 1.0)
    even = (given - mean) / deviation
    classes = targets.shape[1]
    weight, bias = np.zeros((classes, given.shape[1])), np.full(classes, ABSENT)
    if multi_label:
        for number in range(classes):
            weight[number], bias[number] = _one(even, targets[:, number], strength)
    else:
        labels = targets.argmax(1)
        present = np.unique(labels)
        if len(present) < 2:
            raise ConfigError("There is a single class to learn from; a probe needs two or more.")
        found = LogisticRegression(C=strength, max_iter=ROUNDS, tol=TOLERANCE).fit(even, labels)
        coefficients, intercepts = found.coef_, found.intercept_
        if len(present) == 2:
            coefficients = np.concatenate([-coefficients, coefficients]) / 2
            intercepts = np.concatenate([-intercepts, intercepts]) / 2
        weight[present], bias[present] = coefficients, intercepts
    weight = weight / deviation
    return weight.astype(np.float32), (bias - weight @ mean).astype(np.float32)


def _one(even: np.ndarray, has: np.ndarray, strength: float) -> tuple[np.ndarray, float]:
    """One label of several: whether a clip has it."""
    if has.all() or not has.any():
        return np.zeros(even.shape[1]), -ABSENT if has.all() else ABSENT
    found = LogisticRegression(C=strength, max_iter=ROUNDS, tol=TOLERANCE).fit(even, has)
    return found.coef_[0], float(found.intercept_[0])
