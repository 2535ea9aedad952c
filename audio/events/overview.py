"""A recording for the eye and the ear, in one walk: pieces to be played, and a picture of the whole in few columns.

Neither memory nor the picture grows with the recording: where there are more columns than wanted, two become one, of
which the loudest is kept, so that no click is lost.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from audio.io.decoding import stream
from audio.io.reading import Undecodable
from audio.named import printable

PIECE = 60  # s of a piece
COLUMNS = 2000  # of the picture, at most; at least half as many of a long recording
BANDS = 48
WINDOW = 0.04  # s, about, that a column has at least
RANGE = 80.0  # dB below the loudest that are seen
LOWEST = 50.0  # Hz, where the bands begin
NOTHING = 1e-12  # power


@dataclass(frozen=True)
class Piece:
    """A part of a recording."""

    start: float  # s
    waveform: np.ndarray  # float32 (num_samples,)


class Columns:
    """Columns of values over time, of which there are never more than twice `COLUMNS`."""

    def __init__(self) -> None:
        self.each = 1  # frames in a column
        self._made: list[np.ndarray] = []
        self._left: list[np.ndarray] = []

    def add(self, frame: np.ndarray) -> None:
        """One frame, `(values,)`."""
        self._left.append(frame)
        if len(self._left) < self.each:
            return
        self._made.append(np.max(self._left, axis=0))
        self._left = []
        if len(self._made) == 2 * COLUMNS:
            self._made = [np.maximum(*pair) for pair in zip(*[iter(self._made)] * 2, strict=True)]
            self.each *= 2

    def values(self) -> np.ndarray:
        """`(columns, values)`."""
        rest = [np.max(self._left, axis=0)] if self._left else []
        return np.array(self._made + rest)


class Overview:
    """What is made of one recording."""

    def __init__(self, path: str | Path, rate: int) -> None:
        """`rate` in Hz, of the pieces."""
        self.path, self.rate = Path(path), rate
        self._step = 2 ** max(4, round(np.log2(WINDOW * rate)))
        self._shape = np.hanning(self._step).astype(np.float32)
        self._edges = _band_edges(self._step, rate)
        self._columns = Columns()
        self._samples = 0

    def pieces(self) -> Iterator[Piece]:
        """The recording as the model's mono mix, part by part; the picture is whole afterwards. Raises Undecodable."""
        size = PIECE * self.rate
        held: list[np.ndarray] = []
        there = start = 0
        for block in self._blocks():
            while len(block):
                part, block = block[: size - there], block[size - there :]
                held.append(part)
                there += len(part)
                if there == size:
                    yield self._piece(start, held)
                    start, held, there = start + size, [], 0
        if there:
            yield self._piece(start, held)

    def picture(self) -> dict[str, Any]:
        """What the page draws, JSON-ready: the outline as peaks, and bands as shades, both base64 of bytes."""
        found = self._columns.values()
        if not len(found):
            return {"peaks": "", "shades": "", "bands": 0, "column": 0.0}
        peaks = np.stack([-found[:, 0], found[:, 1]], 1) * 127
        levels = found[:, 2:]
        shades = (levels - levels.max()) / RANGE * 255 + 255
        return {
            "peaks": _told(np.clip(np.round(peaks), -127, 127).astype(np.int8)),
            "shades": _told(np.clip(np.round(shades), 0, 255).astype(np.uint8)),
            "bands": levels.shape[1],
            "column": self._columns.each * self._step / self.rate,  # s
        }

    def _blocks(self) -> Iterator[np.ndarray]:
        try:
            yield from stream(self.path, self.rate)
        except Undecodable as error:
            raise Undecodable(f"{printable(str(self.path))} can't be heard: {error}") from error

    def _piece(self, start: int, held: list[np.ndarray]) -> Piece:
        waveform = np.concatenate(held).astype(np.float32)
        self._samples += len(waveform)
        for at in range(0, len(waveform), self._step):
            self._look(waveform[at : at + self._step])
        return Piece(start / self.rate, waveform)

    def _look(self, part: np.ndarray) -> None:
        extremes = -float(part.min()), float(part.max())
        if len(part) < self._step:
            part = np.pad(part, (0, self._step - len(part)))
        power = np.abs(np.fft.rfft(part * self._shape)) ** 2
        bands = np.add.reduceat(power, self._edges[:-1]) / np.diff(self._edges)
        self._columns.add(np.array([*extremes, *10 * np.log10(bands + NOTHING)], np.float32))


def _band_edges(size: int, rate: int) -> np.ndarray:
    """Bins where bands begin, at even steps of pitch (mel), each of a bin at least; at last where the top one ends."""
    lowest, highest = (2595 * np.log10(1 + pitch / 700) for pitch in (LOWEST, rate / 2))
    mel = np.linspace(lowest, highest, BANDS + 1)
    bins = np.unique(np.round(700 * (10 ** (mel / 2595) - 1) * size / rate).astype(int))
    return bins[bins <= size // 2]


def _told(values: np.ndarray) -> str:
    return base64.b64encode(values.tobytes()).decode()
