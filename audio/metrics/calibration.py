"""What makes a model's probabilities come true: a temperature, and of several labels a threshold for each.

Fitted on development clips at the end of a training (`audio.metrics.reliability`) and kept in its checkpoint and
in exported files. It changes nothing unless one asks for it: `calibrated`.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from audio.errors import ConfigError

KEY = "calibration"  # of a checkpoint, and of an exported file's metadata


@dataclass(frozen=True)
class Calibration:
    """The temperature divides logits; above its threshold a label counts as found."""

    temperature: float = 1.0
    thresholds: list[float] = field(default_factory=list)  # of each class, in order; empty: a half
    clips: int = 0  # that it was fitted on
    recordings: int = 0  # that they are of
    ece: float = float("nan")  # expected calibration error of them, before and after
    ece_calibrated: float = float("nan")

    def logits(self, logits: np.ndarray) -> np.ndarray:
        """`(…, classes)` → the same, at the temperature."""
        return np.asarray(logits / np.float32(self.temperature))

    def state(self) -> dict[str, Any]:
        """JSON-ready, as a checkpoint and an exported file keep it."""
        return dict(vars(self))

    @classmethod
    def told(cls, state: Any) -> "Calibration | None":
        """What `state` gave; None where there is none. Raises ValueError, TypeError."""
        if not state:
            return None
        found = cls(**state)
        if not (0 < found.temperature < float("inf")):
            raise ValueError(f"its temperature is {found.temperature}")
        return found

    def text(self) -> str:
        """In a line, as a person reads it."""
        labels = ", a threshold for each class" if self.thresholds else ""
        return (
            f"temperature {self.temperature:.3g}{labels}, fitted on {self.clips} development clips of "
            f"{self.recordings} recordings (their ECE: {self.ece:.3f}, with it {self.ece_calibrated:.3f})"
        )


def asked_for(calibration: Calibration | None) -> Calibration:
    """The calibration of a model that is to be heard calibrated. Raises ConfigError: it has none."""
    if calibration is None:
        raise ConfigError(
            "The model has no calibration: it is fitted at the end of a training that has development clips. Train "
            "with validation=development, or leave out calibrated."
        )
    return calibration
