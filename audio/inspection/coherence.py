"""Whether two waveforms that lie on each other agree in phase wherever they are loud, as two takes of a sound do not.

Two sweeps, whistles or beeps of one kind can be alike for a while although their noises have nothing in common. A copy
is loud where the other is, and in the same phase there: its noise, its level and a lossy format move the phase of the
faint spots alone. An equaliser moves all phases of a frequency by the same angle, so that what the one half of the
frames says of it holds in the other.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

WINDOW = 0.046  # s of a Fourier transform, about: a power of two samples
HOPS = 4  # transforms a window
DELAYS = np.linspace(-1.0, 1.0, 17)  # samples by which one may still be late
BLOCK, GUARD = (
    48,
    24,
)  # frames that belong to one half, and to none before the other's turn: what is one there has
# passed, a sweep as well
ALIKE = 0.9  # mean cosine of the angle between the two, from which they are one
ALIKE_WHISTLES = (
    0.97  # the same where all is in a few frequencies at a time: another sweep is soon as alike as 0.9
)
FEW = 6.0  # frequencies that hold the sound of such a moment
ALIKE_FILTERED = (
    0.7  # the same where each frequency has an angle of its own, told by the other half of the frames
)


def agree(one: np.ndarray, two: np.ndarray, sample_rate: int) -> bool:
    """Whether two waveforms `(num_samples,)`, moved so that they lie on each other, are one sound."""
    window = 1 << round(np.log2(WINDOW * sample_rate))
    if min(len(one), len(two)) < window:  # nothing to tell by
        return True
    products = _frames(one, window).conj() * _frames(two, window)
    weight = np.abs(products)
    total = max(float(weight.sum()), 1e-30)
    needed = ALIKE if _width(weight) >= FEW else ALIKE_WHISTLES
    return _in_phase(products) >= needed * total or _filtered(products) >= ALIKE_FILTERED


def _frames(wave: np.ndarray, window: int) -> np.ndarray:
    """The spectrum `(frames, bins)` of a waveform."""
    parts = sliding_window_view(wave, window)[:: window // HOPS]
    return np.fft.rfft(parts * np.hanning(window).astype(np.float32), axis=1)


def _in_phase(products: np.ndarray) -> float:
    """Of the products' weight, what has one phase, whichever sign that is and however late within a sample."""
    by_bin = products.sum(axis=0)
    turns = np.exp(1j * np.pi * np.linspace(0.0, 1.0, len(by_bin))[None] * DELAYS[:, None])
    return float(np.abs((by_bin * turns).sum(axis=1).real).max())


def _filtered(products: np.ndarray) -> float:
    """The same, as a share, where each frequency has a phase, which half of the frames tell for the other half."""
    turn, place = np.divmod(np.arange(len(products)), BLOCK + GUARD)
    halves = [products[(place < BLOCK) & (turn % 2 == half)] for half in (0, 1)]
    first, second = (half.sum(axis=0) for half in halves)
    told = [half / np.maximum(np.abs(half), 1e-30) for half in (second, first)]
    agreeing = (first * told[0].conj()).real.sum() + (second * told[1].conj()).real.sum()
    return float(agreeing / max(sum(float(np.abs(half).sum()) for half in halves), 1e-30))


def _width(weight: np.ndarray) -> float:
    """Bins that hold the sound at a time, the mean over its weight."""
    by_frame = weight.sum(axis=1)
    bins = by_frame**2 / np.maximum((weight**2).sum(axis=1), 1e-30)
    return float((bins * by_frame).sum() / max(float(by_frame.sum()), 1e-30))
