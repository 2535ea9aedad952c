"""Checkpoints: what must go together is saved together, and loading runs no code.

A checkpoint is a dict of tensors, numbers, text, lists and dicts, read with `weights_only=True`. `model.pt` holds what
inference needs; `last.pt` holds besides it what a resumed training needs, under `training`.
"""

from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import torch

from audio.batches import clip_frames
from audio.config import TrainConfig
from audio.errors import CheckpointError
from audio.models import Classifier, build
from audio.store import ClipStore

FORMAT = "soundyard-checkpoint"
VERSION = 1


def make(
    config: TrainConfig, store: ClipStore, model: Classifier, epoch: int, metrics: dict[str, float]
) -> dict:
    """The part that inference needs: weights with their front end, classes and the preparation of the sound."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "config": {f.name: getattr(config, f.name) for f in fields(TrainConfig)},
        "classes": list(store.classes),
        "multi_label": store.multi_label,
        "sample_rate": store.sample_rate,
        "clip_frames": clip_frames(config.clip_seconds, store),
        "preparation": dict(store.manifest.get("preparation", {})),
        "frontend": model.frontend.describe(),
        "architecture": model.architecture,
        "epoch": epoch,
        "metrics": dict(metrics),
        "weights": {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()},
    }


def save(checkpoint: dict[str, Any], path: Path) -> None:
    """Write it whole or not at all. Raises CheckpointError when the disk will not take it."""
    half = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(checkpoint, half)
        half.replace(path)
    except (OSError, RuntimeError) as error:
        half.unlink(missing_ok=True)
        raise CheckpointError(
            f"The checkpoint {path} could not be written: {error}. Is the disk full?"
        ) from error


def load(path: str | Path) -> dict[str, Any]:
    """Read a checkpoint without running code from it. Raises CheckpointError."""
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"There is no checkpoint at {path}.")
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds for a file that is not its own
        raise CheckpointError(f"{path} is not a readable checkpoint: {str(error).splitlines()[0]}") from error
    if not isinstance(checkpoint, dict) or checkpoint.get("format") != FORMAT:
        raise CheckpointError(f"{path} is a torch file, but no Soundyard checkpoint.")
    if checkpoint["version"] > VERSION:
        raise CheckpointError(f"{path} has version {checkpoint['version']}; this code reads up to {VERSION}.")
    return checkpoint


def config_of(checkpoint: dict[str, Any]) -> TrainConfig:
    """The configuration it was trained with; settings that it lacks take their defaults."""
    known = asdict(TrainConfig())
    return TrainConfig(**{k: v for k, v in checkpoint["config"].items() if k in known})


def model_of(checkpoint: dict[str, Any]) -> Classifier:
    """The model with its weights, in evaluation mode, on the CPU."""
    config = config_of(checkpoint)
    config.pretrained, config.weights = False, ""  # the weights are here
    classes, architecture = len(checkpoint["classes"]), checkpoint.get("architecture")
    model = build(config, checkpoint["sample_rate"], classes, architecture)
    model.load_state_dict(checkpoint["weights"])
    return model.eval()
