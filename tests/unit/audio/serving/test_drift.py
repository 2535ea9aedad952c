"""Drift: sounds of the same kind are none; softer, noisier and other sounds are, and it is said in what."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from audio.errors import ConfigError
from audio.inference.predictor import Predictor
from audio.serving.watching import drift as drifts
from audio.serving.watching.described import ANSWER, SOUND, Described, described, sound_of
from audio.serving.watching.drift import SHARES, drift
from tests.unit.audio.heard import RATE

WIDTH = len(SOUND) + len(ANSWER)


def tones(count: int, seed: int, high: float = 0.5) -> list[np.ndarray]:
    """Half-second sounds that the model of these tests names low or high, of any level and with some noise."""
    dice, time = np.random.default_rng(seed), np.arange(RATE // 2) / RATE
    found = []
    for _ in range(count):
        pitch = (900 if dice.random() < high else 300) + dice.uniform(0, 100)
        sound = dice.uniform(0.1, 0.6) * np.sin(2 * np.pi * pitch * time)
        found.append((sound + 0.005 * dice.standard_normal(len(time))).astype(np.float32))
    return found


def pink(sound: np.ndarray, seed: int, ratio: float = 0.0) -> np.ndarray:
    """With pink noise, `ratio` dB below it."""
    dice = np.random.default_rng(seed)
    spectrum = np.fft.rfft(dice.standard_normal(len(sound)))
    noise = np.fft.irfft(spectrum / np.sqrt(np.arange(len(spectrum)) + 1), len(sound))
    return np.asarray(sound + noise * sound.std() / noise.std() * 10 ** (-ratio / 20), np.float32)


@pytest.fixture(scope="module")
def predictor(made: tuple[Path, Path, Path]) -> Predictor:
    return Predictor(made[2], "cpu", threads=1)


@pytest.fixture(scope="module")
def clips(predictor: Predictor) -> Described:
    return described(predictor, ((sound, at // 2) for at, sound in enumerate(tones(120, 0))))


def asked(predictor: Predictor, folder: Path, sounds: list[np.ndarray]) -> Described:
    """Sounds that were kept, as files."""
    for at, sound in enumerate(sounds):
        soundfile.write(folder / f"é {at}.flac", np.clip(sound, -1, 1), RATE)
    return described(predictor, ((path, path) for path in sorted(folder.glob("*.flac"))))


def test_sounds_of_the_same_kind_are_no_drift(predictor, clips, tmp_path):
    found = drift(clips, asked(predictor, tmp_path, tones(100, 1)))
    assert found.drifted == [] and found.text() == "no drift: 100 requests beside 120 clips"
    assert (found.quantities["from"] == 0).sum() >= WIDTH - 1


def test_another_level_is_drift_in_loudness_and_not_in_the_spectrum(predictor, clips, tmp_path):
    found = drift(clips, asked(predictor, tmp_path, [0.03 * sound for sound in tones(100, 1)]))
    assert "loudness" in found.drifted and "drift in" in found.text()
    row = found.quantities.set_index("quantity").loc["loudness"]
    assert row["requests"] - row["clips"] == pytest.approx(-30.5, abs=4) and row["from"] > 0.1
    assert not {"centroid", "flatness"} & set(found.drifted)


def test_pink_noise_is_drift_in_the_spectrum(predictor, clips, tmp_path):
    sounds = [pink(sound, at) for at, sound in enumerate(tones(100, 1))]
    found = drift(clips, asked(predictor, tmp_path, sounds))
    assert {"flatness", "bandwidth"} <= set(found.drifted)


def test_another_mixture_of_classes_is_drift_in_their_shares(predictor, clips, tmp_path):
    found = drift(clips, asked(predictor, tmp_path, tones(100, 1, high=0.95)))
    assert SHARES in found.drifted
    row = found.classes.set_index("class").loc["high"]
    assert row["drifted"] and 0.05 < row["from"] < row["difference"] < row["to"] < 0.75


def test_what_cannot_be_heard_is_left_out_and_told(predictor, tmp_path):
    (tmp_path / "a.wav").write_bytes(b"nothing")
    found = described(predictor, [(tmp_path / "a.wav", 0), (tones(1, 0)[0], 1)])
    assert len(found) == 1 and "a.wav" in found.unheard[0]


def test_too_few_sounds_are_refused(predictor, clips, tmp_path):
    with pytest.raises(ConfigError, match="19 requests are too few"):
        drift(clips, asked(predictor, tmp_path, tones(19, 1)))


def test_a_silence_and_a_single_sample_have_numbers():
    for wave in (np.zeros(4000, np.float32), np.ones(1, np.float32)):
        assert np.isfinite(sound_of(wave, RATE)).all()


def made_up(dice: np.random.Generator, recordings: int, each: int, move: float = 0.0) -> Described:
    """Sounds of recordings that are alike within: correlated, as clips cut from one are."""
    common = np.repeat(dice.standard_normal((recordings, WIDTH)), each, 0)
    values = common + 0.3 * dice.standard_normal(common.shape) + move
    return Described(
        values, (values[:, 0] > 0).astype(int), np.repeat(np.arange(recordings), each), ["a", "b"]
    )


def test_alarms_are_as_rare_as_promised_also_where_clips_come_in_recordings(monkeypatch):
    """Sixty times nothing has changed: at five in a hundred, more than eight alarms are one chance in three hundred."""
    monkeypatch.setattr(drifts, "EXCHANGES", 99)
    monkeypatch.setattr(drifts, "RESAMPLES", 20)
    dice = np.random.default_rng(0)
    alarms = [
        bool(drift(made_up(dice, 30, 4), made_up(dice, 60, 1), least=0.0, seed=at).drifted)
        for at in range(60)
    ]
    assert sum(alarms) <= 8


def test_what_has_moved_by_a_spread_is_found_nearly_always(monkeypatch):
    monkeypatch.setattr(drifts, "EXCHANGES", 99)
    monkeypatch.setattr(drifts, "RESAMPLES", 20)
    dice = np.random.default_rng(1)
    found = [
        bool(drift(made_up(dice, 60, 1), made_up(dice, 60, 1, move=1.0), seed=at).drifted) for at in range(20)
    ]
    assert sum(found) >= 19


def test_the_distance_is_that_of_scipy():
    stats = pytest.importorskip("scipy.stats")
    dice = np.random.default_rng(2)
    values = np.round(dice.standard_normal((80, 5)), 1)  # with equal ones
    side = dice.random(80) < 0.4
    own = [stats.ks_2samp(column[side], column[~side]).statistic for column in values.T]
    np.testing.assert_allclose(drifts._curves(values, side), own, atol=1e-12)


def test_the_index_is_about_nothing_where_nothing_has_changed_and_its_interval_holds_it(monkeypatch):
    monkeypatch.setattr(drifts, "EXCHANGES", 9)
    monkeypatch.setattr(drifts, "RESAMPLES", 100)
    dice = np.random.default_rng(3)
    tables = [drift(made_up(dice, 50, 2), made_up(dice, 80, 1), seed=at).quantities for at in range(8)]
    assert np.mean([table["psi"].mean() for table in tables]) < 0.08
    assert np.mean([(table["from"] == 0).mean() for table in tables]) > 0.85
