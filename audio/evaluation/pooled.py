"""The answers to the clips of several folds, kept beside each fold's model and judged together.

Each clip is answered by the model that held it out. With several seeds a clip has an answer of each, which count as
further clips of its recording: the intervals draw recordings.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from audio.clips.splits import recordings
from audio.clips.store import ClipStore
from audio.metrics.figures import Answers
from audio.metrics.intervals import RESAMPLES, Judged, judged
from audio.metrics.objective import probabilities

KEPT = "answers.parquet"  # a row for each clip: `clip`, then the logit of every class


def keep(folder: Path, clips: Sequence[str], logits: np.ndarray) -> None:
    """Write a fold's answers, float32 `(clips, classes)`, whole or not at all."""
    table = pd.DataFrame(logits, columns=[str(place) for place in range(logits.shape[1])])
    table.insert(0, "clip", list(clips))
    half = folder / (KEPT + ".part")
    table.to_parquet(half, index=False)
    half.replace(folder / KEPT)


def kept(folders: Sequence[Path]) -> pd.DataFrame:
    """The answers of several folds, as `keep` wrote them."""
    return pd.concat([pd.read_parquet(folder / KEPT) for folder in folders], ignore_index=True)


def judged_together(
    folders: Sequence[Path], store: ClipStore, resamples: int = RESAMPLES
) -> tuple[Answers, Judged]:
    """All folds' answers, and their figures with intervals over recordings."""
    table = kept(folders)
    rows = store.index.loc[list(table.pop("clip"))]
    chance = probabilities(torch.tensor(table.to_numpy(np.float32)), store.multi_label).numpy()
    answers = Answers(store.targets(rows) > 0.5, chance, store.multi_label, store.classes)
    of_each = recordings(store.index)
    return answers, judged(answers, list(of_each.loc[list(rows["clip"])]), resamples)
