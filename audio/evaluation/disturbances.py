"""What happens to sound between its source and a model: level, noise, band, codec, reverberation, each by degree.

Each condition changes a waveform, float32 `(num_samples,)` in -1..1, and gives one of the same length. What is random
is drawn from the generator that is handed in, so that a clip is disturbed alike for every model.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import soundfile
import soxr
from scipy import signal

from audio.config import DISTURBANCES

Change = Callable[[np.ndarray, int, np.random.Generator], np.ndarray]  # (waveform, rate in Hz, dice)

LEVELS = (-40, -30, -20, -10, 10)  # dB
RATIOS = (20, 15, 10, 5, 0, -5)  # dB, signal to noise
LOWEST = 20.0  # Hz, of noise
LOW_PASSES = (8000, 4000, 2000, 1000)  # Hz
HIGH_PASSES = (200, 500, 1000)
TELEPHONE = (300, 3400)
DECAYS = (0.2, 0.5, 1.0, 2.0)  # s until a room is 60 dB quieter
DIRECT_DB = 0.0  # of the sound's direct way above all that the room adds
ORDER = 8  # of the filters
MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
OPUS_RATES = (8000, 12000, 16000, 24000, 48000)


@dataclass(frozen=True)
class Condition:
    """One degree of one kind of disturbance."""

    kind: str  # of `DISTURBANCES`
    series: str  # conditions that make one curve: white noise, low-pass, …
    degree: float  # in `unit`, where the condition stands on its curve
    unit: str
    change: Change

    @property
    def name(self) -> str:
        return f"{self.series} {self.degree:g} {self.unit}".strip()


def conditions(kinds: Sequence[str], rate: int) -> list[Condition]:
    """All conditions of some kinds that mean something at a sample rate (Hz), in the order of `DISTURBANCES`."""
    return [condition for kind in DISTURBANCES if kind in kinds for condition in _MADE[kind](rate)]


def _level(rate: int) -> list[Condition]:
    return [Condition("level", "level", degree, "dB", partial(level, decibels=degree)) for degree in LEVELS]


def _noise(rate: int) -> list[Condition]:
    return [
        Condition("noise", series, ratio, "dB SNR", partial(noise, ratio=ratio, slope=slope))
        for series, slope in (("white noise", 0.0), ("pink noise", 1.0))
        for ratio in RATIOS
    ]


def _band(rate: int) -> list[Condition]:
    made = [
        Condition("band", series, edge, "Hz", partial(band, low=low, high=high))
        for series, edges in (("low-pass", LOW_PASSES), ("high-pass", HIGH_PASSES))
        for edge in edges
        for low, high in [(0, edge) if series == "low-pass" else (edge, 0)]
        if edge < 0.45 * rate
    ]
    if TELEPHONE[1] < 0.45 * rate:
        low, high = TELEPHONE
        made.append(Condition("band", "telephone band", high, "Hz", partial(band, low=low, high=high)))
    return made


def _codec(rate: int) -> list[Condition]:
    """`degree` is libsndfile's: from 0, the least compression, to 1. At 22.05 kHz those of mp3 are 84 and 59 kbit/s."""
    kinds = (
        ("mp3", "MP3", "MPEG_LAYER_III", (0.5, 0.7), MP3_RATES),
        ("ogg vorbis", "OGG", "VORBIS", (0.5, 1.0), (rate,)),
        ("ogg opus", "OGG", "OPUS", (0.9, 0.97), OPUS_RATES),
        ("telephone µ-law", "WAV", "ULAW", (1.0,), (8000,)),
    )
    there = soundfile.available_formats()
    return [
        Condition("codec", series, degree, "compression", partial(_coded, form, subtype, degree, rates))
        for series, form, subtype, degrees, rates in kinds
        if form in there and subtype in soundfile.available_subtypes(form)
        for degree in degrees
    ]


def _reverberation(rate: int) -> list[Condition]:
    return [
        Condition("reverberation", "reverberation", decay, "s", partial(reverberation, decay=decay))
        for decay in DECAYS
    ]


_MADE = {
    "level": _level,
    "noise": _noise,
    "band": _band,
    "codec": _codec,
    "reverberation": _reverberation,
}


def level(waveform: np.ndarray, rate: int, dice: np.random.Generator, *, decibels: float) -> np.ndarray:
    """Louder or quieter; what is beyond full scale is clipped, as a recorder does."""
    return np.clip(waveform * np.float32(10 ** (decibels / 20)), -1, 1)


def noise(
    waveform: np.ndarray, rate: int, dice: np.random.Generator, *, ratio: float, slope: float
) -> np.ndarray:
    """Noise whose power falls with frequency to the `slope`, `ratio` dB below the sound; silence stays silent.

    None of it lies below `LOWEST`, where half of pink noise would be, and nobody would hear it.
    """
    spectrum = np.fft.rfft(dice.standard_normal(len(waveform)))
    frequency = np.fft.rfftfreq(len(waveform), 1 / rate)
    spectrum *= np.where(frequency < LOWEST, 0.0, np.maximum(frequency, LOWEST) ** (-slope / 2))
    added = np.fft.irfft(spectrum, len(waveform))
    power, own = np.mean(np.square(waveform, dtype=np.float64)), np.mean(added**2)
    scale = np.sqrt(power / max(own, 1e-20) * 10 ** (-ratio / 10))
    return (waveform + scale * added).astype(np.float32)


def band(
    waveform: np.ndarray, rate: int, dice: np.random.Generator, *, low: float, high: float
) -> np.ndarray:
    """Without what is below `low` and above `high` (Hz; 0: no limit), by a Butterworth filter without delay."""
    kind = "bandpass" if low and high else "highpass" if low else "lowpass"
    edges = [edge for edge in (low, high) if edge]
    sections = signal.butter(ORDER, edges if len(edges) > 1 else edges[0], kind, fs=rate, output="sos")
    padding = min(len(waveform) - 1, 3 * (2 * len(sections) + 1))
    return signal.sosfiltfilt(sections, waveform, padlen=max(0, padding)).astype(np.float32)


def reverberation(waveform: np.ndarray, rate: int, dice: np.random.Generator, *, decay: float) -> np.ndarray:
    """A room: the direct sound, and noise that falls by 60 dB in `decay` s; as loud as before."""
    tail = dice.standard_normal(round(decay * rate)) * 10 ** (
        -3 * np.arange(round(decay * rate)) / (decay * rate)
    )
    tail *= 10 ** (-DIRECT_DB / 20) / np.sqrt(np.sum(tail**2))
    heard = signal.fftconvolve(waveform, np.concatenate([[1.0], tail]))[: len(waveform)]
    power, own = np.mean(np.square(waveform, dtype=np.float64)), np.mean(heard**2)
    return (heard * np.sqrt(power / max(own, 1e-20))).astype(np.float32)


def _coded(
    form: str,
    subtype: str,
    compression: float,
    rates: Sequence[int],
    waveform: np.ndarray,
    rate: int,
    dice: np.random.Generator,
) -> np.ndarray:
    """Written and read again, at the nearest rate that the codec has where it lacks this one."""
    own = rate if rate in rates else min((r for r in rates if r > rate), default=max(rates))
    given = waveform if own == rate else soxr.resample(waveform, rate, own)
    stream = io.BytesIO()
    more: dict[str, Any] = {} if form == "WAV" else {"compression_level": compression}
    more |= {"bitrate_mode": "CONSTANT"} if form == "MP3" else {}
    soundfile.write(stream, np.clip(given, -1, 1), own, format=form, subtype=subtype, **more)
    stream.seek(0)
    heard, _ = soundfile.read(stream, dtype="float32")
    back = heard if own == rate else soxr.resample(heard, own, rate)
    found = np.zeros_like(waveform)
    found[: len(back)] = back[: len(found)]
    return found
