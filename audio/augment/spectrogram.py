"""Augmentation of log-mel spectrograms `(batch, 1, mel, frame)`, natural logarithm of power."""

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

DB = math.log(10) / 10  # natural logarithm of power per decibel


def uniform(shape: tuple[int, ...], low: float, high: float, random: Generator) -> Tensor:
    """Uniform numbers on the generator's device."""
    return torch.rand(shape, generator=random, device=random.device) * (high - low) + low


def crop(features: Tensor, frames: int, random: Generator, roll: bool = True) -> Tensor:
    """A part of `frames` frames from a random place of each clip; with `roll` it may wrap around the end."""
    total = features.shape[-1]
    frames = min(frames, total)
    places = total if roll else total - frames + 1
    starts = torch.randint(places, (len(features), 1), generator=random, device=features.device)
    index = (starts + torch.arange(frames, device=features.device)) % total  # (batch, frame)
    return features.gather(-1, index[:, None, None, :].expand(-1, 1, features.shape[2], -1))


def scaled(features: Tensor, change: Tensor, offset: float) -> Tensor:
    """Features of power that is `exp(change)` times as large; `offset` was added to it under the logarithm.

    As of a recording that is louder: what lies at the floor stays there.
    """
    if not offset:
        return features + change
    power = (features.exp() - offset).clamp_min(0.0)
    return (power * change.exp() + offset).log()


def gain(features: Tensor, most_db: float, random: Generator, offset: float = 0.0) -> Tensor:
    """Louder or softer by up to `most_db`; `offset` is that of `scaled`."""
    change = uniform((len(features), 1, 1, 1), -most_db * DB, most_db * DB, random)
    return scaled(features, change, offset)


def power_gain(features: Tensor, most: float, probability: float, random: Generator, offset: float) -> Tensor:
    """Power times a factor from `1 - most` to `1 + most`, with a probability for each clip."""
    shape = (len(features), 1, 1, 1)
    change = uniform(shape, 1 - most, 1 + most, random).log()
    chosen = uniform(shape, 0, 1, random) < probability
    return torch.where(chosen, scaled(features, change, offset), features)


def power_noise(
    features: Tensor, deviation: float, probability: float, random: Generator, offset: float
) -> Tensor:
    """Gaussian noise on the power itself, which is cut at zero, with a probability for each clip."""
    chosen = uniform((len(features), 1, 1, 1), 0, 1, random) < probability
    noise = torch.randn(features.shape, generator=random, device=features.device) * deviation
    noisy = ((features.exp() - offset + noise).clamp_min(0.0) + max(offset, 1e-12)).log()
    return torch.where(chosen, noisy, features)


def equalise(
    features: Tensor, most_db: float, random: Generator, points: int = 5, offset: float = 0.0
) -> Tensor:
    """A smooth random frequency response: `points` gains of up to `most_db` over the mel axis, joined by lines."""
    gains = uniform((len(features), 1, points), -most_db * DB, most_db * DB, random)
    curve = F.interpolate(gains, size=features.shape[2], mode="linear", align_corners=True)
    return scaled(features, curve[..., None], offset)


def mask(
    features: Tensor,
    dim: int,
    count: int,
    widest: int,
    value: Tensor | float,
    random: Generator,
    least: int = 0,
    probability: float = 1.0,
) -> Tensor:
    """SpecAugment (Park et al. 2019, arXiv:1904.08779): `count` bands of `least` to `widest` bins set to `value`,
    drawn for each clip, of which each is masked with a probability. `dim` is 2 for frequency, 3 for time."""
    size, batch = features.shape[dim], len(features)
    widest = min(widest, size)
    least = min(least, widest)
    position = torch.arange(size, device=features.device)
    hidden = torch.zeros((batch, size), dtype=torch.bool, device=features.device)
    for _ in range(count):
        width = uniform((batch, 1), least, widest + 1, random).floor()
        start = (uniform((batch, 1), 0, 1, random) * (size - width + 1)).floor()
        hidden |= (position >= start) & (position < start + width)
    if probability < 1:
        hidden &= uniform((batch, 1), 0, 1, random) < probability
    shape = [batch, 1, 1, 1]
    shape[dim] = size
    return torch.where(hidden.view(shape), value, features)


def flip_time(features: Tensor, probability: float, random: Generator) -> Tensor:
    """Played backwards, with a probability for each clip."""
    return _flip(features, 3, probability, random)


def flip_frequency(features: Tensor, probability: float, random: Generator) -> Tensor:
    """Upside down along the mel axis, with a probability for each clip."""
    return _flip(features, 2, probability, random)


def _flip(features: Tensor, dim: int, probability: float, random: Generator) -> Tensor:
    chosen = uniform((len(features), 1, 1, 1), 0, 1, random) < probability
    return torch.where(chosen, features.flip(dim), features)
