"""The models there are, by name."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from torch import nn

from audio.config import TrainConfig
from audio.errors import ConfigError
from audio.features.contract import FrontEnd
from audio.features.logmel import LogMel
from audio.features.registry import KINDS, build_frontend
from audio.features.stacked import SideBySide
from audio.models.classifier import Classifier
from audio.models.ensemble import Ensemble
from audio.models.networks import cnn, panns, sequence, tutorial, vision
from audio.models.plan import Plan
from audio.models.pretrained import encoder_files, hugging_face, weights
from audio.named import by_name, names_in

Backbone = Callable[[Plan, FrontEnd], nn.Module]


@dataclass(frozen=True)
class Model:
    """One model: how it is built, and what to know before choosing it."""

    about: str  # one line with its source
    build: Callable[[Plan], tuple[FrontEnd, nn.Module]]
    head: str = "head"  # path of the last layers in the backbone
    published: str = ""  # weights that `pretrained` starts from; empty: there are none


def on_features(backbone: Backbone) -> Callable[[Plan], tuple[FrontEnd, nn.Module]]:
    """A backbone behind the front end that the configuration asks for."""

    def build(plan: Plan) -> tuple[FrontEnd, nn.Module]:
        frontend = build_frontend(plan.config, plan.sample_rate)
        return frontend, backbone(plan, frontend)

    return build


def small(width: int, stem_pool: bool, plan: Plan, frontend: FrontEnd) -> nn.Module:
    """The project's own small network."""
    return cnn.cnn(plan.classes, plan.config.dropout, frontend.channels, width, stem_pool)


def image(name: str, about: str) -> Model:
    """An image network of torchvision."""
    build = on_features(partial(vision.image_network, name))
    return Model(about, build, vision.HEADS[vision.family(name)], "ImageNet, by torchvision")


ALL: dict[str, Model] = {
    "cnn": Model("small strong CNN, 0.3 M parameters; the default", on_features(partial(small, 32, True))),
    "cnn-wide": Model(
        "the same with twice the channels, 1.2 M parameters", on_features(partial(small, 64, True))
    ),
    "cnn-large": Model(
        "twice the channels and a finer first layer: sixteen times the work",
        on_features(partial(small, 64, False)),
    ),
    "tutorial-cnn": Model(
        "four convolutions with max pooling, as introductory tutorials build it", on_features(tutorial.cnn)
    ),
    "crnn": Model(
        "convolutions, then a bidirectional LSTM over time (Choi et al. 2017, arXiv:1609.04243)",
        on_features(sequence.crnn),
    ),
    "transformer": Model(
        "Transformer encoder over frames of the spectrogram (Vaswani et al. 2017, arXiv:1706.03762)",
        on_features(sequence.transformer),
    ),
    "cnn6": Model(
        "PANNs CNN6, 4.8 M parameters (Kong et al. 2020, arXiv:1912.10211)", on_features(panns.cnn6)
    ),
    "cnn10": Model("PANNs CNN10, 5.2 M parameters (Kong et al. 2020)", on_features(panns.cnn10)),
    "cnn14": Model("PANNs CNN14, 80 M parameters (Kong et al. 2020)", on_features(panns.cnn14)),
    "resnet18": image("resnet18", "ResNet-18 (He et al. 2016, arXiv:1512.03385)"),
    "resnet34": image("resnet34", "ResNet-34 (He et al. 2016)"),
    "resnet50": image("resnet50", "ResNet-50 (He et al. 2016)"),
    "resnext101_32x8d": image("resnext101_32x8d", "ResNeXt-101 32x8d (Xie et al. 2017, arXiv:1611.05431)"),
    "mobilenet_v3_small": image(
        "mobilenet_v3_small", "MobileNetV3 small (Howard et al. 2019, arXiv:1905.02244)"
    ),
    "mobilenet_v3_large": image("mobilenet_v3_large", "MobileNetV3 large (Howard et al. 2019)"),
    "efficientnet_b0": image("efficientnet_b0", "EfficientNet-B0 (Tan and Le 2019, arXiv:1905.11946)"),
    "efficientnet_v2_s": image("efficientnet_v2_s", "EfficientNetV2-S (Tan and Le 2021, arXiv:2104.00298)"),
    "convnext_tiny": image("convnext_tiny", "ConvNeXt-T (Liu et al. 2022, arXiv:2201.03545)"),
    "wav2vec2": Model(
        "wav2vec 2.0 encoder on the waveform (Baevski et al. 2020, arXiv:2006.11477)",
        hugging_face.wav2vec2,
        published=hugging_face.USUAL["wav2vec2"],
    ),
    "ast": Model(
        "Audio Spectrogram Transformer (Gong et al. 2021, arXiv:2104.01778)",
        hugging_face.ast,
        published=hugging_face.USUAL["ast"],
    ),
    "whisper": Model(
        "Whisper's encoder (Radford et al. 2022, arXiv:2212.04356)",
        hugging_face.whisper,
        published=hugging_face.USUAL["whisper"],
    ),
}


def names() -> list[str]:
    """Names of all models, sorted."""
    return sorted(ALL)


def find(name: str) -> Model:
    """The model of that name. Raises ConfigError, which lists those that exist."""
    return by_name(ALL, name, "model")


def check(config: TrainConfig) -> Model:
    """The model, once all that `config` names is known to be there.

    Raises ConfigError: an unknown model or front end, no published weights, a file or folder that is missing.
    """
    model = find(config.model)
    for name in names_in(config.frontend):
        by_name(KINDS, name, "front end")
    if config.pretrained and not model.published:
        some = ", ".join(name for name in names() if ALL[name].published)
        raise ConfigError(
            f"There are no published weights of {config.model}: use pretrained=false, or one of {some}."
        )
    if config.weights:
        weights.read(config.weights)
    if Path(config.background).is_absolute() and not Path(config.background).is_dir():
        raise ConfigError(f"background is {config.background}; there is no such folder.")
    encoder_files.check(config.model, config.encoder, config.pretrained)
    return model


def build(
    config: TrainConfig, sample_rate: int, classes: int, architecture: dict[str, Any] | None = None
) -> Classifier:
    """A fresh model from `config` for sound at `sample_rate` (Hz).

    `architecture` is that of a checkpoint (`Classifier.architecture`), when it is rebuilt from one. Raises ConfigError:
    unknown model, weights that can't be had, settings that the model does not take.
    """
    model = check(replace(config, encoder="") if architecture else config)  # whose sizes are known
    plan = Plan(config, sample_rate, classes, architecture or {})
    classifier = together(model, plan) if config.members > 1 else Classifier(*model.build(plan), model.head)
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
