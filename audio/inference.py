"""Inference: a checkpoint and sound files, of any length and format, to probabilities.

    Predictor("model.pt").file("siren.wav").top()    # at a shell: python -m audio.predict, see there

A file is heard as the model's clips were (`audio.io.preparation`): rid of its silent edges, cut or filled to their
length. A longer one is heard in windows of that length, and its answer is the mean of theirs; where the clips
had been cut to a `duration` its beginning is heard as theirs was, unless `hop` asks for all of it. It is read piece by
piece, so that its length does not matter to memory.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from audio.checkpoints import checkpoint as checkpoints
from audio.config import EvaluateConfig, check_one
from audio.devices import computing, on_threads, pick_device, spare_threads
from audio.errors import ConfigError
from audio.io.decoding import Prepared
from audio.io.preparation import Preparation, Windows, scratch_folder
from audio.io.reading import Undecodable
from audio.metrics.objective import probabilities
from audio.named import printable

BATCH = 16  # windows at a time
BATCH_SECONDS = 160.0  # s of sound in them at the most


@dataclass
class Prediction:
    """What a model says about one file."""

    path: Path
    duration: float  # s
    classes: list[str]
    starts: np.ndarray  # s, of each window
    window: float  # s, length of a window
    by_window: np.ndarray  # (window, classes) probabilities
    notes: list[str] = field(default_factory=list)  # what a person should know of the recording

    @property
    def probabilities(self) -> np.ndarray:
        """`(classes,)`: the mean over the windows."""
        return np.asarray(self.by_window.mean(axis=0))

    @property
    def label(self) -> str:
        """The most probable class."""
        return self.classes[int(self.probabilities.argmax())]

    def top(self, count: int = 5) -> list[tuple[str, float]]:
        """The most probable classes with their probabilities, best first."""
        probabilities = self.probabilities
        return [(self.classes[i], float(probabilities[i])) for i in np.argsort(-probabilities)[:count]]

    def table(self) -> pd.DataFrame:
        """A row for each window: `start` and `end` in s, then the probability of every class."""
        ends = np.minimum(self.starts + self.window, self.duration)
        times = pd.DataFrame({"start": self.starts.round(3), "end": ends.round(3)})
        return pd.concat([times, pd.DataFrame(self.by_window, columns=self.classes)], axis=1)


class Predictor:
    """A checkpoint ready to listen."""

    def __init__(
        self, path: str | Path, device: str = "auto", hop: float | None = None, precision: str = "fp32"
    ):
        """`hop`: s between windows; None: half a window. `precision`: fp32, bf16, fp16.

        Raises CheckpointError, ConfigError.
        """
        check_one(EvaluateConfig, "precision", precision)
        if hop is not None and not 0 < hop < float("inf"):
            raise ConfigError(f"hop is {hop}; it must be seconds above 0, or None for half a window.")
        state = checkpoints.load(path)
        self.config, self.precision = checkpoints.config_of(state), precision
        self.classes: list[str] = state["classes"]
        self.multi_label: bool = state["multi_label"]
        self.preparation = Preparation.of(state)
        self.sample_rate, self.frames = self.preparation.sample_rate, self.preparation.frames
        self.device = pick_device(device)
        self.model = checkpoints.model_of(state).to(self.device)
        self.threads = spare_threads(self.model)
        self.hears_all = hop is not None or self.preparation.duration is None
        self.hop = hop or self.preparation.step / self.sample_rate / 2

    @property
    def window(self) -> float:
        """Length of a window in s."""
        return self.frames / self.sample_rate

    def file(self, path: str | Path) -> Prediction:
        """The answer for one sound file. Raises Undecodable, with the file's name."""
        path = Path(path)
        try:
            with scratch_folder() as scratch:
                return self._heard(path, self.preparation.recording(path, scratch, cut=not self.hears_all))
        except Undecodable as error:
            raise Undecodable(f"{printable(str(path))} can't be heard: {error}") from error

    def _heard(self, path: Path, sound: Prepared) -> Prediction:
        # A clip that was cut to its duration is heard in windows of the model's length, as evaluation hears it.
        size = self.preparation.step if self.hears_all else self.frames
        hop = self.hop * self.sample_rate if self.hears_all else self.frames / 2
        windows = Windows(size, hop)
        parts = [self._answers(waves) for waves in _batches(windows.of(sound.pieces()), self.batch)]
        if windows.short is not None:
            parts.append(self._answers([windows.short]))
        notes = list(sound.notes)
        if not self.hears_all and sound.there > sound.num_samples:
            notes.append(
                f"only the first {sound.num_samples / self.sample_rate:g} s are heard, as of the model's clips; `hop` "
                "hears all"
            )
        return Prediction(
            path,
            sound.whole / self.sample_rate,
            self.classes,
            (np.array(windows.starts) + sound.start) / self.sample_rate,
            size / self.sample_rate,
            np.concatenate(parts),
            notes,
        )

    def _answers(self, waves: list[np.ndarray]) -> np.ndarray:
        return self.waveforms(np.stack([self.preparation.fitted(wave) for wave in waves]))

    @property
    def batch(self) -> int:
        """Windows at a time: some, but no more than a few minutes of sound."""
        return max(1, min(BATCH, round(BATCH_SECONDS / self.window)))

    @torch.no_grad()
    def waveforms(self, waves: np.ndarray) -> np.ndarray:
        """Probabilities `(batch, classes)` of waveforms, float32 `(batch, time)` at `sample_rate` in -1..1."""
        with on_threads(self.threads), computing(self.device, self.precision):
            logits = self.model(torch.from_numpy(waves).to(self.device))
        return probabilities(logits, self.multi_label).cpu().numpy()


def _batches(windows: Iterable[np.ndarray], size: int) -> Iterator[list[np.ndarray]]:
    several = iter(windows)
    while batch := list(islice(several, size)):
        yield batch
