"""What a model says about one sound: probabilities window by window, and what follows from them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from audio.errors import ConfigError

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass
class Prediction:
    """What a model says about one file, or about sound from memory."""

    path: Path  # of the file; sound from memory has a name in its place
    duration: float  # s
    classes: list[str]
    starts: np.ndarray  # s, of each window
    window: float  # s, length of a window
    by_window: np.ndarray  # (window, classes) probabilities
    notes: list[str] = field(default_factory=list)  # what a person should know of the recording
    embeddings_by_window: np.ndarray | None = None  # (window, size), when they were asked for
    thresholds: list[float] | None = None  # of several labels, of each class; empty: a half. None: one label

    @property
    def probabilities(self) -> np.ndarray:
        """`(classes,)`: the mean over the windows."""
        return np.asarray(self.by_window.mean(axis=0))

    @property
    def label(self) -> str:
        """The most probable class."""
        return self.classes[int(self.probabilities.argmax())]

    @property
    def labels(self) -> list[str]:
        """Of several labels those above their thresholds, perhaps none; else the most probable class alone."""
        if self.thresholds is None:
            return [self.label]
        found = self.probabilities > (self.thresholds or 0.5)
        return [self.classes[place] for place in np.flatnonzero(found)]

    @property
    def embedding(self) -> np.ndarray:
        """`(size,)`: what the model's last layer is given, the mean over the windows.

        Raises ConfigError: the sound was heard without `embeddings=True`.
        """
        if self.embeddings_by_window is None:
            raise ConfigError("There is no embedding: it is kept where one hears with embeddings=True.")
        return np.asarray(self.embeddings_by_window.mean(axis=0))

    def top(self, count: int = 5) -> list[tuple[str, float]]:
        """The most probable classes with their probabilities, best first."""
        probabilities = self.probabilities
        return [(self.classes[i], float(probabilities[i])) for i in np.argsort(-probabilities)[:count]]

    def times(self) -> Iterator[tuple[float, float]]:
        """Start and end of each window in s, to the millisecond."""
        ends = np.minimum(self.starts + self.window, self.duration)
        for start, end in zip(self.starts.round(3), ends.round(3), strict=True):
            yield float(start), float(end)

    def table(self) -> "DataFrame":
        """A row for each window: `start` and `end` in s, then the probability of every class. Needs pandas."""
        import pandas as pd

        times = pd.DataFrame(list(self.times()), columns=["start", "end"])
        return pd.concat([times, pd.DataFrame(self.by_window, columns=self.classes)], axis=1)


def chances(logits: np.ndarray, multi_label: bool) -> np.ndarray:
    """Probabilities `(batch, classes)`, float32: softmax, or of each label on its own."""
    if multi_label:
        return np.asarray(
            0.5 * (1 + np.tanh(0.5 * logits)), np.float32
        )  # the logistic function, without overflow
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)
