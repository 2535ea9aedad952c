"""A model that was trained before, beside a training: to be learned from, or to be held against."""

from typing import Any

import torch
from torch import Tensor

from audio.checkpoints import checkpoint as checkpoints
from audio.clips.store import ClipStore
from audio.errors import ConfigError

FITTED = ("mean", "std", "level")  # of a front end, that may differ: each model normalises by its own


class Trained:
    """The model of a checkpoint, and where the classes of a clip store stand among its own."""

    def __init__(self, file: str, store: ClipStore, device: torch.device, what: str = "teacher"):
        """Raises CheckpointError; ConfigError where it can't answer for these clips. `what` it is, for messages."""
        state = checkpoints.load(file)
        _refuse_unfitting(f"The {what} {file}", state, store)
        self.file = file
        self.model = checkpoints.model_of(state).to(device).requires_grad_(False)
        self.columns = torch.tensor([state["classes"].index(name) for name in store.classes], device=device)

    def classify(self, features: Tensor) -> Tensor:
        """Features `(batch, channel, band, frame)` of its front end → logits `(batch, classes)`, the store's."""
        return self.model.classify(features)[:, self.columns]

    def hears(self, waves: Tensor) -> Tensor:
        """`(batch, time)` → the same."""
        return self.classify(self.model.features(waves))

    @property
    def settings(self) -> dict[str, Any]:
        """What its features are."""
        return settings_of(self.model)


def settings_of(model: Any) -> dict[str, Any]:
    """What a model's features are, but for what was fitted to its clips."""
    return {name: value for name, value in model.frontend.describe().items() if name not in FITTED}


def _refuse_unfitting(named: str, state: dict[str, Any], store: ClipStore) -> None:
    """Raises ConfigError: another rate, other classes, another kind of labels."""
    if state["sample_rate"] != store.sample_rate:
        raise ConfigError(
            f"{named} hears sound at {state['sample_rate']} Hz, the clip store is at {store.sample_rate} Hz: "
            f"preprocess with sample_rate={state['sample_rate']}, or train it on this store."
        )
    if missing := [name for name in store.classes if name not in state["classes"]]:
        raise ConfigError(
            f"{named} does not know {len(missing)} of the {len(store.classes)} classes ({', '.join(missing[:4])}): it "
            "has to be trained on the same ones."
        )
    if bool(state["multi_label"]) != store.multi_label:
        kinds = ("one label", "several labels")
        raise ConfigError(
            f"{named} gives {kinds[bool(state['multi_label'])]} to a clip, the clip store {kinds[store.multi_label]}: "
            "it has to be trained on clips like these."
        )
