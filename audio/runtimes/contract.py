"""What hearing takes of whatever computes: logits of waveforms, and what the file says of classes and preparation."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np

from audio.errors import CheckpointError
from audio.io.preparation import Preparation
from audio.metrics.calibration import Calibration

SUFFIX = ".onnx"


class Runtime(Protocol):
    """A model that is ready to compute."""

    classes: list[str]
    multi_label: bool
    preparation: Preparation
    frontend: dict[
        str, Any
    ]  # what its features are, as `describe` of a front end says; empty: it is not told
    calibration: Calibration | None  # None: the training had no development clips

    def logits(self, waves: np.ndarray) -> np.ndarray:
        """Float32 `(batch, time)` at the model's rate → `(batch, classes)`."""

    def embeddings(self, waves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same, and what the last layer is given, `(batch, size)`. Raises ConfigError: it can't be had."""


def opened(path: str | Path, device: str, precision: str, threads: int = 0) -> Runtime:
    """The model of a file: ONNX by its name, else a checkpoint, which alone needs torch.

    `threads` of the CPU that compute; 0: as many as help.

    Raises CheckpointError, ConfigError, PluginError.
    """
    if Path(path).suffix.lower() == SUFFIX:
        from audio.runtimes.onnx import OnnxModel

        return OnnxModel(Path(path), device, precision, threads)
    try:
        from audio.runtimes.checkpoint import Checkpoint
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise CheckpointError(
            f"{path} needs torch, which is not installed; a model that was exported to ONNX is heard without it."
        ) from error
    return Checkpoint(path, device, precision, threads)
