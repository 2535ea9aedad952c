"""The models there are, by name."""

from collections.abc import Callable
from difflib import get_close_matches
from functools import partial

from torch import nn

from audio.config import TrainConfig
from audio.errors import ConfigError
from audio.frontend import build_frontend
from audio.models import cnn, vision
from audio.models.classifier import Classifier

Build = Callable[[int, float, bool], nn.Module]  # (classes, dropout, pretrained) → backbone

ALL: dict[str, Build] = {
    "cnn": cnn.cnn,
    "cnn-large": partial(cnn.cnn, stem_pool=False),
    "resnet18": partial(vision.resnet, "resnet18"),
}


def names() -> list[str]:
    """Names of all models, sorted."""
    return sorted(ALL)


def build(config: TrainConfig, sample_rate: int, classes: int) -> Classifier:
    """A fresh model from `config` for sound at `sample_rate` (Hz). Raises ConfigError, which lists the models."""
    if config.model not in ALL:
        near = get_close_matches(config.model.lower(), names(), 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ConfigError(f"There is no model {config.model!r}.{hint} There are: {', '.join(names())}.")
    backbone = ALL[config.model](classes, config.dropout, config.pretrained)
    return Classifier(build_frontend(config, sample_rate), backbone)
