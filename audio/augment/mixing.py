"""Augmentation that mixes clips, and their labels by the same shares."""

import torch
from torch import Generator, Tensor

from audio.augment.spectrogram import uniform


def beta(alpha: float, size: int, random: Generator) -> Tensor:
    """Draws from Beta(alpha, alpha), `(size,)`, from the generator given (torch's distributions take none)."""
    if alpha == 1.0:
        return uniform((size,), 0, 1, random)
    shape = torch.full((2, size), alpha, device=random.device)
    one, two = torch._standard_gamma(shape, generator=random)
    return one / (one + two).clamp_min(1e-12)


def draw_shares(batch: int, probability: float, alpha: float, random: Generator) -> tuple[Tensor, Tensor]:
    """Each clip's own share, `(batch,)` from a half to one, and the clip it is mixed with, `(batch,)`."""
    share = beta(alpha, batch, random)
    share = torch.maximum(share, 1 - share)
    mixed = uniform((batch,), 0, 1, random) < probability
    share = torch.where(mixed, share, torch.ones_like(share))
    return share, torch.randperm(batch, generator=random, device=random.device)


def mixup(
    features: Tensor, targets: Tensor, probability: float, alpha: float, random: Generator
) -> tuple[Tensor, Tensor]:
    """Two clips sounding together (Zhang et al. 2018, arXiv:1710.09412): power is added, not its logarithm.

    `features` `(batch, 1, band, frame)` log power, `targets` `(batch, classes)`. A clip is mixed with another of
    the batch with `probability`; the larger share is its own.
    """
    share, other = draw_shares(len(features), probability, alpha, random)
    weight = share[:, None, None, None]
    both = torch.logaddexp(
        features + weight.log(), features[other] + (1 - weight).log()
    )  # log 0 = -inf adds none
    return both, share[:, None] * targets + (1 - share)[:, None] * targets[other]


def mixup_waveforms(
    features: Tensor, targets: Tensor, probability: float, alpha: float, random: Generator
) -> tuple[Tensor, Tensor]:
    """The same for features that are waveforms, `(batch, 1, 1, time)`: amplitudes are added."""
    share, other = draw_shares(len(features), probability, alpha, random)
    weight = share[:, None, None, None]
    both = weight * features + (1 - weight) * features[other]
    return both, share[:, None] * targets + (1 - share)[:, None] * targets[other]


def cutmix(
    features: Tensor, targets: Tensor, probability: float, alpha: float, random: Generator
) -> tuple[Tensor, Tensor]:
    """A stretch of time replaced by another clip's (Yun et al. 2019, arXiv:1905.04899, along time alone)."""
    batch, frames = len(features), features.shape[-1]
    width = ((1 - beta(alpha, batch, random)) * frames).round()
    width = torch.where(uniform((batch,), 0, 1, random) < probability, width, torch.zeros_like(width))
    start = (uniform((batch,), 0, 1, random) * (frames - width + 1)).floor()
    position = torch.arange(frames, device=features.device)
    inside = (position >= start[:, None]) & (position < (start + width)[:, None])  # (batch, frame)
    other = torch.randperm(batch, generator=random, device=random.device)
    both = torch.where(inside[:, None, None, :], features[other], features)
    share = (1 - width / frames)[:, None]
    return both, share * targets + (1 - share) * targets[other]
