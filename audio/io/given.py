"""Sound that comes from memory instead of a file: an array, or blocks one after another."""

from collections.abc import Iterable, Iterator

import numpy as np

from audio.errors import ConfigError
from audio.io.channels import WAVE
from audio.io.reading import BLOCK, Undecodable, cut

MOST_CHANNELS = 64  # an array with more has its axes the other way round
MOST_RATE = 10_000_000  # Hz


class Given:
    """Blocks `(frames,)` or `(frames, channels)` as an open sound: floats in -1..1, or integers of their full range."""

    slack, unfinished = 0, False

    def __init__(self, blocks: Iterable[np.ndarray], sample_rate: float, frames: int | None = None) -> None:
        """`sample_rate` in Hz. Raises ConfigError: it is no rate."""
        whole = isinstance(sample_rate, int | float | np.integer | np.floating) and sample_rate == int(
            sample_rate
        )
        if not whole or not 0 < sample_rate <= MOST_RATE:
            raise ConfigError(
                f"The sample rate is {sample_rate!r}; give the sound's own, a whole number of Hz."
            )
        self.sample_rate, self.frames = int(sample_rate), frames
        self._blocks = iter(blocks)
        self._first = next((block for block in map(in_full_scale, self._blocks) if len(block)), None)
        self.channels = 1 if self._first is None else self._first.shape[1]
        self.speakers = WAVE.get(self.channels, ())

    @classmethod
    def array(cls, sound: np.ndarray, sample_rate: float) -> "Given":
        """A whole waveform, cut into blocks."""
        sound = np.asarray(sound)
        if sound.ndim == 0:
            raise ConfigError("The sound is a single number; give an array (frames,) or (frames, channels).")
        blocks = (sound[at : at + BLOCK] for at in range(0, max(1, len(sound)), BLOCK))
        return cls(blocks, sample_rate, len(sound))

    def blocks(self, start: int, end: int | None) -> Iterator[np.ndarray]:
        """Float32 `(frames, channels)` from frame `start` to `end`; once."""
        return cut(self._all(), start, end)

    def _all(self) -> Iterator[np.ndarray]:
        if self._first is None:
            return
        yield self._first
        for block in map(in_full_scale, self._blocks):
            if block.shape[1] != self.channels:
                raise Undecodable(f"changes from {self.channels} to {block.shape[1]} channels in the middle")
            yield block


def in_full_scale(block: np.ndarray) -> np.ndarray:
    """Any samples as float32 `(frames, channels)`. Raises ConfigError: what can't be samples."""
    block = np.asarray(block)
    if block.ndim == 1:
        block = block[:, None]
    if block.ndim != 2 or not 0 < block.shape[1] <= MOST_CHANNELS:
        raise ConfigError(f"The sound has the shape {block.shape}; give (frames,) or (frames, channels).")
    if block.dtype.kind == "f":
        with np.errstate(over="ignore"):
            return np.ascontiguousarray(block, np.float32)
    if block.dtype.kind == "i":
        return np.asarray(block / np.float64(2 ** (8 * block.dtype.itemsize - 1)), np.float32)
    if block.dtype == np.uint8:
        return np.asarray((block - np.float32(128)) / np.float32(128), np.float32)
    raise ConfigError(
        f"The sound's samples are {block.dtype}; give floats in -1..1, or int16, int32 or uint8."
    )
