"""The figures that papers report, each scikit-learn's: for one label a clip and for several, overall and of each class.

`audio.metrics.resampled` computes the same of many resamples at once; `FIGURES` lists what both know.
"""

import math
import warnings
from typing import Any

import numpy as np
import pandas as pd
import sklearn
from sklearn import metrics

from audio.metrics.figures import Answers, accuracy, balanced_accuracy, macro_f1, top
from audio.metrics.statistics import class_table, counts

FIGURES = {  # name: what it is
    "accuracy": "share of clips whose labels are all right",
    "balanced_accuracy": "mean recall of the classes that occur",
    "macro_f1": "mean F1 of the classes that occur",
    "micro_f1": "F1 of all answers together; with one label a clip it is the accuracy",
    "mean_average_precision": "mean area under the precision-recall curves of the classes that occur",
    "auroc": "mean area under the ROC curves, each class against the others; 0.5 is chance",
    "top3": "share of clips with a right label among the three most probable",
    "top5": "share of clips with a right label among the five most probable",
}
OF_A_CLASS = ("precision", "recall", "f1", "average_precision", "auroc")


def scores(answers: Answers) -> dict[str, float]:
    """Every figure of `FIGURES`; NaN where it says nothing (no class with and without clips), and top-k for k classes
    or fewer, which is 1 whatever the answers, left out.
    """
    found = {
        "accuracy": accuracy(answers),
        "balanced_accuracy": balanced_accuracy(answers),
        "macro_f1": macro_f1(answers),
        "micro_f1": micro_f1(answers),
        "mean_average_precision": mean_average_precision(answers),
        "auroc": auroc(answers),
    }
    return found | {f"top{k}": top(answers, k) for k in (3, 5) if k < len(answers.classes)}


def micro_f1(answers: Answers) -> float:
    """0 where there is neither a label nor an answer."""
    return float(metrics.f1_score(answers.targets, answers.given, average="micro", zero_division=0.0))


def mean_average_precision(answers: Answers) -> float:
    """Over the classes that occur; NaN where none does."""
    return _mean(average_precisions(answers))


def auroc(answers: Answers) -> float:
    """Over the classes that some clips have and some have not; NaN where there is none."""
    return _mean(aurocs(answers))


def average_precisions(answers: Answers) -> np.ndarray:
    """`(classes,)`: NaN for a class without clips."""
    return _of_each(metrics.average_precision_score, answers, answers.targets.any(0))


def aurocs(answers: Answers) -> np.ndarray:
    """`(classes,)`: NaN for a class without clips, or without others."""
    return _of_each(metrics.roc_auc_score, answers, answers.targets.any(0) & ~answers.targets.all(0))


def class_scores(answers: Answers) -> pd.DataFrame:
    """A row for each class: `OF_A_CLASS` and `support`, the clips that have it."""
    table = class_table(counts(answers.targets, answers.given), answers.classes)
    support = table.pop("support")
    return table.assign(average_precision=average_precisions(answers), auroc=aurocs(answers), support=support)


def _of_each(score: Any, answers: Answers, defined: Any) -> np.ndarray:
    """A curve's area for each class that it is `defined` of, else NaN."""
    found = np.full(len(answers.classes), math.nan)
    with sklearn.config_context(assume_finite=True, skip_parameter_validation=True):
        for place in np.flatnonzero(defined):
            found[place] = score(answers.targets[:, place], answers.probabilities[:, place])
    return found


def _mean(values: np.ndarray) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a mean of nothing
        return float(np.nanmean(values)) if len(values) else math.nan
