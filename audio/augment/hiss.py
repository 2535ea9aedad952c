"""Noise as it would stand in a spectrogram of bands, added to log power: features need not be computed anew for it."""

import math

import torch
from torch import Generator, Tensor

from audio.augment.spectrogram import DB, uniform

HANN = 1.94  # bins that tell as much as one: under a Hann window the powers of neighbours correlate by 0.44 and 0.03
STEEPEST = 2.0  # exponent of the fall of noise with frequency: white is 0, pink 1, brown 2


class Hiss:
    """Noise of any colour from white to brown, in bands `(bin, band)` of a filter bank.

    A band's noise is chi-squared about its mean, with the freedom of its bins, and it interferes with the sound that is
    there: the cross term has the same freedom.
    """

    def __init__(self, bank: Tensor) -> None:
        """`bank` weighs bins `(bin, band)`; the first bin is that of 0 Hz."""
        weights = bank.double()
        self.weights = weights.float()
        self.bins = torch.arange(len(weights)).clamp_min(1).float()
        bins = weights.sum(0).square() / weights.square().sum(0).clamp_min(1e-12)
        self.freedom = (bins / HANN).float().clamp_min(1.0)

    def __call__(
        self,
        features: Tensor,
        probability: float,
        lowest_db: float,
        highest_db: float,
        random: Generator,
        offset: float,
        kept_level: bool,
    ) -> Tensor:
        """`(batch, 1, band, frame)` log power with noise at a drawn ratio of the clip's power to it.

        `offset` was added to the power under the logarithm. `kept_level`: the sum is as loud as the sound was, as a
        front end with a loudness makes it. A silent clip stays silent.
        """
        clips, device = len(features), features.device
        power = (features.exp() - offset).clamp_min(0.0)
        slopes = uniform((clips, 1), 0.0, STEEPEST, random)
        ratio = uniform((clips, 1, 1, 1), lowest_db, highest_db, random)
        chosen = uniform((clips, 1, 1, 1), 0, 1, random) < probability
        colour = self.bins.to(device) ** -slopes  # (batch, bin)
        mean = colour @ self.weights.to(device)  # (batch, band)
        total = power.mean(dim=3, keepdim=True).sum(dim=2, keepdim=True)
        mean = mean[:, None, :, None] / mean.sum(1)[:, None, None, None] * total * (-ratio * DB).exp()
        freedom = self.freedom.to(device)[None, None, :, None]
        noise = mean * chi_squared(freedom.expand_as(features), random)
        phase = uniform(tuple(features.shape), 0.0, 2 * math.pi, random)
        found = power + noise + 2 * (power * noise / freedom).sqrt() * phase.cos()
        if kept_level:
            found = found / (1 + (-ratio * DB).exp())
        found = (found.clamp_min(0.0) + max(offset, 1e-12)).log()
        return torch.where(chosen & (total > 0), found, features)


def chi_squared(freedom: Tensor, random: Generator) -> Tensor:
    """Numbers of 2 · `freedom` degrees, over their mean."""
    drawn: Tensor = torch._standard_gamma(freedom.contiguous(), generator=random)
    return drawn / freedom
