"""Augmentation: shapes and dtypes for any batch, labels left right, reproducible, and doing what it says."""

import dataclasses
import math

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from audio.augment import mixing, spectrogram, waveform
from audio.augment.chain import Augment
from audio.augment.spectrogram import DB
from audio.config import TrainConfig
from audio.errors import ConfigError
from audio.features.logmel import LogMel
from audio.models import build
from audio.reporting.augmentations import sound_of
from audio.training.feed import TrainingFeed
from audio.training.train import train
from tests.unit.audio.conftest import ignore, tone
from tests.unit.audio.training.test_training import Notebook

FEATURES = {
    "crop": lambda x, r: spectrogram.crop(x, 7, r),
    "gain": lambda x, r: spectrogram.gain(x, 6.0, r),
    "equalise": lambda x, r: spectrogram.equalise(x, 6.0, r),
    "mask-time": lambda x, r: spectrogram.mask(x, 3, 2, 5, 0.0, r),
    "mask-frequency": lambda x, r: spectrogram.mask(x, 2, 2, 50, 0.0, r),
    "flip-time": lambda x, r: spectrogram.flip_time(x, 0.5, r),
    "flip-frequency": lambda x, r: spectrogram.flip_frequency(x, 0.5, r),
}
BANK = torch.randn(100)
WAVES = {
    "noise": lambda x, r: waveform.add_noise(x, 0.5, 0.0, 20.0, r),
    "background": lambda x, r: waveform.add_background(x, BANK, 0.5, 0.0, 20.0, r),
    "stretch": lambda x, r: waveform.stretch(x, 0.3, r),
    "pitch": lambda x, r: waveform.shift_pitch(x, 4.0, r),
}
MIXES = {"mixup": mixing.mixup, "cutmix": mixing.cutmix, "mixup-waveforms": mixing.mixup_waveforms}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("name", FEATURES)
@settings(max_examples=20, deadline=None)
@given(batch=st.integers(1, 5), bands=st.integers(1, 33), frames=st.integers(1, 40))
def test_features_of_any_size_keep_shape_and_type(name, batch, bands, frames):
    x = torch.randn(batch, 1, bands, frames, generator=seeded(5))
    found, again = FEATURES[name](x, seeded(1)), FEATURES[name](x, seeded(1))
    assert found.dtype == torch.float32 and found.isfinite().all()
    assert found.shape == (batch, 1, bands, min(7, frames) if name == "crop" else frames)
    assert torch.equal(found, again)


@pytest.mark.parametrize("name", WAVES)
@settings(max_examples=12, deadline=None)
@given(batch=st.integers(1, 4), samples=st.integers(1, 4000))
def test_waveforms_of_any_size_keep_shape_and_type(name, batch, samples):
    x = 0.1 * torch.randn(batch, samples, generator=seeded(5))
    found, again = WAVES[name](x, seeded(1)), WAVES[name](x, seeded(1))
    assert found.dtype == torch.float32 and found.shape == x.shape and found.isfinite().all()
    assert torch.equal(found, again)


@pytest.mark.parametrize("name", MIXES)
@settings(max_examples=25, deadline=None)
@given(
    batch=st.integers(1, 6), classes=st.integers(1, 5), probability=st.floats(0, 1), alpha=st.floats(0.1, 4)
)
def test_mixed_labels_stay_shares_of_one(name, batch, classes, probability, alpha):
    x = torch.randn(batch, 1, 4, 9, generator=seeded(5))
    y = torch.eye(classes)[torch.arange(batch) % classes]
    mixed, targets = MIXES[name](x, y, probability, alpha, seeded(2))
    assert mixed.shape == x.shape and mixed.isfinite().all()
    torch.testing.assert_close(targets.sum(1), torch.ones(batch))
    assert (targets >= 0).all()


def test_mixup_adds_power_by_the_shares_of_the_labels():
    x = torch.tensor([1.0, 100.0]).log()[:, None, None, None].expand(2, 1, 3, 4)
    mixed, targets = mixing.mixup(x, torch.eye(2), 1.0, 1.0, seeded(4))
    expected = (targets @ torch.tensor([1.0, 100.0])).log()
    torch.testing.assert_close(mixed[:, 0, 0, 0], expected, rtol=1e-5, atol=1e-5)


def test_mixup_that_never_happens_changes_nothing():
    x, y = torch.randn(5, 1, 3, 4), torch.eye(5)
    mixed, targets = mixing.mixup(x, y, 0.0, 1.0, seeded())
    assert torch.equal(mixed, x) and torch.equal(targets, y)


def test_cutmix_labels_are_the_shares_of_time():
    x = torch.arange(4.0)[:, None, None, None].expand(4, 1, 2, 50).contiguous()
    mixed, targets = mixing.cutmix(x, torch.eye(4), 1.0, 1.0, seeded(3))
    for clip in range(4):
        shares = torch.bincount(mixed[clip, 0, 0].long(), minlength=4) / 50
        torch.testing.assert_close(targets[clip], shares)


def test_masks_hide_no_more_than_asked_and_differ_between_clips():
    x = torch.ones(64, 1, 40, 100)
    hidden = spectrogram.mask(x, 3, 2, 10, 0.0, seeded()) == 0
    columns = hidden.all(2).squeeze(1)
    assert columns.sum(1).max() <= 20 and len({tuple(row.tolist()) for row in columns}) > 30
    assert torch.equal(hidden.any(2), hidden.all(2))


def test_a_crop_with_roll_wraps_and_without_it_does_not():
    x = torch.arange(10.0).expand(200, 1, 3, 10)
    rolled = spectrogram.crop(x, 4, seeded(), roll=True)[:, 0, 0]
    steps = (rolled[:, 1:] - rolled[:, :-1]) % 10
    assert (steps == 1).all() and {int(v) for v in rolled[:, 0]} == set(range(10))
    plain = spectrogram.crop(x, 4, seeded(), roll=False)[:, 0, 0]
    assert {int(v) for v in plain[:, 0]} == set(range(7))


def test_noise_comes_at_the_stated_ratio():
    x = torch.from_numpy(tone(1.0, 16000)).float().expand(8, -1)
    noise = waveform.add_noise(x, 1.0, 10.0, 10.0, seeded()) - x
    ratio = 10 * torch.log10(x.square().mean(1) / noise.square().mean(1))
    torch.testing.assert_close(ratio, torch.full((8,), 10.0), atol=0.01, rtol=0)
    assert torch.equal(waveform.add_noise(x, 0.0, 10.0, 10.0, seeded()), x)


def peak(wave: torch.Tensor) -> float:
    """Loudest frequency of a second at 16 kHz, in Hz."""
    return float(torch.fft.rfft(wave * torch.hann_window(len(wave))).abs().argmax()) * 16000 / len(wave)


def test_stretch_keeps_the_pitch_and_changes_the_length():
    x = torch.from_numpy(tone(1.0, 16000, 1000.0)).float()[None]
    fast = waveform.stretched(x, 1.25)
    assert abs(fast.shape[1] - 12800) < 2 and peak(fast[0]) == pytest.approx(1000, abs=5)


def test_pitch_moves_by_no_more_than_the_semitones_asked():
    x = torch.from_numpy(tone(1.0, 16000, 1000.0)).float()[None]
    moved = [peak(waveform.shift_pitch(x, 4.0, seeded(i))[0]) for i in range(8)]
    limit = 2 ** (4 / 12) + 0.02
    assert all(1000 / limit < p < 1000 * limit for p in moved) and max(moved) - min(moved) > 50


def test_the_chain_does_what_the_configuration_asks_in_order():
    config = TrainConfig(noise=0.5, pitch=2.0, stretch=0.1, cutmix=0.1, flip_time=0.5, flip_frequency=0.1)
    chain = Augment(config, 20)
    assert [name for name, _ in chain.waveform_steps] == ["stretch", "pitch", "noise"]
    names = ["crop", "gain", "equaliser", "flip-time", "flip-frequency", "mixup", "cutmix"]
    assert [step.name for step in chain.steps] == [*names, "frequency-mask", "time-mask"]
    assert Augment(TrainConfig(augment=False), 20).steps == []
    raw = Augment(dataclasses.replace(config, flip_frequency=0.0), 100, domain="waveform")
    assert [step.name for step in raw.steps] == ["crop", "flip-time", "mixup", "cutmix"]


def test_time_masks_hide_no_more_than_a_fifth_of_a_short_clip():
    config = TrainConfig(gain_db=0, eq_db=0, mixup=0, frequency_masks=0, time_masks=1, time_mask_frames=16)
    x = torch.ones(200, 1, 8, 20)
    hidden = Augment(config, 20)(x, torch.eye(200), torch.tensor(0.0), seeded())[0] == 0
    assert int(hidden[:, 0, 0].sum(1).max()) == 4


@pytest.mark.parametrize(("bands", "frames"), [(16, 1), (4, 2), (2, 3), (64, 7)])
def test_masks_never_hide_all_of_a_clip(bands, frames):
    """Two clips of which nothing is left are the same, and batch norm over such a batch ends in no number."""
    config = TrainConfig(gain_db=0, eq_db=0, mixup=0, frequency_mask_bands=64, time_mask_frames=64)
    x = torch.ones(500, 1, bands, frames)
    hidden = Augment(config, frames)(x, torch.eye(500), torch.tensor(0.0), seeded())[0] == 0
    assert not hidden.all(dim=(1, 2, 3)).any()
    assert hidden.any() == (bands > 2 or frames > 2)


def test_gain_and_masks_leave_labels_alone():
    config = TrainConfig(mixup=0.0)
    x, y = torch.randn(6, 1, 64, 50), torch.eye(6)
    found, targets = Augment(config, 30)(x, y, torch.tensor(0.0), seeded())
    assert found.shape == (6, 1, 64, 30) and torch.equal(targets, y)


def test_features_can_be_heard():
    wave = torch.from_numpy(tone(1.0, 22050, 1000.0)).float()[None]
    layer = LogMel(22050)
    again = sound_of(layer, layer(wave))
    spectrum = torch.fft.rfft(again[0]).abs()
    assert float(spectrum.argmax()) * 22050 / again.shape[1] == pytest.approx(1000, abs=40)
    assert (layer(again)[..., :40] - layer(wave)[..., :40]).abs().median() < 3.0


def test_each_augmentation_is_reported_once_as_sound_and_picture(store, tiny, tmp_path):
    soundfile.write(tmp_path / "rain.wav", 0.1 * np.random.default_rng(0).standard_normal(16000), 16000)
    config = dataclasses.replace(
        tiny,
        epochs=1,
        debug_samples_every=1,
        debug_samples=1,
        noise=0.5,
        stretch=0.1,
        background=str(tmp_path),
    )
    notebook = Notebook()
    train(config, store, writer=notebook, checkpoint_dir=tmp_path / "run", progress=ignore)
    heard = {tag.split("/")[1] for tag, *_ in notebook.sounds if tag.startswith("augmentation/")}
    seen = {tag.split("/")[1] for tag, *_ in notebook.figures if tag.startswith("augmentation/")}
    assert heard == seen | {"original"}
    assert {"noise", "stretch", "background", "crop", "mixup", "time-mask"} <= seen


def test_waveform_augmentation_refuses_a_feature_cache_and_a_folder_without_sound(tmp_path):
    with pytest.raises(ConfigError, match="feature_cache"):
        TrainConfig(noise=0.5, feature_cache="on")
    with pytest.raises(ConfigError, match="no recording"):
        Augment(TrainConfig(background=str(tmp_path)), 10)


def test_decibels_are_of_power():
    assert math.exp(10 * spectrogram.DB) == pytest.approx(10)


@pytest.mark.parametrize("level", [1.0, 0.01, 1e-4])
def test_gain_gives_the_features_of_a_louder_recording_down_to_the_floor(level):
    layer, waves = LogMel(), level * torch.randn(3, 11025)
    waves[2] = 0
    changed = spectrogram.gain(layer(waves), 12.0, torch.Generator().manual_seed(4), layer.log_offset)
    change = spectrogram.uniform((3, 1, 1, 1), -12 * DB, 12 * DB, torch.Generator().manual_seed(4))
    louder = layer(waves * (change.flatten() / 2).exp()[:, None])
    torch.testing.assert_close(changed, louder, atol=2e-2, rtol=0)
    assert (changed[2] - layer(waves)[2]).abs().max() < 1e-3  # silence stays silence


def test_the_chain_equalises_power_before_the_floor():
    layer, config = (
        LogMel(),
        TrainConfig(gain_db=20.0, eq_db=12.0, mixup=0.0, time_masks=0, frequency_masks=0),
    )
    silence = layer(torch.zeros(4, 11025))
    for offset, still in ((layer.log_offset, True), (0.0, False)):
        augment = Augment(config, None, offset=offset)
        changed, _ = augment(silence, torch.eye(4), layer.level, torch.Generator().manual_seed(1))
        assert ((changed - silence).abs().max() < 1e-3) == still


@pytest.mark.parametrize("change", [waveform.stretch, waveform.shift_pitch])
def test_stretch_and_pitch_are_drawn_for_each_clip(change):
    wave = torch.cat([torch.zeros(500), torch.from_numpy(tone(0.5, 8000)).float()]).expand(6, -1)
    changed = change(wave, 0.5 if change is waveform.stretch else 4.0, torch.Generator().manual_seed(0))
    assert changed.shape == wave.shape
    assert len({tuple(one.round(decimals=3).tolist()) for one in changed}) > 3


def test_what_a_model_on_waveforms_can_t_take_is_refused_and_defaults_are_told():
    waves = {"domain": "waveform"}
    usual = Augment(TrainConfig(model="wav2vec2"), None, **waves)
    assert usual.unused == ["gain_db", "eq_db", "frequency_masks", "time_masks"]
    for setting in ({"eq_db": 3.0}, {"flip_frequency": 0.5}, {"time_mask_frames": 40}, {"gain_db": 1.0}):
        with pytest.raises(ConfigError, match=f"{next(iter(setting))}: wav2vec2 hears the waveform itself"):
            Augment(TrainConfig(model="wav2vec2", **setting), None, **waves)
        assert Augment(TrainConfig(**setting), None).unused == []
    off = Augment(TrainConfig(gain_db=0.0, eq_db=0.0, time_masks=0, frequency_masks=0), None, **waves)
    assert off.unused == []
    able = TrainConfig(model="wav2vec2", flip_time=0.3, cutmix=0.2)
    assert [step.name for step in Augment(able, None, **waves).steps] == [
        "crop",
        "flip-time",
        "mixup",
        "cutmix",
    ]


@pytest.mark.parametrize("cache", ["on", "off"])
def test_speeds_are_drawn_for_each_clip_with_a_cache_and_without(cache, store, tiny):
    config = dataclasses.replace(tiny, speeds=[0.5, 1.0, 2.0], feature_cache=cache, augment=True)
    config = dataclasses.replace(config, roll=False, crop_seconds=None, gain_db=0.0, eq_db=0.0, mixup=0.0)
    config = dataclasses.replace(config, time_masks=0, frequency_masks=0)
    model = build(config, store.sample_rate, len(store.classes))
    feed = TrainingFeed(config, store, store.index.iloc[[0] * 12], model, torch.device("cpu"))
    dice = torch.Generator().manual_seed(2)
    features, _ = feed.batch(torch.arange(12), dice, dice)
    assert len({round(float(one.sum()), 1) for one in features}) == 3
