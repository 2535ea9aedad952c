"""What a sound is like, in a few numbers that people know, and what a model says of it: what drift is looked for in."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audio.inference.predictor import Predictor
from audio.io.preparation import longest, scratch_folder
from audio.io.reading import Undecodable

FRAME = 0.032  # s over which spectra are taken
SILENT = 1e-10  # power
MOST = 8  # windows of a sound that are looked at, evenly over it
ROLLOFF = 0.85  # share of the power that lies below
SOUND = {  # what a sound is like → its unit
    "loudness": "dBFS",
    "peak above it": "dB",
    "variation of level": "dB",
    "centroid": "Hz",
    "bandwidth": "Hz",
    "85 % of power below": "Hz",
    "flatness": "dB",
}
ANSWER = {"confidence": "", "entropy": "nats", "lead over the next": ""}  # of the most probable class


@dataclass(frozen=True)
class Described:
    """Sounds, a row each."""

    values: np.ndarray  # (sounds, SOUND and ANSWER)
    labels: np.ndarray  # (sounds,), the place of the most probable class
    groups: np.ndarray  # (sounds,), the recording that each is of, as a number
    classes: list[str]
    unheard: tuple[str, ...] = ()  # why some can't be heard

    def __len__(self) -> int:
        return len(self.values)


def described(predictor: Predictor, sounds: Iterable[tuple[Path | np.ndarray, object]]) -> Described:
    """Sounds as files or as waveforms at the model's rate, each with the recording that it is of.

    What can't be heard is left out, and told in `unheard`.
    """
    rows, labels, groups, unheard = [], [], [], []
    for sound, recording in sounds:
        try:
            windows = list(_windows(predictor, sound))
        except Undecodable as error:
            unheard.append(f"{sound}: {error}")
            continue
        chances = predictor.waveforms(np.stack(windows)).mean(0)
        like = np.mean([sound_of(window, predictor.sample_rate) for window in windows], 0)
        rows.append([*like, *answer_of(chances)])
        labels.append(int(chances.argmax()))
        groups.append(recording)
    numbers = np.unique(np.array(list(map(str, groups))), return_inverse=True)[1]
    values = np.array(rows, np.float64).reshape(-1, len(SOUND) + len(ANSWER))
    return Described(values, np.array(labels, int), np.asarray(numbers), predictor.classes, tuple(unheard))


def _windows(predictor: Predictor, sound: Path | np.ndarray) -> Iterator[np.ndarray]:
    """Some of a sound's windows, evenly over it, as the model is given them."""
    preparation = predictor.preparation
    if isinstance(sound, Path):
        with scratch_folder() as scratch:
            parts = list(preparation.recording(sound, scratch, cut=not predictor.hears_all).pieces())
        sound = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    if len(sound) <= longest(preparation.frames):
        yield preparation.fitted(sound)
        return
    count = min(MOST, -(-len(sound) // preparation.frames))
    for start in np.linspace(0, len(sound) - preparation.frames, count).astype(int).tolist():
        yield sound[start : start + preparation.frames]


def sound_of(wave: np.ndarray, rate: int) -> list[float]:
    """The numbers of `SOUND`, of a waveform `(samples,)`."""
    size = max(16, round(FRAME * rate))
    wave = np.pad(wave, (0, max(0, size - len(wave))))
    frames = np.lib.stride_tricks.sliding_window_view(wave, size)[:: size // 2]
    power = float(np.mean(np.square(wave, dtype=np.float64))) + SILENT
    levels = 10 * np.log10(np.mean(np.square(frames, dtype=np.float64), 1) + SILENT)
    spectrum = (np.abs(np.fft.rfft(frames * np.hanning(size))) ** 2).mean(0)[1:] + SILENT
    frequencies = np.arange(1, len(spectrum) + 1) * rate / size
    shares = spectrum / spectrum.sum()
    centroid = float(shares @ frequencies)
    return [
        10 * np.log10(power),
        20 * np.log10(float(np.abs(wave).max()) + SILENT) - 10 * np.log10(power),
        float(levels.std()),
        centroid,
        float(np.sqrt(shares @ (frequencies - centroid) ** 2)),
        float(frequencies[min(len(shares) - 1, int(np.searchsorted(np.cumsum(shares), ROLLOFF)))]),
        float(10 * (np.log10(spectrum).mean() - np.log10(spectrum.mean()))),
    ]


def answer_of(chances: np.ndarray) -> list[float]:
    """The numbers of `ANSWER`, of probabilities `(classes,)`."""
    ordered = np.sort(chances)[::-1]
    entropy = -float(np.sum(chances * np.log(np.maximum(chances, SILENT))))
    return [
        float(ordered[0]),
        entropy,
        float(ordered[0] - ordered[1]) if len(ordered) > 1 else float(ordered[0]),
    ]
