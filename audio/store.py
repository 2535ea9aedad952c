"""The clip store: every clip as int16 PCM in one memory-mapped array, with an index table.

A store is a folder: `audio.i16` (samples, one clip after another), `index.parquet` (one row a clip: `clip`, `label`,
`fold`, `split`, `offset`, `frames`, `duration`, `source`) and `store.json` (sample rate, classes, counts, how it was
made). `store.json` is written last, so that a half-written folder is never taken for a store.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

MANIFEST = "store.json"
SAMPLES = "audio.i16"
INDEX = "index.parquet"


@dataclass
class ClipStore:
    """A store opened for reading.

    `index` has a row per clip, indexed by `clip` (stable id: path relative to the data set's folder, `#start-end`
    behind it for a part of a file). `labels` of a multi-label set are joined with `|` in the column `label`.
    """

    folder: Path
    index: pd.DataFrame
    samples: np.ndarray  # int16, (all frames,)
    sample_rate: int  # Hz
    classes: list[str]  # sorted names; the position is the label's number
    multi_label: bool
    manifest: dict[str, Any]

    @classmethod
    def open(cls, folder: str | Path) -> "ClipStore":
        """Open a store. Raises StoreError when it is absent, incomplete or does not fit its manifest."""
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self.index)

    def waveform(self, clip: str) -> np.ndarray:
        """The samples of one clip, int16 `(frames,)`, without a copy. Raises KeyError for an unknown clip."""
        raise NotImplementedError

    @property
    def folds(self) -> list[int]:
        """Folds that occur, ascending; empty when the data set has none."""
        raise NotImplementedError

    def select(self, *, fold: int | None = None, split: str | None = None) -> pd.DataFrame:
        """Rows of one fold or one split, in the store's order."""
        raise NotImplementedError
