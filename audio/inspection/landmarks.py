"""Landmarks of a recording: pairs of peaks of its spectrogram, which another level, format, start or noise leave there.

As in A. Wang, "An industrial-strength audio search algorithm", ISMIR 2003: a pair is one number, made of the frequency
of a peak, the distance to a later one and the time between them. Recordings that share many such numbers, all moved by
the same time, are likely to share their sound.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

WINDOW = 0.046  # s of a Fourier transform, about: a power of two samples
HOPS = 4  # frames a window
AROUND = (9, 7)  # bins and frames in which a peak is the largest
DEPTH = 7.9  # nats below the loudest spot (69 dB) within which there are peaks
STRETCH = 43  # frames, half a second, of which the highest peaks count
HIGHEST = 16  # peaks of such a stretch
NEXT = 12  # peaks that each is paired with
REACH = (2, 64)  # frames between the two
SPREAD = 128  # bins between the two
FAINT = 1e-4  # magnitude of the loudest spot below which there is nothing to be heard


@dataclass
class Landmarks:
    """The pairs of peaks of one clip."""

    hashes: np.ndarray  # int64 `(pairs,)`
    times: np.ndarray  # int64 `(pairs,)`, frames of `hop` samples from the clip's start


def sizes(sample_rate: int) -> tuple[int, int]:
    """Samples of a window, and between two frames."""
    window = 1 << round(np.log2(WINDOW * sample_rate))
    return window, window // HOPS


def landmarks(waveform: np.ndarray, sample_rate: int) -> Landmarks:
    """Those of a waveform, float32 `(num_samples,)`; none of silence."""
    bins, frames = _peaks(waveform, *sizes(sample_rate))
    hashes, times = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for behind in range(1, min(NEXT + 1, len(frames))):
        first, later = slice(0, len(frames) - behind), slice(behind, None)
        apart, higher = frames[later] - frames[first], bins[later] - bins[first]
        near = (apart >= REACH[0]) & (apart < REACH[1]) & (np.abs(higher) < SPREAD)
        number = (bins[first] << 14) | ((higher + SPREAD) << 6) | apart
        hashes.append(number[near])
        times.append(frames[first][near])
    return Landmarks(np.concatenate(hashes), np.concatenate(times))


def _peaks(waveform: np.ndarray, window: int, hop: int) -> tuple[np.ndarray, np.ndarray]:
    """Bins and frames of the highest peaks of each stretch, int64, by time."""
    wave = torch.from_numpy(np.pad(waveform, (0, max(0, window - len(waveform)))))
    spectrum = torch.stft(wave, window, hop, window=torch.hann_window(window), return_complex=True)[1:]
    level = spectrum.abs()
    if float(level.max()) < FAINT:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    level = level.clamp_min(float(level.max()) * np.exp(-DEPTH)).log()
    high, wide = AROUND
    around = F.max_pool2d(level[None, None], (high, 1), 1, (high // 2, 0))
    around = F.max_pool2d(around, (1, wide), 1, (0, wide // 2))[0, 0]
    bins, frames = ((level >= around) & (level > level.min())).nonzero(as_tuple=True)
    return _highest(bins.numpy(), frames.numpy(), level[bins, frames].numpy())


def _highest(bins: np.ndarray, frames: np.ndarray, level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.lexsort((-level, frames // STRETCH))
    stretch = frames[order] // STRETCH
    rank = np.arange(len(order)) - np.searchsorted(stretch, stretch)
    kept = order[rank < HIGHEST]
    kept = kept[np.lexsort((bins[kept], frames[kept]))]
    return bins[kept], frames[kept]
