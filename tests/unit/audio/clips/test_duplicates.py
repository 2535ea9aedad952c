"""A copy is found however it was moved, filtered or made noisy; two takes of a sound that is alike are two."""

from itertools import combinations

import numpy as np
import pytest
from scipy import signal

from audio.datasets import synthetic
from audio.inspection.coherence import agree
from audio.inspection.duplicates import copies
from audio.inspection.landmarks import landmarks, sizes

RATE = 16000
TIME = np.arange(4 * RATE) / RATE


def found(waves: list[np.ndarray], rate: int = RATE) -> set[tuple[int, int]]:
    waves = [in_16_bits(wave) for wave in waves]
    marked = [landmarks(wave, rate) for wave in waves]
    pairs = copies(marked, sizes(rate)[1], rate, lambda i, start, end: waves[i][max(0, start) : max(0, end)])
    return {(one.first, one.second) for one in pairs}


def in_16_bits(wave: np.ndarray) -> np.ndarray:
    return (np.round(np.clip(wave, -1, 1) * 32767) / 32768).astype(np.float32)


def beeps(random: np.random.Generator) -> np.ndarray:
    """One beep five times, from a moment of its own."""
    wave, beep = np.zeros(len(TIME)), 0.5 * np.sin(2 * np.pi * 1000 * TIME[: RATE // 5])
    for start in int(random.integers(0, RATE // 2)) + np.arange(5) * RATE * 3 // 5:
        wave[start : start + len(beep)] += beep
    return wave


def machine(random: np.random.Generator) -> np.ndarray:
    """A motor whose speed and load waver."""
    wander = np.interp(TIME, np.linspace(0, 4, 40), random.standard_normal(40))
    phase = 2 * np.pi * np.cumsum(97 * (1 + 0.002 * wander)) / RATE
    return 0.1 * sum(np.sin(n * phase + random.uniform(0, 6)) / n for n in range(1, 12))


def hum(random: np.random.Generator) -> np.ndarray:
    return 0.1 * sum(np.sin(2 * np.pi * 50 * n * TIME + random.uniform(0, 6)) / n for n in range(1, 9))


def tone(random: np.random.Generator) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * 440 * TIME + random.uniform(0, 6))


def ticks(random: np.random.Generator) -> np.ndarray:
    return np.where((np.arange(len(TIME)) + int(random.integers(0, 8000))) % 8000 < 40, 0.7, 0.0)


@pytest.mark.parametrize("take", [beeps, machine, hum, tone, ticks])
def test_takes_of_one_thing_are_several_sounds_and_each_copy_is_one(take):
    random = np.random.default_rng(7)
    takes = [take(random) + 10 ** (-30 / 20) * random.standard_normal(len(TIME)) for _ in range(3)]
    assert not found(takes)
    for wave in takes:
        noisy = wave + 0.1 * wave.std() * random.standard_normal(len(wave))
        copied = [np.concatenate([np.zeros(1237), 0.5 * wave]), wave[RATE // 2 :], noisy]
        assert {(0, i) for i in (1, 2, 3)} <= found([wave, *copied])


@pytest.mark.parametrize("seed", [1, 42])
def test_no_two_sweeps_of_the_synthetic_set_are_one_and_copies_of_them_are(seed):
    waves = [
        synthetic.sound(label, fold, number, seed)
        for label in ("rising sweep", "falling sweep")
        for fold in range(1, synthetic.FOLDS + 1)
        for number in range(synthetic.PER_FOLD)
    ]
    assert not found(waves, synthetic.RATE)
    softer = [np.concatenate([np.zeros(100 + 37 * i), 0.5 * wave]) for i, wave in enumerate(waves[::10])]
    copied, pairs = (
        {(10 * i, len(waves) + i) for i in range(len(softer))},
        found([*waves, *softer], synthetic.RATE),
    )
    assert pairs <= copied
    assert len(pairs) >= 7  # of 8: half a frame moves all landmarks of a smooth sweep now and then


def test_a_copy_through_an_equaliser_is_one():
    """Its phases are others everywhere, each in its own frequency."""
    random = np.random.default_rng(3)
    waves = [
        level * random.standard_normal(len(TIME)) / 8 for level in np.abs(np.sin(np.outer([3, 5], TIME)))
    ]
    band = signal.butter(2, [200, 3000], "bandpass", fs=RATE, output="sos")
    assert found([*waves, signal.sosfilt(band, waves[0])]) == {(0, 2)}


def test_agreement_is_of_phase_and_needs_something_to_tell_by():
    random = np.random.default_rng(0)
    one, other = random.standard_normal((2, 3 * RATE)).astype(np.float32)
    loud = one + 0.5 * other
    same = [(one, one), (one, -0.1 * one), (one, one + 0.3 * other), (one[:100], other[:100])]
    assert all(agree(a, b, RATE) for a, b in same)
    assert not any(agree(a, b, RATE) for a, b in combinations((one, other, one[::-1]), 2))
    assert not agree(loud, other, RATE)


@pytest.mark.parametrize("lowered", [11025, 8000])
def test_a_copy_that_lost_its_upper_band_is_one(lowered):
    """What the one has nothing of says nothing: it drowned what both have, once evened out."""
    random, rate = np.random.default_rng(11), 22050
    time = np.arange(3 * rate) / rate
    waves = []
    for _ in range(4):
        voice = sum(
            np.sin(2 * np.pi * n * (300 * time + 40 * np.sin(random.uniform(3, 8) * time))) / n
            for n in range(1, 9)
        )
        waves.append(
            0.1 * voice * np.abs(np.sin(random.uniform(4, 9) * time))
            + 1e-3 * random.standard_normal(len(time))
        )
    through = [signal.resample_poly(signal.resample_poly(w, lowered, rate), rate, lowered) for w in waves]
    pairs = found([*waves, *through], rate)
    assert pairs == {(i, 4 + i) for i in range(4)}
