"""Inference: a checkpoint and sound files, of any length and format, to probabilities.

    Predictor("model.pt").file("siren.wav").top()    # at a shell: python -m audio.predict, see there

A file is heard as the model's training clips were: mixed to one channel, resampled with soxr, cut or filled to their
length. A longer one is heard in windows of that length, and its answer is the mean of theirs; it is read piece by
piece, so that its length does not matter to memory.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import soundfile
import torch

from audio import checkpoint as checkpoints
from audio.decoding import Undecodable, fit, prepare
from audio.devices import autocast, pick_device, spare_threads
from audio.errors import ConfigError
from audio.objective import probabilities

BATCH = 16  # windows at a time


@dataclass
class Prediction:
    """What a model says about one file."""

    path: Path
    duration: float  # s
    classes: list[str]
    starts: np.ndarray  # s, of each window
    window: float  # s, length of a window
    chances: np.ndarray  # (window, classes) probabilities

    @property
    def probabilities(self) -> np.ndarray:
        """`(classes,)`: the mean over the windows."""
        return self.chances.mean(axis=0)

    @property
    def label(self) -> str:
        """The most probable class."""
        return self.classes[int(self.probabilities.argmax())]

    def top(self, count: int = 5) -> list[tuple[str, float]]:
        """The most probable classes with their probabilities, best first."""
        chances = self.probabilities
        return [(self.classes[i], float(chances[i])) for i in np.argsort(-chances)[:count]]

    def table(self) -> pd.DataFrame:
        """A row for each window: `start` and `end` in s, then the probability of every class."""
        ends = np.minimum(self.starts + self.window, self.duration)
        times = pd.DataFrame({"start": self.starts.round(3), "end": ends.round(3)})
        return pd.concat([times, pd.DataFrame(self.chances, columns=self.classes)], axis=1)


class Predictor:
    """A checkpoint ready to listen."""

    def __init__(self, path: str | Path, device: str = "auto", hop: float | None = None):
        """`hop`: s between windows; None: half a window. Raises CheckpointError, ConfigError."""
        if hop is not None and not 0 < hop < float("inf"):
            raise ConfigError(f"hop is {hop}; it must be seconds above 0, or None for half a window.")
        state = checkpoints.load(path)
        self.config = checkpoints.config_of(state)
        self.classes: list[str] = state["classes"]
        self.multi_label: bool = state["multi_label"]
        self.sample_rate: int = state["sample_rate"]
        self.frames = int(state["clip_frames"])
        self.trim_db = trim_db_of(state["preparation"])
        self.device = pick_device(device)
        self.model = checkpoints.model_of(state).to(self.device)
        spare_threads(self.model)
        self.hop = hop or self.frames / self.sample_rate / 2

    @property
    def window(self) -> float:
        """Length of a window in s."""
        return self.frames / self.sample_rate

    def file(self, path: str | Path) -> Prediction:
        """The answer for one sound file. Raises Undecodable, with the file's name."""
        path = Path(path)
        try:
            duration = soundfile.info(path).duration if path.is_file() else 0.0
            starts = self._starts(duration)
            parts = [self.waveforms(waves) for waves in self._batches(path, duration, starts)]
        except (soundfile.LibsndfileError, Undecodable) as error:
            raise Undecodable(f"{path} can't be heard: {error}") from error
        return Prediction(path, duration, self.classes, starts, self.window, np.concatenate(parts))

    def _starts(self, duration: float) -> np.ndarray:
        """Windows that cover a file: one for a short one; the last of several ends where the file does."""
        if duration <= self.window * 1.05:
            return np.zeros(1)
        last = duration - self.window
        return np.append(np.arange(0.0, last - 1e-6, self.hop), last)

    def _batches(self, path: Path, duration: float, starts: np.ndarray) -> Iterator[np.ndarray]:
        """Float32 `(window, time)`, a few windows at a time."""
        if len(starts) == 1:
            whole = prepare(path, self.sample_rate, trim_db=self.trim_db)
            yield as_float(fit(whole, self.frames, self.config.fill))[None]
            return
        for group in np.array_split(starts, -(-len(starts) // BATCH)):
            end = min(duration, group[-1] + self.window)
            sound = prepare(path, self.sample_rate, start=float(group[0]), end=float(end))
            places = np.round((group - group[0]) * self.sample_rate).astype(int)
            cut = [fit(sound[at : at + self.frames], self.frames, self.config.fill) for at in places]
            yield as_float(np.stack(cut))

    @torch.no_grad()
    def waveforms(self, waves: np.ndarray) -> np.ndarray:
        """Probabilities `(batch, classes)` of waveforms, float32 `(batch, time)` at `sample_rate` in -1..1."""
        with autocast(self.device, self.config.precision):
            logits = self.model(torch.from_numpy(waves).to(self.device))
        return probabilities(logits, self.multi_label).cpu().numpy()


def as_float(samples: np.ndarray) -> np.ndarray:
    """int16 → float32 in -1..1."""
    return samples.astype(np.float32) / 32768.0


def trim_db_of(preparation: dict[str, Any]) -> float | None:
    """The threshold that the training clips' silent edges were cut at, None when they were kept."""
    return preparation.get("trim_db") if preparation.get("trim_silence") else None


if __name__ == "__main__":
    from audio.predict import main

    sys.exit(main())
