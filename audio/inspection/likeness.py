"""Whether two waveforms are one sound, and by how many samples one of them is late.

The cross-correlation of waveforms whose level and spectrum are evened out has one sharp peak for a copy, even with
noise or after a lossy format. Two hums of one frequency have none, or as good a one at every period; two clicks or two
sweeps that meet for a moment are alike in that moment alone.
"""

import numpy as np

FEWEST = 1024  # samples that have to be there to compare
ALIKE = (
    (0.1, 8.0, 0.8),
    (0.03, 5.0, 0.4),
)  # correlation from which it is the same sound (chance gives 0.03), that
# times the root of the samples, and how large others beside it may be: a weak peak has to stand alone
BESIDE = (0.004, 0.05)  # s from the peak, where a hum has others
EVENED = 0.7  # exponent by which the spectrum is evened out: 0 not at all, 1 to white
FLOOR = 1e-16  # of the loudest bin, below which there is nothing but rounding
MOMENT = 512  # samples over which a level is taken
QUIET = 0.06  # of the loudest moment: below it quiet moments stay quiet
PARTS = 8  # of equal energy, into which what is compared is cut
LOWEST = 6  # of these, the least alike, which have to be alike as well
STEADY = 0.7  # of the whole's correlation: what these have at least


def correlation(one: np.ndarray, two: np.ndarray, reach: int, sample_rate: int) -> tuple[float, int]:
    """How alike two waveforms of one length are, 0 to 1, and by how many samples the second is late, up to `reach`.

    0 where they are not the same sound: too short or not alike enough to tell, as alike some periods further on, or
    alike for a moment only.
    """
    size = len(one)
    if size < FEWEST:
        return 0.0, 0
    near, far = (round(seconds * sample_rate) for seconds in BESIDE)
    most = reach + far
    first, second, lags = _evened(one, two, most)
    inner = np.abs(lags[far : len(lags) - far])
    peak = int(inner.argmax())
    alike, at = float(inner[peak]), peak + far
    others = np.abs(np.concatenate([lags[at - far : at - near + 1], lags[at + near : at + far + 1]])).max()
    enough = any(
        alike >= max(least, chance / np.sqrt(size)) and others <= unique * alike
        for least, chance, unique in ALIKE
    )
    if not enough or _steadiness(first, second, peak - reach) < STEADY * alike:
        return 0.0, 0
    return min(1.0, alike), peak - reach


def _evened(one: np.ndarray, two: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both waveforms with level and spectrum evened out, and their correlation at lags from `-most` to `most`."""
    fade = np.hanning(len(one)).astype(np.float32)
    size = 1 << int(np.ceil(np.log2(len(one) + most)))
    a, b = (np.fft.rfft(_levelled(wave) * fade, size) for wave in (one, two))
    power = np.abs(a) * np.abs(b)
    weight = np.sqrt(power) * (power + FLOOR * power.max() + 1e-30) ** (-EVENED / 2)
    a, b = (spectrum / np.maximum(np.abs(spectrum), 1e-30) * weight for spectrum in (a, b))
    lags = np.fft.irfft(a.conj() * b, size)
    first, second = (np.fft.irfft(spectrum, size)[: len(one)] for spectrum in (a, b))
    scale = np.sqrt((np.abs(a) ** 2).sum() * (np.abs(b) ** 2).sum()) * 2 / size
    return first, second, np.concatenate([lags[-most:], lags[: most + 1]]) / max(float(scale), 1e-30)


def _levelled(wave: np.ndarray) -> np.ndarray:
    """A waveform of about one level from moment to moment, so that no click outweighs all the rest."""
    sums = np.cumsum(np.concatenate([[0.0], wave.astype(np.float64) ** 2]))
    ends = np.minimum(np.arange(len(wave)) + MOMENT // 2, len(wave))
    starts = np.maximum(np.arange(len(wave)) - MOMENT // 2, 0)
    level = np.sqrt(np.maximum(sums[ends] - sums[starts], 0.0) / (ends - starts))
    return np.asarray((wave / np.maximum(level, max(QUIET * level.max(), 1e-9))).astype(np.float32))


def _steadiness(one: np.ndarray, two: np.ndarray, lag: int) -> float:
    """The mean correlation of the parts that are least alike, where the second waveform is `lag` samples late."""
    start, end = max(0, -lag), len(one) - max(0, lag)
    a, b = one[start:end], two[start + lag : end + lag]
    energy = np.cumsum(a * a)
    edges = np.searchsorted(energy, energy[-1] * np.arange(1, PARTS) / PARTS)
    products, mine, theirs = (
        np.array([part.sum() for part in np.split(values, edges)]) for values in (a * b, a * a, b * b)
    )
    alike = products / np.sqrt(np.maximum(mine * theirs, 1e-30))
    return float(np.sort(alike * np.sign(products.sum()))[:LOWEST].mean())
