"""What every front end gives: features of a waveform, their size, what they are set to; and a base for one's own."""

from typing import Any, Protocol

import torch
from torch import Tensor, nn

LOG_POWER, WAVEFORM, FEATURES = "log power", "waveform", "features"  # domains


class FrontEnd(Protocol):
    """The model's first layers: a module without trainable parameters, from waveform to features."""

    hop_length: int  # samples between frames
    settings: dict[str, Any]  # all that it is set to; `name` is the one it is registered under
    mean: Tensor
    std: Tensor

    @property
    def domain(self) -> str:
        """What augmentation may assume: `log power` (natural logarithm); `waveform` when there is nothing to compute;
        `features` for anything else that has bands and frames.
        """

    @property
    def channels(self) -> int:
        """Of the features."""

    @property
    def bands(self) -> int:
        """Height of the features."""

    @property
    def stored_bands(self) -> int:
        """Height of what `forward` gives and a cache keeps, before `normalise` makes the last step."""

    @property
    def level(self) -> Tensor:
        """What masks are filled with."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    def normalise(self, features: Tensor) -> Tensor: ...
    def fit(self, features: Tensor) -> None: ...
    def frames(self, samples: int) -> int: ...
    def describe(self) -> dict[str, Any]: ...


GIVEN = (
    *("hop_length", "settings", "mean", "std", "domain", "channels", "bands", "stored_bands", "level"),
    *("normalise", "fit", "frames", "describe"),
)


def missing_of(layer: Any) -> list[str]:
    """What an object lacks of a front end."""
    if not isinstance(layer, nn.Module):
        return ["torch.nn.Module as its base", *(name for name in GIVEN if not hasattr(layer, name))]
    return [name for name in GIVEN if not hasattr(layer, name)]


class Features(nn.Module):
    """A base for front ends of one's own: give `bands` and `forward`, `(batch, time)` → `(batch, 1, band, frame)`.

    Frames are centred on multiples of the hop: `1 + samples // hop_length` of them. Mean and deviation are one number
    each, over all training clips.
    """

    domain = FEATURES
    channels = 1
    bands = 1
    mean: Tensor
    std: Tensor
    level: Tensor

    def __init__(self, sample_rate: int, hop_length: int = 512, **settings: Any):
        """`sample_rate` in Hz, `hop_length` in samples; `settings`: what else `describe` has to tell (JSON-ready)."""
        super().__init__()
        self.hop_length = hop_length
        self.settings: dict[str, Any] = {"sample_rate": sample_rate, "hop_length": hop_length, **settings}
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("std", torch.ones(()))
        self.register_buffer("level", torch.zeros(()))

    @property
    def stored_bands(self) -> int:
        return int(self.bands)

    def frames(self, samples: int) -> int:
        """Frames that so many samples give."""
        return 1 + samples // self.hop_length

    def normalise(self, features: Tensor) -> Tensor:
        """Zero mean and unit deviation over the training clips, as `fit` took them."""
        return (features - self.mean) / self.std

    def fit(self, features: Tensor) -> None:
        """Take mean and deviation from features of the training clips."""
        deviation, mean = torch.std_mean(features.float(), correction=0)
        self.mean.copy_(mean)
        self.level.copy_(mean)
        self.std.copy_(deviation.clamp_min(1e-3))

    def describe(self) -> dict[str, Any]:
        """Everything needed to compute the same features elsewhere, JSON-ready."""
        return {**self.settings, **{name: float(getattr(self, name)) for name in ("mean", "std", "level")}}
