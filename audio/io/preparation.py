"""From a recording to what a model is given, stated once: for the clip store, evaluation, inference and exports.

A recording is mixed to one channel, resampled with soxr, rid of its silent edges, cut or filled to the `duration` of
the store's clips and kept in 16 bits of its own range (`audio.io.decoding.prepare`). Then it is cut or filled to the
model's window, or heard in several of them where it is longer.
"""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from audio.io.decoding import Prepared, fit, prepare, scale_of, to_float, to_int16
from audio.io.reading import Sound, Undecodable

SLACK = 0.05  # share of a window that sound may be longer, and is still heard as one
MIX = "mean of the channels; 5 to 8 by ITU-R BS.775, without the subwoofer"
SIXTEEN_BITS = (
    "int16 of which full scale stands for `scale`: the recording's peak where that is above 1, the next power of two "
    "where it is below 2**-6, else 1; read back as float32: int16 * scale / 32768"
)


@dataclass(frozen=True)
class Preparation:
    """How a model's clips were made of recordings."""

    sample_rate: int  # Hz
    frames: int  # samples of a window, which is what the model takes
    fill: str = "loop"  # what follows sound that is shorter than a window: loop, zero
    trim_db: float | None = None  # dB re the recording's peak, below which an edge is dropped; None: it stays
    duration: float | None = None  # s that the store's clips were cut or filled to; None: their own length
    store_fill: str = "loop"  # how they were filled: loop, zero
    windows: bool = True  # longer clips are heard in windows, in evaluation too; False: their beginning

    @classmethod
    def of(cls, state: dict[str, Any]) -> "Preparation":
        """That of a checkpoint; what an older one does not say takes its default, but for `windows`."""
        stored, config = state["preparation"], state["config"]
        return cls(
            sample_rate=int(state["sample_rate"]),
            frames=int(state["clip_frames"]),
            fill=config.get("fill", "loop"),
            trim_db=stored.get("trim_db") if stored.get("trim_silence") else None,
            duration=stored.get("duration"),
            store_fill=stored.get("fill", "loop"),
            windows=bool(state.get("windows")),
        )

    @classmethod
    def told(cls, described: dict[str, Any]) -> "Preparation":
        """What `describe` has told of, as an exported file keeps it. Raises KeyError, ValueError, TypeError."""
        duration = described["duration"]
        return cls(
            sample_rate=int(described["sample_rate"]),
            frames=int(described["window"]),
            fill=str(described["window_fill"]),
            trim_db=described["trim_db"],
            duration=None if duration is None else float(duration),
            store_fill=str(described["duration_fill"]),
        )

    def describe(self) -> dict[str, Any]:
        """All that another program has to do before the model, JSON-ready."""
        return {
            "sample_rate": self.sample_rate,
            "channels": MIX,
            "resampling": "soxr HQ",
            "trim_db": self.trim_db,
            "duration": self.duration,
            "duration_fill": self.store_fill,
            "samples": SIXTEEN_BITS,
            "window": self.frames,
            "window_fill": self.fill,
            "window_hop": self.frames / 2,
            "window_slack": SLACK,
            "answer": "mean of the windows' probabilities; the last window ends where the sound does",
        }

    def recording(self, path: Path | Sound, scratch: str, cut: bool = True) -> Prepared:
        """A recording, or an open sound, as it would lie in the store.

        Without `cut` a longer one than its clips keeps its length. `scratch` is a folder for the samples of a long
        one. Raises Undecodable.
        """
        return prepare(
            path,
            self.sample_rate,
            trim_db=self.trim_db,
            duration=self.duration,
            fill=self.store_fill,
            cut=cut,
            scratch=scratch,
        )

    def fitted(self, waveform: np.ndarray) -> np.ndarray:
        """A waveform cut or filled to a window."""
        return fit(waveform, self.frames, self.fill)

    def window(self, mono: np.ndarray, rate: int) -> np.ndarray:
        """One window of a longer sound as the model takes it, prepared as a clip by itself; `mono` is at `rate` Hz.

        Nothing is taken from what is before or behind it, so that a stream, whose end nobody knows, and the same sound
        in a file give the same windows. Raises Undecodable: there is less than one sample.
        """
        wave = mono if rate == self.sample_rate else soxr.resample(mono, rate, self.sample_rate, "HQ")
        wave = np.asarray(wave[: self.step], np.float32)
        if not len(wave):
            raise Undecodable(f"is shorter than one sample at {self.sample_rate} Hz")
        scale = scale_of(float(np.abs(wave).max()))
        stored = to_float(to_int16(wave, scale), scale)
        return self.fitted(fit(stored, self.step, self.store_fill))

    @property
    def step(self) -> int:
        """Samples of a recording in a window: fewer than it has where the store's clips were shorter."""
        if self.duration is None:
            return self.frames
        return min(self.frames, max(1, round(self.duration * self.sample_rate)))


def scratch_folder() -> "tempfile.TemporaryDirectory[str]":
    """For the samples of a long recording, gone afterwards."""
    return tempfile.TemporaryDirectory(prefix="soundyard-")


class Windows:
    """Windows of one length over a stream of sound, of which no more is held than the next ones need.

    They begin every hop; the last one ends where the sound does. Sound that is hardly longer than a window is none of
    several: it is kept whole in `short`.
    """

    def __init__(self, size: int, hop: float) -> None:
        """`size` in samples, `hop` in samples, not necessarily whole."""
        self.size, self._hop = size, hop
        self._held = np.empty(0, np.float32)  # what the next windows need
        self._first = 0  # place of its first sample
        self.starts: list[int] = []
        self.short: np.ndarray | None = None
        self.heard = 0  # samples

    def of(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Float32 `(size,)`, one after the other. Afterwards `starts`, `heard` and `short` are known."""
        slack = longest(self.size)
        for block in blocks:
            self.heard += len(block)
            self._held = np.concatenate([self._held, block])
            if self.heard <= slack:
                continue
            while self._next + self.size < self.heard:
                yield self._cut(self._next)
            keep = max(0, min(self._next, self.heard - self.size) - self._first)
            self._held = self._held[keep:].copy()
            self._first += keep
        if self.heard <= slack:
            self.starts, self.short = [0], self._held
        else:
            yield self._cut(self.heard - self.size)

    @property
    def _next(self) -> int:
        return round(len(self.starts) * self._hop)

    def _cut(self, start: int) -> np.ndarray:
        self.starts.append(start)
        at = start - self._first
        return self._held[at : at + self.size]


def longest(size: int) -> float:
    """Samples up to which sound is heard as one window of `size`."""
    return size * (1 + SLACK)
