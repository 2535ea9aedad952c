"""Front ends by name, built from a configuration or from what one said of itself.

Those that share a filter bank (`audio.features.logmel`) can stand side by side: `logmel+pcen`.
"""

import inspect
from typing import Any

import torch

from audio import registry
from audio.config import TrainConfig
from audio.errors import ConfigError, PluginError
from audio.features.contract import FrontEnd, missing_of
from audio.features.logmel import LogMel
from audio.features.stacked import SideBySide
from audio.named import names_in


def build_frontend(config: TrainConfig, sample_rate: int) -> FrontEnd:
    """The front end that `config` asks for at a sample rate (Hz).

    Raises ConfigError, which lists those there are; PluginError: one that lacks what a front end has to give.
    """
    return _build(config.frontend, {**vars(config), "sample_rate": sample_rate})


def from_description(description: dict[str, Any]) -> FrontEnd:
    """The front end that `describe()` described, with its mean, deviation and level."""
    layer = _build(description["name"], {**description, "mel_norm": description.get("norm", "none")})
    layer.level.copy_(torch.tensor(description.get("level", 0.0)))
    parts = layer.each if isinstance(layer, SideBySide) else [layer]
    for part, name in ((part, name) for part in parts for name in ("mean", "std")):
        _take(part, name, description, parts)
    return layer


def _take(part: Any, name: str, description: dict[str, Any], parts: list[Any]) -> None:
    """One front end's mean or deviation, out of a description of all."""
    value = description.get(name, 0.0 if name == "mean" else 1.0)
    number = torch.tensor(value[parts.index(part)] if len(parts) > 1 else value)
    setattr(part, name, number.reshape(()) if number.numel() == 1 else number)


def _accepted(kind: Any) -> set[str]:
    """Names of the settings that a front end's constructor takes; those of the classes it is made from, too."""
    bases = [
        base for base in inspect.getmro(kind) if base.__module__.split(".")[0] not in ("torch", "builtins")
    ]
    return {name for base in bases for name in inspect.signature(base).parameters}


def _build(names: str, settings: dict[str, Any]) -> FrontEnd:
    """The front end, or those whose names stand with a plus between them, with what they take of the settings."""
    parts = [_one(name, settings) for name in names_in(names)]
    if len(parts) == 1:
        return parts[0]
    banks = [part for part in parts if isinstance(part, LogMel)]
    if len(banks) < len(parts):
        raise ConfigError(
            f"frontend={names}: only front ends made from LogMel can stand side by side, as they share a filter bank."
        )
    return SideBySide(banks)


def _one(name: str, settings: dict[str, Any]) -> FrontEnd:
    entry = registry.features.entry(name)
    kind: Any = entry.loaded
    if not inspect.isclass(kind):
        raise PluginError(
            f"The front end {name!r} ({entry.where}) is no class; it must be a torch.nn.Module."
        )
    accepted = _accepted(kind)
    layer: Any = kind(**{key: value for key, value in settings.items() if key in accepted})
    layer_settings = getattr(layer, "settings", None)
    if isinstance(layer_settings, dict):
        layer_settings["name"] = name  # by which it is found again
    if lacking := missing_of(layer):
        raise PluginError(
            f"The front end {name!r} ({entry.where}) lacks {', '.join(lacking)}. Derive it from "
            "audio.features.contract.Features, or give them as audio.features.contract.FrontEnd says."
        )
    return layer
