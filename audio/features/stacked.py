"""Several front ends of one filter bank, each heard by some of the networks that are trained side by side.

Networks that hear the same features make the same mistakes. PCEN takes away what a steady noise adds to every frame;
the mean answer of a network on it and one on log-mel is better than either's (docs/audio.md, Accuracy).
"""

from itertools import accumulate
from typing import Any, cast

import torch
from torch import Tensor, nn

from audio.errors import ConfigError
from audio.features.logmel import LogMel
from audio.named import ALONGSIDE

SHARED = (
    *("sample_rate", "n_fft", "win_length", "hop_length", "n_mels"),
    *("f_min", "f_max", "mel_scale", "log_offset", "loudness"),
)


class SideBySide(LogMel):
    """`(batch, time)` → the log power that all parts share; finished, each part's features as channels of its own.

    Computed, cached and augmented once; each part brings its last step, its mean and its deviation.
    """

    def __init__(self, parts: list[LogMel]):
        """Raises ConfigError when they do not share a filter bank."""
        first = parts[0].settings
        super().__init__(**{name: first[name] for name in SHARED}, mel_norm=first["norm"])
        for part in parts:
            if part.bands != self.bands:
                raise ConfigError(
                    f"{part.name} has {part.bands} bands, {parts[0].name} {self.bands}: front ends side by side "
                    "share a filter bank; logmel and pcen do, and mfcc where n_mfcc is n_mels."
                )
            self.settings |= part.settings
        self.settings["name"] = ALONGSIDE.join(part.name for part in parts)
        self.parts = nn.ModuleList(parts)
        self.channels = sum(part.channels for part in parts)
        self.register_buffer("mean", torch.zeros(len(parts)))
        self.register_buffer("std", torch.ones(len(parts)))

    @property
    def each(self) -> list[LogMel]:
        """The front ends."""
        return cast(list[LogMel], list(self.parts))

    @property
    def slices(self) -> list[slice]:
        """The channels of each."""
        ends = accumulate(part.channels for part in self.each)
        return [slice(end - part.channels, end) for end, part in zip(ends, self.each, strict=True)]

    def finish(self, features: Tensor) -> Tensor:
        return torch.cat([part.finish(features) for part in self.each], dim=1)

    def normalise(self, features: Tensor) -> Tensor:
        return torch.cat([part.normalise(features) for part in self.each], dim=1)

    def fit(self, features: Tensor) -> None:
        for part in self.each:
            part.fit(features)
        self.mean.copy_(torch.stack([part.mean.mean() for part in self.each]))
        self.std.copy_(torch.stack([part.std.mean() for part in self.each]))
        self.level.copy_(self.each[0].level)

    def describe(self) -> dict[str, Any]:
        """Mean and deviation are a list each, with those of every part."""
        own = {name: [getattr(part, name).tolist() for part in self.each] for name in ("mean", "std")}
        return {**super().describe(), **own}
