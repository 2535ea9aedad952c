"""The report on copies beside a search by force: the correlation of each two clips at every shift of whole samples."""

from itertools import combinations

import numpy as np
import pytest
from scipy import signal

from tests.conftest import DATA
from tests.unit.audio.clips.test_duplicates import RATE, found, in_16_bits

SECONDS = 3
TIME = np.arange(SECONDS * RATE) / RATE
SHARED = RATE  # samples that two clips have in common at least
SAME, OTHER = (
    0.85,
    0.6,
)  # correlation from which two clips are one sound by force, and below which they are two


def by_force(waves: list[np.ndarray]) -> np.ndarray:
    """`(clips, clips)`: the largest correlation, 0 to 1, of what two clips share at any shift that leaves `SHARED`."""
    size = 1 << int(np.ceil(np.log2(2 * max(map(len, waves)))))
    spectra = [np.fft.rfft(wave, size) for wave in waves]
    energy = [np.concatenate([[0.0], np.cumsum(wave.astype(np.float64) ** 2)]) for wave in waves]
    largest = np.zeros((len(waves), len(waves)))
    for i, j in combinations(range(len(waves)), 2):
        lags = np.arange(SHARED - len(waves[i]), len(waves[j]) - SHARED + 1)  # by which the second is late
        products = np.fft.irfft(spectra[i].conj() * spectra[j], size)[lags % size]
        start = np.maximum(0, -lags)
        end = np.minimum(len(waves[i]), len(waves[j]) - lags)
        mine = energy[i][end] - energy[i][start]
        theirs = energy[j][end + lags] - energy[j][start + lags]
        loud = np.minimum(mine, theirs) > 1e-3 * min(energy[i][-1], energy[j][-1])
        alike = np.abs(products) / np.sqrt(np.maximum(mine * theirs, 1e-20))
        largest[i, j] = alike[loud].max(initial=0.0)
    return largest


def bursts(random: np.random.Generator) -> np.ndarray:
    """Noise of changing level and colour."""
    level = np.repeat(random.uniform(0.02, 1.0, 5 * SECONDS), RATE // 5)
    low = random.uniform(100, 2000)
    band = signal.butter(2, [low, low + random.uniform(500, 4000)], "bandpass", fs=RATE, output="sos")
    return level * signal.sosfilt(band, random.standard_normal(len(TIME)))


def voice(random: np.random.Generator) -> np.ndarray:
    """Harmonics of a pitch that glides, at a level that rises and falls."""
    pitch = np.interp(TIME, np.linspace(0, SECONDS, 8), random.uniform(120, 400, 8))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    level = np.interp(TIME, np.linspace(0, SECONDS, 16), random.uniform(0.0, 1.0, 16))
    return level * sum(np.sin(n * phase + random.uniform(0, 6)) / n for n in range(1, 12))


def knocks(random: np.random.Generator) -> np.ndarray:
    """Blows at irregular times, each with a ring of its own."""
    wave = np.zeros(len(TIME))
    for start in random.integers(0, len(TIME) - RATE // 4, 9):
        ring = np.exp(-TIME[: RATE // 4] * random.uniform(20, 60)) * random.standard_normal(RATE // 4)
        wave[start : start + RATE // 4] += ring
    return wave


def sweep(random: np.random.Generator) -> np.ndarray:
    first, last = random.uniform(100, 800), random.uniform(2000, 6000)
    return signal.chirp(TIME, first, SECONDS, last, phi=random.uniform(0, 360))


def hum(random: np.random.Generator) -> np.ndarray:
    return sum(np.sin(2 * np.pi * 50 * n * TIME + random.uniform(0, 6)) / n for n in range(1, 9))


def taken(kind, random: np.random.Generator) -> np.ndarray:
    """A recording of such a sound, at a level and with a noise of its own."""
    wave = kind(random)
    wave = wave / np.abs(wave).max() + 10 ** random.uniform(-3, -1.5) * random.standard_normal(len(wave))
    return random.uniform(0.1, 0.6) * wave


def shifted(wave: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return np.concatenate([np.zeros(int(random.integers(1, RATE))), wave])


def cut(wave: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return wave[int(random.integers(1, RATE // 2)) :]


def noisy(wave: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return wave + 0.1 * wave.std() * random.standard_normal(len(wave))


def softer(wave: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return wave * random.uniform(0.1, 0.9)


def resampled(wave: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return signal.resample_poly(signal.resample_poly(wave, 7, 8), 8, 7)


def all_of_it(wave: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return softer(noisy(cut(wave, random), random), random)


WAYS = (shifted, cut, noisy, softer, resampled, all_of_it)


@pytest.mark.parametrize("seed", [0, 4, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2, 3, 5))])
def test_the_report_says_what_a_search_by_force_says(seed):
    """And of hums, which a search by force takes for one another, that they are several."""
    random = np.random.default_rng(seed)
    kinds = [bursts, voice, knocks] * 4 + [sweep] * 3
    waves = [taken(kind, random) for kind in kinds]
    copied = random.choice(12, len(WAYS), replace=False)
    waves += [way(waves[i], random) for way, i in zip(WAYS, copied, strict=True)]
    planted = {(int(i), len(kinds) + n) for n, i in enumerate(copied)}
    waves = [in_16_bits(wave) for wave in waves]
    alike = by_force(waves)
    assert not ((alike > OTHER) & (alike < SAME)).any(), "the search by force is sure"
    forced = {(int(i), int(j)) for i, j in zip(*np.nonzero(alike >= SAME), strict=True)}
    assert forced == planted
    hums = [in_16_bits(taken(hum, random)) for _ in range(3)]
    assert found([*waves, *hums]) == forced


@pytest.mark.skipif(not DATA.is_dir(), reason="needs recordings of ESC-10")
@pytest.mark.parametrize("first", [0, pytest.param(3, marks=pytest.mark.slow)])
def test_of_real_recordings_it_says_so_too(first):
    from audio.io.decoding import beginning

    random = np.random.default_rng(first)
    files = sorted(DATA.rglob("*.ogg"))[first::20]
    waves = [wave for wave in (beginning(file, RATE, 5 * RATE) for file in files) if np.std(wave) > 1e-3]
    copied = random.choice(len(waves), len(WAYS), replace=False)
    planted = {(int(i), len(waves) + n) for n, i in enumerate(copied)}
    waves += [way(waves[i], random) for way, i in zip(WAYS, copied, strict=True)]
    waves = [in_16_bits(wave) for wave in waves]
    alike = by_force(waves)
    forced = {(int(i), int(j)) for i, j in zip(*np.nonzero(alike >= SAME), strict=True)}
    assert planted <= forced
    reported = found(waves)
    assert planted <= reported <= forced | {pair for pair in reported if alike[pair] > 0.3}


@pytest.mark.skipif(not DATA.is_dir(), reason="needs recordings of ESC-10")
@pytest.mark.parametrize("rate", [16000, 22050, 44100])
def test_a_leak_of_the_official_folds_is_found_at_any_rate(rate):
    """One of the two was edited in the middle, so that where most landmarks agree is on neither side of the cut."""
    from audio.io.decoding import beginning

    names = ("3-151080-A", "5-151085-A")
    waves = [beginning(next(DATA.rglob(f"{name}.*")), rate, 5 * rate) for name in names]
    assert found(waves, rate) == {(0, 1)}
