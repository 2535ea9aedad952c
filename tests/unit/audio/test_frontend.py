"""The front end against torchaudio's, its refusals, and its description."""

import pytest
import torch
import torchaudio

from audio.errors import ConfigError
from audio.frontend import LogMel, from_description


@pytest.mark.parametrize("scale", ["htk", "slaney"])
@pytest.mark.parametrize("norm", ["none", "slaney"])
def test_log_mel_is_torchaudios(scale, norm):
    wave = torch.randn(5, 12345) * 0.1
    ours = LogMel(16000, 512, 400, 160, 40, 50.0, 7000.0, scale, norm)
    theirs = torchaudio.transforms.MelSpectrogram(
        16000, 512, 400, 160, f_min=50.0, f_max=7000.0, n_mels=40, mel_scale=scale,
        norm=None if norm == "none" else norm,
    )  # fmt: skip
    expected = (theirs(wave) + ours.log_offset).log()
    assert ours(wave).shape == (5, 1, 40, 1 + 12345 // 160)
    torch.testing.assert_close(ours(wave)[:, 0], expected, atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize("samples", [1, 5, 300, 512, 513, 2048])
def test_any_length_gives_finite_features_of_the_stated_shape(samples):
    layer = LogMel(8000, 1024, 1024, 256, 20)
    features = layer(torch.randn(3, samples))
    assert features.shape == (3, 1, 20, layer.frames(samples)) and features.isfinite().all()


def test_a_batch_gives_what_its_clips_give():
    layer, wave = LogMel(), torch.randn(5, 22050)
    torch.testing.assert_close(layer(wave), torch.cat([layer(w[None]) for w in wave]))


def test_a_description_builds_the_same_front_end():
    layer = LogMel(16000, n_mels=32, mel_scale="slaney", mel_norm="slaney")
    layer.fit(layer(torch.randn(4, 16000)))
    again, wave = from_description(layer.describe()), torch.randn(2, 16000)
    torch.testing.assert_close(again.normalise(again(wave)), layer.normalise(layer(wave)))


def test_fitted_features_have_zero_mean_and_unit_deviation():
    layer = LogMel()
    features = layer(torch.randn(4, 22050) * torch.logspace(-3, 0, 4)[:, None])
    layer.fit(features)
    normal = layer.normalise(features)
    assert abs(normal.mean()) < 1e-4 and abs(normal.std() - 1) < 1e-4


def test_bands_that_no_bin_falls_into_are_refused():
    with pytest.raises(ConfigError, match="longer n_fft"):
        LogMel(22050, n_fft=256, win_length=256, n_mels=128)
    with pytest.raises(ConfigError, match="half the sample rate"):
        LogMel(8000, f_max=6000.0)
