"""The models there are, by name."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from torch import nn

from audio import registry
from audio.config import TrainConfig
from audio.errors import ConfigError, PluginError
from audio.features.contract import FrontEnd
from audio.features.logmel import LogMel
from audio.features.registry import build_frontend
from audio.features.stacked import SideBySide
from audio.models.classifier import Classifier
from audio.models.ensemble import Ensemble
from audio.models.plan import Plan
from audio.models.pretrained import encoder_files, weights
from audio.models.pruning import PRUNED, shrink
from audio.named import names_in

Backbone = Callable[[Plan, FrontEnd], nn.Module]


@dataclass(frozen=True)
class Model:
    """One model: how it is built, and what to know before choosing it."""

    about: str  # one line with its source
    build: Callable[[Plan], tuple[FrontEnd, nn.Module]]
    head: str = "head"  # path of the last layers in the backbone
    published: str = ""  # where weights are from that `pretrained` starts with; empty: there are none


def names() -> list[str]:
    """Names of all models, sorted."""
    return registry.models.names()


def find(name: str) -> Model:
    """The model of that name. Raises ConfigError, which lists those that exist."""
    entry = registry.models.entry(name)
    said = entry.options
    build = entry.loaded if said.get("brings_frontend") else on_features(entry.loaded)
    about = said.get("about") or (entry.loaded.__doc__ or "").strip().partition("\n")[0]
    return Model(about, _checked(entry, build), said.get("head", "head"), said.get("published", ""))


def on_features(backbone: Backbone) -> Callable[[Plan], tuple[FrontEnd, nn.Module]]:
    """A backbone behind the front end that the configuration asks for."""

    def build(plan: Plan) -> tuple[FrontEnd, nn.Module]:
        frontend = build_frontend(plan.config, plan.sample_rate)
        return frontend, backbone(plan, frontend)

    return build


def _checked(
    entry: registry.Entry, build: Callable[[Plan], tuple[FrontEnd, nn.Module]]
) -> Callable[[Plan], tuple[FrontEnd, nn.Module]]:
    """The same, held to what a model has to give. Raises PluginError."""

    def built(plan: Plan) -> tuple[FrontEnd, nn.Module]:
        frontend, network = build(plan)
        said = f"The model {entry.name!r} ({entry.where})"
        if not isinstance(network, nn.Module):
            raise PluginError(f"{said} gives {type(network).__name__}; it must return a torch.nn.Module.")
        head = entry.options.get("head", "head")
        if head not in dict(network.named_modules()):
            raise PluginError(
                f"{said} has no part {head!r}: name the last layers self.head, or say which they are, as in "
                "@models.register('mine', head='classifier')."
            )
        return frontend, network

    return built


def check(config: TrainConfig, rebuilt: bool = False) -> Model:
    """The model, once all that `config` names is known to be there; `rebuilt`: its encoder is in a checkpoint.

    Raises ConfigError: an unknown model or front end, no published weights, a file or folder that is missing.
    """
    model = find(config.model)
    for name in names_in(config.frontend):
        registry.features.entry(name)
    for name in config.augmentations:
        _refuse_built_in(registry.augmentations.entry(name))
    for name in config.metrics:
        registry.metrics.entry(name)
    if config.pretrained and not model.published:
        some = ", ".join(name for name in names() if registry.models.entry(name).options.get("published"))
        raise ConfigError(
            f"There are no published weights of {config.model}: use pretrained=false, or one of {some}."
        )
    if config.weights:
        weights.read(config.weights)
    for teacher in config.teacher:
        weights.read(teacher, "teacher")
    if Path(config.background).is_absolute() and not Path(config.background).is_dir():
        raise ConfigError(f"background is {config.background}; there is no such folder.")
    if not rebuilt:
        encoder_files.check(config.model, config.encoder, config.pretrained)
    return model


def _refuse_built_in(entry: registry.Entry) -> None:
    """Raises ConfigError for an augmentation that has parameters of its own."""
    if by := entry.options.get("by"):
        raise ConfigError(
            f"The augmentation {entry.name} has parameters of its own: set {', '.join(by)}, and leave it out of "
            "augmentations, which is for those of plugins."
        )


def build(
    config: TrainConfig, sample_rate: int, classes: int, architecture: dict[str, Any] | None = None
) -> Classifier:
    """A fresh model from `config` for sound at `sample_rate` (Hz).

    `architecture` is that of a checkpoint (`Classifier.architecture`), when it is rebuilt from one. Raises ConfigError:
    unknown model, weights that can't be had, settings that the model does not take.
    """
    model = check(config, rebuilt=bool(architecture))
    plan = Plan(config, sample_rate, classes, architecture or {})
    classifier = together(model, plan) if config.members > 1 else Classifier(*model.build(plan), model.head)
    if pruned := (architecture or weights.architecture_in(config.weights)).get(PRUNED):
        shrink(classifier, pruned)
    if config.weights:
        weights.start_from(classifier, config.weights)
    classifier.freeze(config.freeze)
    return classifier


def together(model: Model, plan: Plan) -> Classifier:
    """Several networks of that kind; where there are several front ends, each network hears one of them, in turn.

    Raises ConfigError when the model brings a front end of its own and several are asked for.
    """
    names = names_in(plan.config.frontend)
    turns = islice(cycle(names), plan.config.members)
    built = [model.build(replace(plan, config=replace(plan.config, frontend=name))) for name in turns]
    networks = [network for _, network in built]
    if len(names) == 1:
        return Classifier(built[0][0], Ensemble(networks, [slice(None)] * len(networks)), "networks")
    parts = [frontend for frontend, _ in built[: len(names)] if isinstance(frontend, LogMel)]
    if len(parts) < len(names):
        raise ConfigError(
            f"{plan.config.model} brings its own front end: {plan.config.frontend} can't be used."
        )
    frontend = SideBySide(parts)
    return Classifier(
        frontend, Ensemble(networks, list(islice(cycle(frontend.slices), len(networks)))), "networks"
    )
