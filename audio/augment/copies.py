"""Augmentation as further clips: changed copies of every training clip, drawn once, beside the clips as they are.

So tutorials do it that make the copies before training; in every epoch a copy sounds the same. A copy's change follows
from the seed and its position alone, so that a training that goes on has the same ones.
"""

import torch
from torch import Generator, Tensor

from audio.config import TrainConfig


class Copies:
    """Of so many clips: positions `clips`, … 2 · `clips` − 1 are their first copies, the next ones their second."""

    def __init__(self, config: TrainConfig, clips: int):
        self.config, self.clips = config, clips

    def __call__(self, waves: Tensor, indices: Tensor, sizes: Tensor) -> Tensor:
        """`(batch, time)` of the clips at `indices`, each `sizes` samples and then filled: copies changed in place."""
        for wave, position, size in zip(waves, indices.tolist(), sizes.tolist(), strict=True):
            number = position // self.clips
            if number:
                self._change(wave[:size], self.config.copies[number - 1], position)
                if self.config.fill == "loop" and size < len(wave):
                    wave[size:] = wave[torch.arange(size, len(wave), device=wave.device) % size]
        return waves

    def _change(self, wave: Tensor, kinds: str, position: int) -> None:
        config = self.config
        random = Generator(wave.device).manual_seed(config.seed * 1_000_003 + position)
        for kind in kinds.split("+"):
            drawn = 2 * float(torch.rand((), generator=random, device=wave.device)) - 1  # in -1..1
            if kind == "noise":
                wave += config.copy_noise * torch.randn(wave.shape, generator=random, device=wave.device)
            elif kind == "shift":
                wave.copy_(wave.roll(round(drawn * config.copy_shift * len(wave))))
            else:
                wave *= 1 + drawn * config.copy_gain
