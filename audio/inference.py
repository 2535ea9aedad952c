"""Inference: a checkpoint and sound files, of any length and format, to probabilities.

    Predictor("model.pt").file("siren.wav").top()    # at a shell: python -m audio.predict, see there

A file is heard as the model's training clips were: mixed to one channel, resampled with soxr, cut or filled to their
length. A longer one is heard in windows of that length, and its answer is the mean of theirs; it is read piece by
piece, so that its length does not matter to memory.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from audio import checkpoint as checkpoints
from audio.config import PRECISIONS, one_of
from audio.decoding import Heard, fit, scale_of, stream, to_float, to_int16, trim
from audio.devices import computing, pick_device, spare_threads
from audio.errors import ConfigError
from audio.named import printable
from audio.objective import probabilities
from audio.reading import Undecodable

BATCH = 16  # windows at a time
BATCH_SECONDS = 160.0  # s of sound in them at the most
SLACK = 0.05  # share of a window that a recording may be longer, and is still heard as one


@dataclass
class Prediction:
    """What a model says about one file."""

    path: Path
    duration: float  # s
    classes: list[str]
    starts: np.ndarray  # s, of each window
    window: float  # s, length of a window
    chances: np.ndarray  # (window, classes) probabilities
    notes: list[str] = field(default_factory=list)  # what a person should know of the recording

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

    def __init__(
        self, path: str | Path, device: str = "auto", hop: float | None = None, precision: str = "fp32"
    ):
        """`hop`: s between windows; None: half a window. `precision`: fp32, bf16, fp16.

        Raises CheckpointError, ConfigError.
        """
        one_of("precision", precision, PRECISIONS)
        if hop is not None and not 0 < hop < float("inf"):
            raise ConfigError(f"hop is {hop}; it must be seconds above 0, or None for half a window.")
        state = checkpoints.load(path)
        self.config, self.precision = checkpoints.config_of(state), precision
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
        windows = Windows(self.frames, self.hop * self.sample_rate)
        parts: list[np.ndarray] = []
        heard = Heard()
        try:
            for waves in _batches(windows.of(stream(path, self.sample_rate, heard)), self.batch):
                parts.append(self.waveforms(np.stack(waves)))
            if windows.short is not None:
                parts.append(self.waveforms(self._alone(windows.short)[None]))
        except Undecodable as error:
            raise Undecodable(f"{printable(str(path))} can't be heard: {error}") from error
        starts = np.array(windows.starts) / self.sample_rate
        duration = windows.heard / self.sample_rate
        return Prediction(
            path, duration, self.classes, starts, self.window, np.concatenate(parts), heard.notes()
        )

    @property
    def batch(self) -> int:
        """Windows at a time: some, but no more than a few minutes of sound."""
        return max(1, min(BATCH, round(BATCH_SECONDS / self.window)))

    def _alone(self, waveform: np.ndarray) -> np.ndarray:
        """A recording about as long as a clip, as the training's clips were made of such."""
        if not len(waveform):
            raise Undecodable("holds no samples (zero length)")
        whole = waveform if self.trim_db is None else trim(waveform, self.trim_db)
        return as_stored(fit(whole, self.frames, self.config.fill))

    @torch.no_grad()
    def waveforms(self, waves: np.ndarray) -> np.ndarray:
        """Probabilities `(batch, classes)` of waveforms, float32 `(batch, time)` at `sample_rate` in -1..1."""
        with computing(self.device, self.precision):
            logits = self.model(torch.from_numpy(waves).to(self.device))
        return probabilities(logits, self.multi_label).cpu().numpy()


class Windows:
    """Windows of one length over a stream of sound, of which no more is held than the next ones need.

    They begin every hop; the last one ends where the sound does. Sound that is hardly longer than a window is none of
    several: it is kept whole in `short`.
    """

    def __init__(self, size: int, hop: float) -> None:
        """`size` in samples, `hop` in samples, not necessarily whole."""
        self._size, self._hop = size, hop
        self._held = np.empty(0, np.float32)  # what the next windows need
        self._first = 0  # place of its first sample
        self.starts: list[int] = []
        self.short: np.ndarray | None = None
        self.heard = 0  # samples

    def of(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Float32 `(size,)`, one after the other. Afterwards `starts`, `heard` and `short` are known."""
        slack = self._size * (1 + SLACK)
        for block in blocks:
            self.heard += len(block)
            self._held = np.concatenate([self._held, block])
            if self.heard <= slack:
                continue
            while self._next + self._size < self.heard:
                yield self._cut(self._next)
            keep = max(0, min(self._next, self.heard - self._size) - self._first)
            self._held = self._held[keep:].copy()
            self._first += keep
        if self.heard <= slack:
            self.starts, self.short = [0], self._held
        else:
            yield self._cut(self.heard - self._size)

    @property
    def _next(self) -> int:
        return round(len(self.starts) * self._hop)

    def _cut(self, start: int) -> np.ndarray:
        self.starts.append(start)
        at = start - self._first
        return as_stored(self._held[at : at + self._size])


def as_stored(waveform: np.ndarray) -> np.ndarray:
    """A waveform as the clip store would give it back: in 16 bits of its own range."""
    scale = scale_of(float(np.abs(waveform).max(initial=0.0)))
    return to_float(to_int16(waveform, scale), scale)


def _batches(windows: Iterable[np.ndarray], size: int) -> Iterator[list[np.ndarray]]:
    several = iter(windows)
    while batch := list(islice(several, size)):
        yield batch


def trim_db_of(preparation: dict[str, Any]) -> float | None:
    """The threshold that the training clips' silent edges were cut at, None when they were kept."""
    return preparation.get("trim_db") if preparation.get("trim_silence") else None


if __name__ == "__main__":
    from audio.predict import main

    sys.exit(main())
