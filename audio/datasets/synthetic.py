"""Synthetic sounds: labelled noises made from a seed, for trying things out with no data and no network.

Eight classes that differ in more than one cue, at random pitch, tempo, level and background noise; five
folds. The files are honest WAVs in a folder a class; nothing about them is a recording, and results on
them say nothing about real sound.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from audio.datasets.contract import Clip, DataSet

RATE = 22050  # Hz
SECONDS = 2.0
FOLDS = 5
PER_FOLD = 8  # clips of a class in a fold
LAYOUT = "nothing: the sounds are made from the seed and written as CLASS/FOLD-NUMBER.wav"

Random = np.random.Generator


def _time() -> np.ndarray:
    return np.arange(round(RATE * SECONDS)) / RATE


def _sweep(random: Random, up: bool) -> np.ndarray:
    low, high = random.uniform(200, 600), random.uniform(1500, 4000)
    start, end = (low, high) if up else (high, low)
    t = _time()
    return np.sin(2 * np.pi * (start * t + (end - start) * t**2 / (2 * SECONDS)))


def _tone(random: Random, partials: int) -> np.ndarray:
    pitch, t, number = random.uniform(150, 700), _time(), np.arange(1, partials + 1)[:, None]
    phase = random.uniform(0, 6, (partials, 1))
    return np.asarray((np.sin(2 * np.pi * pitch * number * t + phase) / number).sum(axis=0))


def _pulses(random: Random, rate: float, decay: float) -> np.ndarray:
    wave, burst = np.zeros(round(RATE * SECONDS)), np.exp(-np.arange(round(0.2 * RATE)) / (decay * RATE))
    for at in np.arange(random.uniform(0, 1 / rate), SECONDS - 0.2, 1 / rate):
        i = round(at * RATE)
        wave[i : i + len(burst)] += burst * random.standard_normal(len(burst))
    return wave


def _noise(random: Random, slope: float) -> np.ndarray:
    spectrum = np.fft.rfft(random.standard_normal(round(RATE * SECONDS)))
    spectrum *= np.maximum(np.arange(len(spectrum)), 8.0) ** slope
    wave = np.fft.irfft(spectrum, round(RATE * SECONDS))
    return np.asarray(wave / np.abs(wave).max())


def _warble(random: Random) -> np.ndarray:
    pitch, rate, depth = random.uniform(400, 1500), random.uniform(4, 9), random.uniform(30, 120)
    return np.sin(2 * np.pi * pitch * _time() + depth / rate * np.sin(2 * np.pi * rate * _time()))


CLASSES: dict[str, Callable[[Random], np.ndarray]] = {
    "clicks": lambda r: _pulses(r, r.uniform(6, 12), 0.004),
    "falling sweep": lambda r: _sweep(r, up=False),
    "hiss": lambda r: _noise(r, 0.3),
    "hum": lambda r: _tone(r, 8),
    "knocks": lambda r: _pulses(r, r.uniform(1.5, 4), 0.04),
    "rising sweep": lambda r: _sweep(r, up=True),
    "rumble": lambda r: _noise(r, -1.0),
    "warble": _warble,
}


def sound(label: str, fold: int, number: int, seed: int) -> np.ndarray:
    """One sound, float32 `(frames,)` at RATE; the same arguments give the same samples."""
    random = np.random.default_rng([seed, sorted(CLASSES).index(label), fold, number])
    wave = CLASSES[label](random)
    wave = wave / np.abs(wave).max() + random.standard_normal(len(wave)) * 10 ** random.uniform(-3, -1)
    return np.asarray((wave / np.abs(wave).max() * 10 ** random.uniform(-1, -0.05)).astype(np.float32))


def read(root: Path, seed: int) -> list[Clip]:
    """The clips, written below `root` first where they are not yet there."""
    clips = []
    for label in sorted(CLASSES):
        (root / label).mkdir(parents=True, exist_ok=True)
        for fold in range(1, FOLDS + 1):
            for number in range(PER_FOLD):
                path = root / label / f"{fold}-{seed}-{number:02}.wav"
                if not path.exists():
                    half = path.with_suffix(".part")
                    soundfile.write(
                        half, sound(label, fold, number, seed), RATE, format="WAV", subtype="PCM_16"
                    )
                    half.rename(path)
                clips.append(Clip(path, (label,), fold=fold))
    return clips


SYNTHETIC = DataSet(
    "synthetic", "Synthetic sounds", read, LAYOUT, licence="public domain", folds=FOLDS, needs_data=False
)
