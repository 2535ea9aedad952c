"""Noise in the bands is like noise in the waveform: its power, its colour, its spread, and what it does to a sound."""

import dataclasses

import numpy as np
import pytest
import torch

from audio.augment.chain import Augment
from audio.augment.hiss import Hiss, chi_squared
from audio.config import TrainConfig
from audio.evaluation import disturbances
from audio.features.registry import build_frontend
from audio.training.train import train
from tests.unit.audio.conftest import ignore, tone

RATE = 16000


def dice(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def layer():
    return build_frontend(TrainConfig(n_fft=512, win_length=512, hop_length=256, n_mels=40), RATE)


def power_of(features, offset=1e-6):
    return (features.exp() - offset).mean(dim=3)[:, 0]  # (batch, band)


@pytest.mark.parametrize("slope", [0.0, 1.0])
def test_bands_of_added_noise_are_those_of_a_noisy_waveform(layer, monkeypatch, slope):
    wave = tone(4, RATE, 1000).astype(np.float32)
    noisy = disturbances.noise(wave, RATE, np.random.default_rng(0), ratio=5, slope=slope)
    theirs = power_of(layer(torch.from_numpy(noisy)[None]))[0]
    monkeypatch.setattr("audio.augment.hiss.STEEPEST", slope)
    clean = layer(torch.from_numpy(wave)[None].expand(64, -1))
    hiss = Hiss(layer.bank[::2])
    monkeypatch.setattr("audio.augment.hiss.uniform", _steep(slope))
    found = hiss(clean, 1.0, 5.0, 5.0, dice(), 1e-6, False)
    ours = power_of(found).mean(0)
    difference = 10 * (ours / theirs).log10()
    assert difference[2:].abs().max() < 1.5, difference  # dB, band by band; the lowest hold a bin or two
    ratio = 10 * (power_of(clean).sum(1).mean() / (ours.sum() - power_of(clean).sum(1).mean())).log10()
    assert float(ratio) == pytest.approx(5, abs=0.6)
    spread, wanted = (one.std(dim=-1) for one in (found[0, 0], layer(torch.from_numpy(noisy)[None])[0, 0]))
    assert float((spread / wanted)[5:].log2().abs().mean()) < 0.25  # of the logarithm over time


def _steep(slope):
    from audio.augment.spectrogram import uniform

    def drawn(shape, low, high, random):
        return torch.full(shape, slope) if len(shape) == 2 else uniform(shape, low, high, random)

    return drawn


def test_chi_squared_numbers_have_their_mean_and_spread():
    for freedom in (1.0, 2.0, 10.0):
        found = chi_squared(torch.full((200_000,), freedom), dice())
        assert float(found.mean()) == pytest.approx(1, abs=0.02)
        assert float(found.var()) == pytest.approx(1 / freedom, rel=0.05)


def test_only_the_share_of_clips_is_noisy_and_silence_stays_silent(layer):
    clean = layer(torch.from_numpy(tone(1, RATE).astype(np.float32))[None].expand(400, -1))
    found = Hiss(layer.bank[::2])(clean, 0.3, 0.0, 0.0, dice(), 1e-6, False)
    changed = (found - clean).abs().amax(dim=(1, 2, 3)) > 1e-6
    assert 0.22 < changed.float().mean() < 0.38
    silent = layer(torch.zeros(3, RATE))
    torch.testing.assert_close(Hiss(layer.bank[::2])(silent, 1.0, 0.0, 0.0, dice(), 1e-6, True), silent)


def test_with_a_loudness_the_sum_is_as_loud_as_the_sound_was(layer):
    clean = layer(torch.randn(50, RATE, generator=dice(1)) * 0.1)
    found = Hiss(layer.bank[::2])(clean, 1.0, 0.0, 0.0, dice(2), 1e-6, True)
    louder = Hiss(layer.bank[::2])(clean, 1.0, 0.0, 0.0, dice(2), 1e-6, False)
    total = [10 * float(power_of(one).sum(1).mean().log10()) for one in (clean, found, louder)]
    assert total[1] == pytest.approx(total[0], abs=0.2) and total[2] == pytest.approx(total[0] + 3, abs=0.2)


@pytest.mark.parametrize("frontend", ["logmel", "pcen", "stft", "logmel+pcen"])
def test_every_front_end_with_a_bank_takes_it(frontend):
    config = TrainConfig(
        spectral_noise=1.0, frontend=frontend, members=2 if "+" in frontend else 1, loudness=-30.0
    )
    layer = build_frontend(config, RATE)
    augment = Augment(config, None, domain=layer.domain, offset=1e-6, sample_rate=RATE)
    assert "spectral-noise" in [step.name for step in augment.steps]
    features = layer(torch.randn(4, RATE, generator=dice()) * 0.1)
    found, _ = augment(features, torch.eye(4), torch.tensor(0.0), dice())
    assert found.shape == features.shape and torch.isfinite(found).all()


def test_a_training_keeps_its_features_and_learns_with_it(store, tiny, tmp_path):
    config = dataclasses.replace(tiny, spectral_noise=0.7, loudness=-30.0)
    assert not config.changes_waveforms()  # features are computed once
    found = train(config, store, checkpoint_dir=tmp_path, progress=ignore)
    assert np.isfinite(found.history[-1]["loss/train"])
