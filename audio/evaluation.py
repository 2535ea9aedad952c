"""Evaluation: a checkpoint on held-out clips, down to every clip."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from audio.config import EvaluateConfig
from audio.store import ClipStore


@dataclass
class EvaluationResult:
    """Figures of one checkpoint on one set of clips.

    `clips` has a row per clip, worst loss first: `clip`, `split`, `fold`, `label`, `prediction`, `confidence`
    (probability of the prediction), `top` (JSON list of [label, probability], best first, up to five),
    `loss` (nats), `duration` (s), `sample_rate` (Hz), `loudness` (dBFS, RMS), `peaks` (base64 of 100
    int8 min/max pairs).
    """

    accuracy: float
    macro_f1: float
    loss: float  # mean cross-entropy, nats
    confusion: np.ndarray  # counts, (true class, predicted class)
    classes: list[str]
    per_class: pd.DataFrame  # index: class; columns: precision, recall, f1, support
    clips: pd.DataFrame
    frontend: dict[str, Any]
    store: ClipStore

    def waveform(self, clip: str) -> np.ndarray:
        """int16 samples `(frames,)` of one clip at `store.sample_rate`."""
        return self.store.waveform(clip)


def evaluate(
    checkpoint_path: str | Path,
    store: ClipStore,
    config: EvaluateConfig,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> EvaluationResult:
    """Run the model of `checkpoint_path` on the held-out clips of `store`.

    `progress(done, total)` is called after every batch. Raises CheckpointError (unreadable, other
    classes than the store's) and StoreError (no clip in that fold or split).
    """
    raise NotImplementedError
