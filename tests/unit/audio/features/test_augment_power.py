"""Gain and noise on the power of spectrograms, and masks as tutorials draw them."""

import math

import pytest
import torch

from audio.augment import spectrogram
from audio.augment.chain import Augment
from audio.config import TrainConfig
from audio.training.optimizer import rate_at

OFFSET = 1e-6


def random():
    return torch.Generator().manual_seed(3)


@pytest.fixture
def power():
    return torch.rand(400, 1, 6, 9, generator=random()) * 4


def log(power):
    return (power + OFFSET).log()


def test_gain_multiplies_power_by_one_factor_a_clip_in_half_of_the_clips(power):
    found = spectrogram.power_gain(log(power), 0.2, 0.5, random(), OFFSET).exp() - OFFSET
    factor = (found / power).flatten(1)
    torch.testing.assert_close(factor, factor[:, :1].expand_as(factor), rtol=1e-3, atol=1e-3)
    changed = (factor[:, 0] - 1).abs() > 1e-4
    assert 0.4 < changed.float().mean() < 0.6
    assert 0.8 <= factor.min() < 0.83 and 1.17 < factor.max() <= 1.2001


def test_noise_is_added_to_power_and_cut_at_zero_in_half_of_the_clips(power):
    found = spectrogram.power_noise(log(power), 0.01, 0.5, random(), OFFSET).exp() - OFFSET
    added = (found - power).flatten(1)
    changed = added.abs().amax(1) > 1e-4
    assert 0.4 < changed.float().mean() < 0.6 and found.min() > -1e-6
    assert added[changed].std() == pytest.approx(0.01, rel=0.1)
    silent = spectrogram.power_noise(log(torch.zeros(64, 1, 6, 9)), 0.01, 1.0, random(), OFFSET)
    assert 0.4 < (silent <= math.log(OFFSET) + 1e-4).float().mean() < 0.6  # the lower half of the noise


@pytest.mark.parametrize("dim", [2, 3])
def test_masks_have_a_least_and_a_largest_width_and_a_probability(dim):
    x = torch.ones(600, 1, 40, 50)
    found = spectrogram.mask(x, dim, 1, 15, 0.0, random(), least=5, probability=0.5)
    hidden = (found[:, 0] == 0).any(dim=2 if dim == 2 else 1).sum(1)
    masked = hidden[hidden > 0]
    assert 0.4 < len(masked) / 600 < 0.6 and int(masked.min()) == 5 and int(masked.max()) == 15


def test_a_mask_of_silence_is_no_power_and_a_time_mask_may_be_longer_than_a_fifth():
    config = TrainConfig(
        speeds=[1.0], roll=False, crop_seconds=None, gain_db=0.0, eq_db=0.0, mixup=0.0, frequency_masks=0,
        time_masks=1, time_mask_frames=20, mask_least=20, time_mask_share=1.0, mask_fill="silence",
    )  # fmt: skip
    augment = Augment(config, None, offset=OFFSET)
    x = torch.zeros(8, 1, 4, 30)
    found, _ = augment(x, torch.zeros(8, 2), torch.tensor(7.0), random())
    hidden = found[:, 0, 0] != 0
    assert (hidden.sum(1) == 20).all() and found[:, 0, 0][hidden].unique().item() == pytest.approx(
        math.log(OFFSET)
    )


def test_the_linear_schedule_is_hugging_faces():
    from transformers import get_linear_schedule_with_warmup

    config = TrainConfig(schedule="linear", warmup=0.1, learning_rate=1.0)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = get_linear_schedule_with_warmup(optimizer, 20, 200)
    for step in range(200):
        rise = 1 / 20 if step < 20 else 1e-9  # ours never begins at nothing
        assert rate_at(config, step, 200) == pytest.approx(optimizer.param_groups[0]["lr"], abs=rise)
        optimizer.step()
        theirs.step()
