"""What every front end gives: features of a waveform, their size, and what they are set to."""

from typing import Any, Protocol

from torch import Tensor


class FrontEnd(Protocol):
    """The model's first layers: a module without trainable parameters, from waveform to features."""

    hop_length: int  # samples between frames
    settings: dict[str, Any]
    mean: Tensor
    std: Tensor

    @property
    def domain(self) -> str:
        """`log power`, or `waveform` when there is nothing to compute."""

    @property
    def channels(self) -> int:
        """Of the features."""

    @property
    def bands(self) -> int:
        """Height of the features."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    def normalise(self, features: Tensor) -> Tensor: ...
    def fit(self, features: Tensor) -> None: ...
    def frames(self, samples: int) -> int: ...
    def describe(self) -> dict[str, Any]: ...
