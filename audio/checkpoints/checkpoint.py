"""Checkpoints: what must go together is saved together, and loading runs no code.

A checkpoint is a dict of tensors, numbers, text, lists and dicts, read with `weights_only=True`. `model.pt` holds what
inference needs; `last.pt` holds besides it what a resumed training needs, under `training`.
"""

from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import torch

from audio import plugins
from audio.checkpoints.origin import Origin
from audio.clips.store import ClipStore
from audio.config import TrainConfig
from audio.errors import CheckpointError, ConfigError
from audio.metrics.calibration import KEY, Calibration
from audio.models import Classifier, build
from audio.models.pretrained import torch_file

FORMAT = "soundyard-checkpoint"
VERSION = 1
NEEDED = (
    "config",
    "classes",
    "multi_label",
    "sample_rate",
    "clip_frames",
    "preparation",
    "frontend",
    "weights",
)


def make(
    config: TrainConfig,
    store: ClipStore,
    model: Classifier,
    epoch: int,
    metrics: dict[str, float],
    clip_frames: int,
    origin: Origin | None = None,
) -> dict[str, Any]:
    """The part that inference needs: weights with their front end, classes and the preparation of the sound.

    `metrics` are those of these weights; `clip_frames` the samples of a clip in training; `origin` tells which clips
    they were trained on.
    """
    return {
        "format": FORMAT,
        "version": VERSION,
        "config": {f.name: getattr(config, f.name) for f in fields(TrainConfig)},
        "classes": list(store.classes),
        "multi_label": store.multi_label,
        "sample_rate": store.sample_rate,
        "clip_frames": clip_frames,
        "windows": True,  # longer clips are heard in windows, in evaluation too
        "preparation": dict(store.manifest.get("preparation", {})),
        "frontend": model.frontend.describe(),
        "plugins": plugins.needs(config),
        "architecture": model.architecture,
        "epoch": epoch,
        "metrics": dict(metrics),
        "origin": origin.state() if origin else None,
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
    checkpoint = torch_file.read(path, CheckpointError, "checkpoint")
    if not isinstance(checkpoint, dict) or checkpoint.get("format") != FORMAT:
        raise CheckpointError(f"{path} is a torch file, but no Soundyard checkpoint: {_held(checkpoint)}.")
    version = checkpoint.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise CheckpointError(f"{path} has version {version}; this code reads up to {VERSION}.")
    if missing := [name for name in NEEDED if name not in checkpoint]:
        raise CheckpointError(f"{path} is no whole checkpoint: it lacks {', '.join(missing)}.")
    return checkpoint


def _held(content: Any) -> str:
    """What a torch file holds that is no checkpoint, and what that is good for."""
    if not isinstance(content, dict):
        return f"it holds a {type(content).__name__}"
    tensors = [name for name, value in content.items() if isinstance(value, torch.Tensor)]
    if tensors or any(isinstance(value, dict) for value in content.values()):
        names = ", ".join(map(str, (tensors or list(content))[:3]))
        return (
            f"it holds weights alone ({names}, …), without the front end and the classes that belong to them. A "
            "training can start from them: weights=FILE"
        )
    return f"it holds a dict with {', '.join(map(str, list(content)[:5])) or 'nothing in it'}"


def config_of(checkpoint: dict[str, Any]) -> TrainConfig:
    """The configuration it was trained with; settings that it lacks take their defaults. Raises CheckpointError."""
    known = asdict(TrainConfig())
    try:
        stated = {k: v for k, v in checkpoint["config"].items() if k in known}
        n_fft = stated.get("n_fft", 0)
        config = TrainConfig(**{**stated, "n_fft": n_fft + n_fft % 2} if n_fft else stated)
        config.n_fft = n_fft or config.n_fft  # an odd one, which older versions took, still opens
        return config
    except (ConfigError, TypeError, AttributeError) as error:
        raise CheckpointError(f"The checkpoint's configuration can't be used: {error}") from error


def calibration_of(checkpoint: dict[str, Any]) -> Calibration | None:
    """Temperature and thresholds, where the training had development clips. Raises CheckpointError."""
    try:
        return Calibration.told(checkpoint.get(KEY))
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"The checkpoint's calibration can't be used: {error}") from error


def refuse_missing_plugins(checkpoint: dict[str, Any]) -> None:
    """Raises CheckpointError: a plugin is not loaded that hearing takes."""
    plugins.differing(checkpoint.get("plugins") or [], hearing=True)


def tell_of_plugins(checkpoint: dict[str, Any]) -> None:
    """Say which plugins that hearing takes are not what it was trained with. Raises CheckpointError: one is missing."""
    for note in plugins.differing(checkpoint.get("plugins") or [], hearing=True):
        print(f"note: {note}", flush=True)


def model_of(checkpoint: dict[str, Any]) -> Classifier:
    """The model with its weights, in evaluation mode, on the CPU. Raises CheckpointError, ConfigError."""
    tell_of_plugins(checkpoint)
    config = config_of(checkpoint)
    if config.objective != "labels":
        raise CheckpointError(
            "This network was trained without labels: it can't tell one class from another yet. Start a training from "
            "it: weights=model.pt, or weights=ID of its model."
        )
    config.pretrained, config.weights = False, ""  # the weights are here
    config.prune, config.teacher = 0.0, []  # and what they were made from may be gone
    classes, architecture = len(checkpoint["classes"]), checkpoint.get("architecture")
    model = build(config, checkpoint["sample_rate"], classes, architecture)
    try:
        model.load_state_dict(checkpoint["weights"])
    except (RuntimeError, TypeError, AttributeError) as error:
        raise CheckpointError(
            f"The checkpoint's weights do not fit the model {config.model!r} that it says it is; it was changed, or "
            f"written by other code. {' '.join(str(error).split())[:200]}"
        ) from error
    return model.eval()
