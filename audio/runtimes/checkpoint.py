"""A checkpoint, computed by torch."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from audio.checkpoints import checkpoint as checkpoints
from audio.devices import computing, on_threads, pick_device, spare_threads
from audio.errors import ConfigError
from audio.io.preparation import Preparation
from audio.models.listening import given_to


class Checkpoint:
    """The model of a checkpoint on its device."""

    def __init__(self, path: str | Path, device: str, precision: str, threads: int = 0) -> None:
        """Raises CheckpointError, ConfigError, PluginError."""
        state = checkpoints.load(path)
        self.classes: list[str] = state["classes"]
        self.multi_label: bool = state["multi_label"]
        self.preparation = Preparation.of(state)
        self.calibration = checkpoints.calibration_of(state)
        self.device, self.precision = pick_device(device), precision
        self.model = checkpoints.model_of(state).to(self.device)
        self.frontend: dict[str, Any] = self.model.frontend.describe()
        self.threads = threads or spare_threads(self.model)

    def logits(self, waves: np.ndarray) -> np.ndarray:
        """`(batch, time)` → `(batch, classes)`."""
        with torch.no_grad(), on_threads(self.threads), computing(self.device, self.precision):
            found = self.model(torch.from_numpy(waves).to(self.device))
        return np.asarray(found.float().cpu().numpy())

    def embeddings(self, waves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Logits, and what the head is given, flat: `(batch, size)`. Raises ConfigError: there is no one head."""
        try:
            head = self.model.head
        except AttributeError as error:
            raise ConfigError(
                "This model is of several networks, which have no embedding in common."
            ) from error
        with given_to(head) as given:
            logits = self.logits(waves)
        if len(given) != 1 or len(given[0]) != len(waves):
            raise ConfigError(
                "This model's last layer is not given one vector for each window: it has no embedding."
            )
        return logits, given[0].float().flatten(1).cpu().numpy()
