"""One recording, from file to the samples that are stored: decode, one channel, resample, trim, fit."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
import soxr

from audio.errors import AudioError

FOREIGN = {".m4a", ".aac", ".wma", ".amr"}  # sound that libsndfile does not decode


class Undecodable(AudioError):
    """A file holds no usable sound; the message is the reason, without the path."""


@dataclass
class Prepared:
    """A clip's stored form."""

    content: str  # hash of the file's bytes
    samples: np.ndarray | None  # int16, (frames,); None: the content is what the caller already has


def content_of(path: Path) -> str:
    """A hash of a file's bytes (BLAKE2b, 128 bits, hexadecimal). Raises Undecodable."""
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


def decode(path: Path, start: float = 0.0, end: float | None = None) -> tuple[np.ndarray, int]:
    """Samples as float32 `(frames, channels)` and the sample rate in Hz. Raises Undecodable.

    `start` and `end` are seconds. Formats are those of libsndfile: WAV (8 to 32 bit, float), FLAC, OGG,
    MP3, AIFF, …
    """
    try:
        if path.stat().st_size == 0:
            raise Undecodable("the file is empty (0 bytes)")
        with soundfile.SoundFile(path) as file:
            file.seek(min(round(start * file.samplerate), file.frames))
            frames = -1 if end is None else max(0, round((end - start) * file.samplerate))
            return file.read(frames, dtype="float32", always_2d=True), file.samplerate
    except soundfile.LibsndfileError as error:
        raise Undecodable(f"cannot be decoded: {_why(path, error.error_string.strip())}") from error
    except OSError as error:
        raise Undecodable(f"cannot be read: {error.strerror or error}") from error


def _why(path: Path, said: str) -> str:
    """What libsndfile said, in words that fit, with what to do about formats of other libraries."""
    if "does not exist" in said:  # of an MP3 that is none
        said = "it is not sound in a known format."
    foreign = path.suffix.lower() in FOREIGN
    return f"{said} Convert it: ffmpeg -i NAME{path.suffix} NAME.flac" if foreign else said


def to_mono(samples: np.ndarray) -> np.ndarray:
    """The mean of the channels: `(frames, channels)` → `(frames,)`."""
    return samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1)


def resample(waveform: np.ndarray, rate: int, to: int) -> np.ndarray:
    """Float32 `(frames,)` at another sample rate (Hz), with soxr's HQ quality."""
    return waveform if rate == to else soxr.resample(waveform, rate, to, quality="HQ")


def trim(waveform: np.ndarray, threshold_db: float) -> np.ndarray:
    """Without the quiet at both ends: what stays below `threshold_db` re the peak. A silent clip stays
    whole.
    """
    level = np.abs(waveform)
    peak = level.max(initial=0.0)
    if peak == 0.0:
        return waveform
    loud = np.flatnonzero(level > peak * 10 ** (threshold_db / 20))
    return waveform[loud[0] : loud[-1] + 1]


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


def to_int16(waveform: np.ndarray) -> np.ndarray:
    """Float -1..1 to int16; what is louder (float files, overshoot of the resampler) is scaled down as a
    whole.
    """
    peak = max(1.0, float(np.abs(waveform).max(initial=0.0)))
    return np.round(waveform * (32767.0 / peak)).astype(np.int16)


def prepare(
    path: Path,
    sample_rate: int,
    *,
    start: float = 0.0,
    end: float | None = None,
    trim_db: float | None = None,
    duration: float | None = None,
    fill: str = "loop",
) -> np.ndarray:
    """The stored form of a clip: int16 `(frames,)` at `sample_rate`. Raises Undecodable with the reason."""
    samples, rate = decode(path, start, end)
    if len(samples) == 0:
        raise Undecodable("holds no samples (zero length)")
    waveform = to_mono(samples)
    if not np.isfinite(waveform).all():
        raise Undecodable("holds NaN or infinite samples")
    waveform = resample(waveform, rate, sample_rate)
    if trim_db is not None:
        waveform = trim(waveform, trim_db)
    if duration is not None:
        waveform = fit(waveform, round(duration * sample_rate), fill)
    if len(waveform) == 0:
        raise Undecodable(f"is shorter than one sample at {sample_rate} Hz")
    return to_int16(waveform)
