"""What is taken for what, most often first, and the clips that a model is most wrong about."""

import numpy as np
import pandas as pd

from audio.evaluation.result import EvaluationResult

PAIRS, LOSSES = 15, 20


def most_confused(confusion: np.ndarray, classes: list[str], most: int = PAIRS) -> pd.DataFrame:
    """A row for each pair that was confused: `label`, `prediction`, `clips`, `share` of the label's clips.

    From counts `(true class, predicted class)`; of equals the first by name.
    """
    off = confusion.copy()
    np.fill_diagonal(off, 0)
    support = confusion.sum(1)
    rows = [
        (classes[i], classes[j], int(off[i, j]), float(off[i, j] / support[i]))
        for i, j in zip(*np.nonzero(off), strict=True)
    ]
    rows.sort(key=lambda row: (-row[2], row[0], row[1]))
    return pd.DataFrame(rows[:most], columns=["label", "prediction", "clips", "share"])


def top_losses(result: EvaluationResult, most: int = LOSSES) -> pd.DataFrame:
    """The clips with the largest loss: `clip`, `label`, `prediction`, `confidence`, `loss`."""
    return result.clips[["clip", "label", "prediction", "confidence", "loss"]].head(most)
