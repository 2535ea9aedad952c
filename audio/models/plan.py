"""What a model's builder is told."""

from dataclasses import dataclass, field
from typing import Any

from audio.config import TrainConfig


@dataclass(frozen=True)
class Plan:
    """The configuration, and what the clip store adds to it."""

    config: TrainConfig
    sample_rate: int  # Hz
    classes: int
    architecture: dict[str, Any] = field(
        default_factory=dict
    )  # of a checkpoint; empty: as the configuration says
