"""Disturbances do what they say, in dB, Hz and s; curves are of the same clips, and go down where they should."""

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audio.config import DISTURBANCES, EvaluateConfig, TrainConfig
from audio.errors import ConfigError
from audio.evaluation import disturbances
from audio.evaluation.disturbances import conditions
from audio.evaluation.evaluate import evaluate
from audio.evaluation.robustness import COLUMNS
from audio.features.logmel import QUIETEST
from audio.training.train import train
from tests.unit.audio import clip_stores
from tests.unit.audio.clip_stores import Sound, noise
from tests.unit.audio.conftest import ignore, tone

RATE = 22050


def dice(seed=0):
    return np.random.default_rng(seed)


def power(waveform):
    return 10 * np.log10(np.mean(np.square(waveform, dtype=float)))


def sound(seconds=1.0, seed=0):
    return (0.1 * dice(seed).standard_normal(round(seconds * RATE))).astype(np.float32)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 96000])
def test_every_condition_keeps_length_and_kind_at_any_rate_and_for_awkward_sound(rate):
    sounds = [np.zeros(rate, np.float32), sound(), np.ones(rate // 7, np.float32), sound()[:1], sound()[:37]]
    for condition in conditions(DISTURBANCES, rate):
        for one in sounds:
            before = one.copy()
            changed = condition.change(one, rate, dice())
            assert changed.shape == one.shape and changed.dtype == np.float32, condition.name
            assert np.isfinite(changed).all() and (one == before).all(), condition.name


def test_kinds_are_those_of_the_parameter_and_names_are_told_apart():
    found = conditions(DISTURBANCES, 44100)
    assert [*dict.fromkeys(one.kind for one in found)] == list(DISTURBANCES)
    assert len({one.name for one in found}) == len(found)
    assert [one.kind for one in conditions(["noise"], 44100)] == ["noise"] * 12
    assert all(one.degree < 4000 for one in conditions(["band"], 8000)), "no filter above half the rate"


def test_levels_are_in_decibels_and_too_loud_is_clipped():
    quiet = disturbances.level(sound(), RATE, dice(), decibels=-20)
    assert power(quiet) == pytest.approx(power(sound()) - 20, abs=1e-3)
    assert np.abs(disturbances.level(tone(1, RATE).astype(np.float32), RATE, dice(), decibels=40)).max() == 1


@given(st.sampled_from([20, 10, 0, -5]), st.sampled_from([0.0, 1.0]), st.integers(0, 9))
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_noise_lies_so_far_below_the_sound_and_pink_noise_falls_three_decibels_an_octave(ratio, slope, seed):
    clean = tone(2, RATE).astype(np.float32)
    added = disturbances.noise(clean, RATE, dice(seed), ratio=ratio, slope=slope) - clean
    assert power(clean) - power(added) == pytest.approx(ratio, abs=0.01)
    spectrum = np.abs(np.fft.rfft(added)) ** 2
    low, high = (spectrum[first : 2 * first].mean() for first in (1000, 8000))
    assert spectrum[:38].sum() < 1e-6 * spectrum.sum()  # below 20 Hz
    assert 10 * np.log10(low / high) == pytest.approx(9 * slope, abs=1.0)  # three octaves


def test_bands_keep_what_is_inside_and_drop_what_is_outside():
    both = sum(tone(1, RATE, pitch) for pitch in (100, 1500, 6000)).astype(np.float32)

    def left(**edges):
        heard = np.abs(np.fft.rfft(disturbances.band(both, RATE, dice(), **edges)))
        return [bool(heard[pitch] > 1000) for pitch in (100, 1500, 6000)]  # a bin is one Hz

    assert left(low=0, high=2000) == [True, True, False]
    assert left(low=500, high=0) == [False, True, True]
    assert left(low=300, high=3400) == [False, True, False]


@pytest.mark.parametrize("decay", [0.2, 1.0])
def test_a_room_falls_by_sixty_decibels_in_its_time_and_is_as_loud_as_before(decay):
    click = np.zeros(3 * RATE, np.float32)
    click[0] = 1.0
    heard = disturbances.reverberation(click, RATE, dice(), decay=decay)
    part = round(0.1 * decay * RATE)
    early, late = (power(heard[start : start + part]) for start in (part, round(0.6 * decay * RATE)))
    assert early - late == pytest.approx(30, abs=2)  # half of the way
    assert power(heard) == pytest.approx(power(click), abs=0.1)


def test_codecs_change_sound_the_more_the_harder_they_press_and_do_not_shift_it():
    rough = sound(2.0) + tone(2, RATE).astype(np.float32) / 4
    errors = {}
    for one in conditions(["codec"], RATE):
        heard = one.change(rough, RATE, dice())
        errors[one.name] = power(heard - rough) - power(rough)
        lags = np.correlate(heard[4000:12000], rough[5000:11000], "valid")
        assert abs(int(lags.argmax()) - 1000) <= 2, one.name
    for series in ("mp3", "ogg vorbis", "ogg opus"):
        first, second = (value for name, value in errors.items() if name.startswith(series))
        assert -60 < first <= second < 0, (series, first, second)
    assert len(errors) == 7


@pytest.fixture(scope="module")
def trained(store, tmp_path_factory):
    config = TrainConfig(
        epochs=25,
        n_fft=256,
        win_length=256,
        n_mels=16,
        crop_seconds=None,
        speeds=[1.0],
        gain_db=0,
        eq_db=0,
        mixup=0,
        time_masks=0,
        frequency_masks=0,
    )
    return train(config, store, checkpoint_dir=tmp_path_factory.mktemp("robust"), progress=ignore).model_path


def test_curves_have_a_row_for_each_condition_and_the_same_again(store, trained):
    told = []
    config = EvaluateConfig(robustness=["level", "noise"], resamples=0)
    found = evaluate(trained, store, config, progress_of_curves=lambda *now: told.append(now))
    table = found.robustness
    assert list(table.columns) == COLUMNS and len(table) == 1 + 5 + 12
    assert table["accuracy"].iloc[0] == pytest.approx(found.accuracy) and table["lost"].iloc[0] == 0
    assert told[-1][0] == told[-1][1] == len(found.clips) * len(table) and told == sorted(told)
    for row in table.iloc[1:].itertuples():
        assert row.lost == pytest.approx(100 * (found.accuracy - row.accuracy))
        assert row._10 - 1e-9 <= row.lost <= row._11 + 1e-9
    again = evaluate(trained, store, config).robustness
    assert again.equals(table)


def test_a_model_that_never_heard_quiet_sound_or_noise_loses_by_them(store, trained):
    table = evaluate(trained, store, EvaluateConfig(robustness=["level", "noise"], resamples=0)).robustness
    worst = table.set_index(["series", "degree"])["accuracy"]
    assert worst["undisturbed"].iloc[0] > 0.5
    assert worst["white noise", -5.0] < worst["undisturbed"].iloc[0] - 0.2
    assert worst["level", -40.0] < worst["undisturbed"].iloc[0]


def test_loudness_makes_level_a_matter_of_nothing(store, tiny, tmp_path):
    config = dataclasses.replace(tiny, loudness=-30.0, epochs=3)
    path = train(config, store, checkpoint_dir=tmp_path, progress=ignore).model_path
    found = evaluate(path, store, EvaluateConfig(robustness=["level"]))
    table, heard = found.robustness, found.clips["loudness"]
    quieter = table[(table["kind"] == "level") & (table["degree"] < 0)]
    assert len(quieter) == 4
    for degree, lost in zip(quieter["degree"], quieter["lost"], strict=True):
        perhaps_silence = (heard + degree < QUIETEST + 3).mean()  # which is not raised to what it was
        assert lost <= 100 * perhaps_silence, degree
    assert (heard - 10 > QUIETEST + 3).all() and quieter["lost"].iloc[-1] == 0


def test_few_clips_are_drawn_evenly_over_labels(store, trained):
    config = EvaluateConfig(robustness=["level"], robustness_clips=8)
    table = evaluate(trained, store, config).robustness
    assert (table["clips"] == 8).all()


def test_an_unknown_disturbance_is_refused_with_those_there_are():
    with pytest.raises(ConfigError, match=r"level, noise, band, codec, reverberation.*Did you mean 'noise'"):
        EvaluateConfig(robustness=["nois"])


def test_long_clips_are_disturbed_window_by_window(tiny, tmp_path):
    sounds = [Sound("ab"[i % 2], noise(4000 if i else 40000, i), fold=i % 2 + 1) for i in range(24)]
    store = clip_stores.write(tmp_path / "store", sounds)
    path = train(
        dataclasses.replace(tiny, clip_seconds=0.5, crop_seconds=None, epochs=1),
        store,
        checkpoint_dir=tmp_path,
        progress=ignore,
    ).model_path
    table = evaluate(path, store, EvaluateConfig(robustness=["codec", "reverberation"])).robustness
    assert len(table) == 1 + 7 + 4 and np.isfinite(table["accuracy"]).all()


def test_the_benchmark_counts_the_clips_of_all_folds_and_trains_nothing_twice(store, tiny, tmp_path):
    from benchmarks.audio_robustness import curves

    config = dataclasses.replace(tiny, epochs=1, validation="none", threads=1)
    found = curves(config, store, [1, 3], tmp_path, ["level"])
    assert len(found) == 6 and set(found["clips"]) == {len(store.select(fold=1)) + len(store.select(fold=3))}
    assert found["accuracy"].iloc[0] == pytest.approx(np.mean(found["by_fold"].iloc[0]), abs=1e-3)
    models = [path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("model.pt"))]
    assert curves(config, store, [1, 3], tmp_path, ["level"]).equals(found)
    assert models == [path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("model.pt"))]
    curves(dataclasses.replace(config, seed=1), store, [1], tmp_path, ["level"])
    assert models != [path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("model.pt"))]
