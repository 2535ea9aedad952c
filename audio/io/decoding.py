"""One recording, from file to the samples that are stored: decode, one channel, resample, trim, fit, 16 bits.

A recording is walked through block by block, so that its length does not matter to memory: a few minutes stay there,
what is longer lies in a file in between. The samples are the same either way.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import IO

import numpy as np
import soxr

from audio.io.channels import to_mono
from audio.io.clipping import CLIPPED_SHARE, Clipped
from audio.io.reading import Sound, Undecodable, open_sound, require_file

IN_MEMORY = 1 << 23  # samples that are held in memory; more lie in a file
PENDING = "pending-"  # begins the name of a file of samples on its way into a store
PIECE = 1 << 20  # samples read back from it at a time
QUIET = 2.0**-6  # of full scale: below this peak (-36 dB), 16 bits are spread over the clip's own range
CANCELS = 0.05  # share of the channels' power that is left in their mix, below which it is told
WHOLE = 0.999  # share of what the header promises that has to be there
OFFSET = 0.05  # share of the peak that a constant offset may be
LOUDEST = 1e9  # times full scale, in the mean of a block, beyond which the arithmetic of features ends
OVERFULL = 2.0  # peak from which it is told that a recording is above full scale; resampling alone makes less
BRIEF = 0.05  # s that have to be there to tell an offset from a slow wave
EDGE = 0.02  # s by which a part may reach over the end of its file, as rounded times do
STEADY = (
    0.4  # share of the largest mean of an eighth of it that the smallest has, where an offset is constant
)
STRETCH = 0.02  # s over which means are taken
FAINT = 1e-3  # peak below which a recording is silent, whatever its offset


@dataclass
class Prepared:
    """A clip's stored form: int16 samples, of which 32768 stand for `scale`."""

    content: str  # hash of the file's bytes
    samples: np.ndarray | None = None  # int16, (num_samples,), when they are in memory
    file: Path | None = None  # or a file of them, which whoever takes them over removes
    num_samples: int = 0
    scale: float = 1.0
    notes: list[str] = field(default_factory=list)  # what a person should know of the recording
    start: int = 0  # samples that were dropped before the first one
    there: int = 0  # samples behind it that the recording has, kept or not
    whole: int = 0  # samples of all of the recording, at the rate of these

    def pieces(self) -> Iterator[np.ndarray]:
        """The waveform that is stored, float32, `PIECE` samples at a time."""
        if self.samples is not None:
            yield to_float(self.samples, self.scale)
            return
        assert self.file is not None
        with self.file.open("rb") as file:
            while block := file.read(2 * PIECE):
                yield to_float(np.frombuffer(block, np.int16), self.scale)

    @property
    def known(self) -> bool:
        """Whether the content is what the caller has already, so that there are no samples."""
        return self.samples is None and self.file is None


def content_of(path: Path) -> str:
    """A hash of a file's bytes (BLAKE2b, 128 bits, hexadecimal). Raises Undecodable."""
    require_file(path)
    try:
        stat = path.stat()
        return _hash(path, stat.st_size, stat.st_mtime_ns)
    except OSError as error:
        raise Undecodable(f"cannot be read: {error.strerror or error}") from error


@lru_cache(maxsize=64)  # many clips may be parts of one long recording
def _hash(path: Path, size: int, changed: int) -> str:
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


@dataclass
class Heard:
    """What was found on the way through a recording, told in `notes`."""

    means: list[np.ndarray] = field(default_factory=list)  # of the mix, over stretches of `STRETCH`
    power: float = 0.0  # sum of the squares of the mix
    apart: float = 0.0  # the same, of the mean of the channels' own
    frames: int = 0  # read from the file
    rate: int = 1  # Hz of the file
    promised: int = 0  # frames that the header tells of, or that were asked for; 0: nothing tells
    slack: int = 0  # frames by which that may be wrong
    unfinished: bool = False  # the file lacks the mark of its end
    broken: str = ""  # why it could not be read to its end
    finite: bool = True
    absurd: bool = False  # louder than anything that is sound
    clipped: list[Clipped] = field(default_factory=list)  # of each channel

    def look(self, block: np.ndarray, mono: np.ndarray) -> None:
        flat = block.ravel()
        with np.errstate(over="ignore", invalid="ignore"):
            power = float(np.dot(mono, mono))
            self.apart += float(np.dot(flat, flat)) / block.shape[1]
        self.power += power
        self.absurd = self.absurd or power > LOUDEST**2 * len(mono)
        stretch = max(1, round(STRETCH * self.rate))
        starts = np.arange(0, len(mono), stretch)
        sizes = np.diff(np.append(starts, len(mono)))
        with np.errstate(invalid="ignore"):
            self.means.append(np.add.reduceat(mono, starts, dtype=np.float64) / sizes)
        self.clipped = self.clipped or [Clipped() for _ in range(block.shape[1])]
        for channel, clipped in zip(block.T, self.clipped, strict=False):
            clipped.add(channel)
        self.frames += len(block)
        self.finite = self.finite and bool(np.isfinite(self.apart) or np.isfinite(block).all())

    def notes(self, peak: float = 0.0) -> list[str]:
        """What a person should know. `peak` is that of the mix."""
        found, rate = [], self.rate
        if self.broken:
            found.append(
                f"truncated: breaks off after {self.frames / rate:.2f} s ({self.broken.rstrip('.')})"
            )
        elif self.frames + self.slack < self.promised * WHOLE:
            found.append(f"truncated: {self.frames / rate:.2f} s of {self.promised / rate:.2f} s are there")
        elif self.unfinished:
            found.append(f"truncated: {self.frames / rate:.2f} s are there, and no mark of an end")
        if self.apart and self.power < CANCELS * self.apart:
            left = 10 * np.log10(max(self.power / self.apart, 1e-12))
            found.append(f"channels cancel: their mix is {left:.0f} dB below them")
        if peak > OVERFULL:
            found.append(f"above full scale: its peak is at +{20 * np.log10(peak):.0f} dB, which is kept")
        share = max((channel.share for channel in self.clipped), default=0.0)
        if share > CLIPPED_SHARE:
            found.append(f"clipped: {share:.1%} of the samples")
        offset = self._offset()
        if peak > FAINT and offset > OFFSET * peak and self.frames > BRIEF * rate:
            found.append(f"DC offset: {min(1.0, offset / peak):.0%} of the peak")
        return found

    def _offset(self) -> float:
        """The constant part of the mix, 0 where it is none: a slow wave has another mean in every eighth."""
        means = np.concatenate(self.means) if self.means else np.zeros(1)
        eighths = np.array([part.mean() for part in np.array_split(means, min(8, len(means)))])
        least, most = np.sort(np.abs(eighths))[[0, -1]]
        same_way = abs(np.sign(eighths).sum()) == len(eighths)
        return float(abs(means.mean())) if same_way and least > STEADY * most else 0.0


def stream(path: Path, sample_rate: int, heard: Heard | None = None) -> Iterator[np.ndarray]:
    """The recording as one channel at `sample_rate` (Hz), float32 `(num_samples,)` a block. Raises Undecodable.

    `heard` is told what is found on the way.
    """
    with open_sound(path) as sound:
        yield from _resampled(sound, sample_rate, 0.0, None, heard or Heard())


def beginning(path: Path, sample_rate: int, most: int) -> np.ndarray:
    """The first samples of a recording as one channel, at most `most` of them, float32. Raises Undecodable."""
    found: list[np.ndarray] = []
    room = most
    for block in stream(path, sample_rate):
        found.append(block[:room])
        room -= len(found[-1])
        if room <= 0:
            break
    return np.concatenate(found) if found else np.empty(0, np.float32)


def _resampled(
    sound: Sound, sample_rate: int, start: float, end: float | None, heard: Heard
) -> Iterator[np.ndarray]:
    """Blocks of the mix at `sample_rate`; `heard` is told of each. A file that breaks off ends there."""
    rate = sound.sample_rate
    first = round(start * rate)
    last = None if end is None else first + max(0, round((end - start) * rate))
    if rate == sample_rate:
        yield from mixed(sound, heard, first, last)
        return
    to = soxr.ResampleStream(rate, sample_rate, 1, "float32", "HQ")
    waiting: np.ndarray | None = None
    for mono in mixed(sound, heard, first, last):
        if waiting is not None:
            yield to.resample_chunk(waiting)
        waiting = mono
    if waiting is not None:
        yield to.resample_chunk(waiting, last=True)


def mixed(sound: Sound, heard: Heard, first: int = 0, last: int | None = None) -> Iterator[np.ndarray]:
    """Blocks of a sound as one channel at its own rate, from frame `first` to `last`; `heard` is told of each.

    A file that breaks off ends there. Raises Undecodable: nothing can be read, or what is no sound.
    """
    rate = heard.rate = sound.sample_rate
    heard.promised = max(0, (sound.frames or 0) - first) if last is None else last - first
    heard.slack = sound.slack if last is None else max(sound.slack, round(EDGE * rate))
    heard.unfinished = sound.unfinished and last is None
    for block in _whole(sound, first, last, heard):
        mono = np.ascontiguousarray(to_mono(block, sound.speakers))
        heard.look(block, mono)
        if not heard.finite:
            raise Undecodable("holds NaN or infinite samples")
        if heard.absurd:
            raise Undecodable(f"holds samples more than {LOUDEST:.0e} times full scale; that is no sound")
        yield mono


def _whole(sound: Sound, first: int, last: int | None, heard: Heard) -> Iterator[np.ndarray]:
    try:
        yield from sound.blocks(first, last)
    except Undecodable as error:
        if not heard.frames:
            raise Undecodable(f"cannot be decoded: {error}") from error
        heard.broken = str(error)


def trim(waveform: np.ndarray, threshold_db: float) -> np.ndarray:
    """Without the quiet at both ends: what stays below `threshold_db` re the peak. A silent clip stays whole."""
    first, last = _loud([waveform], float(np.abs(waveform).max(initial=0.0)), threshold_db)
    return waveform[first:last]


def _loud(pieces: Iterable[np.ndarray], peak: float, threshold_db: float) -> tuple[int, int]:
    """From which sample to which a waveform is above `threshold_db` re its peak; all of it when it is silent."""
    threshold = peak * 10 ** (threshold_db / 20)
    first, last, position = None, 0, 0
    for piece in pieces:
        loud = np.flatnonzero(np.abs(piece) > threshold)
        if len(loud):
            first = position + int(loud[0]) if first is None else first
            last = position + int(loud[-1]) + 1
        position += len(piece)
    return (0, position) if first is None else (first, last)


def fit(waveform: np.ndarray, frames: int, fill: str) -> np.ndarray:
    """Cut or filled to `frames`: by repeating it (`loop`) or with silence (`zero`)."""
    if len(waveform) >= frames or len(waveform) == 0:
        return waveform[:frames]
    filled = np.empty(frames, waveform.dtype)
    filled[: len(waveform)] = waveform
    fill_behind(filled, len(waveform), fill)
    return filled


def fill_behind(row: np.ndarray, size: int, fill: str) -> None:
    """Write what follows the first `size` samples, in place: them over and over (`loop`), or silence (`zero`)."""
    if fill != "loop" or not size:
        row[size:] = 0.0
        return
    while size < len(row):
        more = min(size, len(row) - size)
        row[size : size + more] = row[:more]
        size += more


def scale_of(peak: float) -> float:
    """What full scale of the 16 bits stands for: 1, more for a clip that is louder, less for a very quiet one.

    A power of two below 1, so that nothing is rounded by it.
    """
    if 0.0 < peak < QUIET:
        return float(2.0 ** max(-100.0, np.ceil(np.log2(peak))))
    return max(1.0, peak)


def to_int16(waveform: np.ndarray, scale: float = 1.0) -> np.ndarray:
    """Float to 16 bits, of which full scale stands for `scale`."""
    return np.asarray(np.round(waveform * np.float32(32767.0 / scale)).astype(np.int16))


def to_float(samples: np.ndarray, scale: float = 1.0) -> np.ndarray:
    """The waveform that int16 samples stand for, float32."""
    return np.asarray(samples.astype(np.float32) * np.float32(scale / 32768.0))


class Spool:
    """A mono waveform that is written once and read back in pieces: in memory, or in a file when it is long."""

    def __init__(self, folder: str | None) -> None:
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(4 * IN_MEMORY, dir=folder)  # noqa: SIM115
        self.size = 0  # samples

    def write(self, block: np.ndarray) -> None:
        self._file.write(block.tobytes())
        self.size += len(block)

    def pieces(self, first: int = 0, last: int | None = None) -> Iterator[np.ndarray]:
        """Samples `first` to `last`."""
        left = (self.size if last is None else min(last, self.size)) - first
        self._file.seek(4 * first)
        while left > 0:
            piece = np.frombuffer(self._file.read(4 * min(PIECE, left)), np.float32)
            yield piece
            left -= len(piece)

    def close(self) -> None:
        self._file.close()


def prepare(
    path: Path | Sound,
    sample_rate: int,
    *,
    start: float = 0.0,
    end: float | None = None,
    trim_db: float | None = None,
    duration: float | None = None,
    fill: str = "loop",
    cut: bool = True,
    scratch: str | None = None,
) -> Prepared:
    """The stored form of a clip at `sample_rate` (Hz), without its hash. Raises Undecodable with the reason.

    `path` may be an open sound. `start`, `end` and `duration` are seconds; without `cut` what is longer than `duration`
    keeps its length. `scratch` is a folder for the samples of a long recording, which then come as a file there;
    without it they come in memory whatever their length.
    """
    spool = Spool(scratch)
    try:
        made, peak = _spooled(spool, path, sample_rate, start, end)
        first, last = (0, spool.size) if trim_db is None else _loud(spool.pieces(), peak, trim_db)
        if last <= first:
            raise Undecodable(f"is shorter than one sample at {sample_rate} Hz")
        wanted = last - first if duration is None else max(1, round(duration * sample_rate))
        wanted = wanted if cut else max(wanted, last - first)
        made.start, made.there, made.whole = first, last - first, spool.size
        kept = min(last - first, wanted)
        pieces = (to_int16(piece, made.scale) for piece in spool.pieces(first, first + kept))
        made.num_samples = wanted
        if scratch is None or wanted <= IN_MEMORY:
            made.samples = fit(np.concatenate(list(pieces)), wanted, fill)
        else:
            made.file = _written(pieces, kept, wanted, fill, scratch)
        return made
    finally:
        spool.close()


def _spooled(
    spool: Spool, path: Path | Sound, sample_rate: int, start: float, end: float | None
) -> tuple[Prepared, float]:
    """The part of the file as one channel, in the spool; gives its scale and notes, and its peak."""
    heard, peak = Heard(), 0.0
    with open_sound(path) if isinstance(path, Path) else nullcontext(path) as sound:
        _refuse_outside(sound, start, end)
        for block in _resampled(sound, sample_rate, start, end, heard):
            spool.write(block)
            peak = max(peak, float(np.abs(block).max(initial=0.0)))
        if heard.frames == 0:
            raise Undecodable("holds no samples (zero length)")
    return Prepared("", scale=scale_of(peak), notes=heard.notes(peak)), peak


def _refuse_outside(sound: Sound, start: float, end: float | None) -> None:
    """A part that lies behind the end of the file, or ends before it begins."""
    if not start >= 0.0 or (end is not None and not end > start):
        raise Undecodable(f"has no part from {start:g} s to {'its end' if end is None else f'{end:g} s'}")
    if sound.frames is not None and start and round(start * sound.sample_rate) >= sound.frames:
        length = sound.frames / sound.sample_rate
        raise Undecodable(f"ends after {length:.2f} s, before the part from {start:g} s")


def _written(pieces: Iterable[np.ndarray], size: int, wanted: int, fill: str, folder: str) -> Path:
    """A file of `wanted` int16 samples: those of the pieces, `size` in all, and behind them what fills it."""
    with tempfile.NamedTemporaryFile("w+b", dir=folder, prefix=PENDING, delete=False) as file:
        for piece in pieces:
            file.write(piece.tobytes())
        if fill != "loop":
            file.truncate(2 * wanted)
        for start in range(0, wanted - size if fill == "loop" else 0, step := min(PIECE, size)):
            file.seek(2 * start)  # what is `size` samples before the end
            again = file.read(2 * min(step, wanted - size - start))
            file.seek(0, os.SEEK_END)
            file.write(again)
    return Path(file.name)
