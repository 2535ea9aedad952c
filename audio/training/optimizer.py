"""Optimiser, learning-rate schedule and averaged weights."""

import copy
import math
from typing import Generic, TypeVar

import torch
from torch import nn

from audio.config import TrainConfig

START, END = (
    25.0,
    1e4,
)  # of one-cycle: peak / first rate, first rate / last rate (Smith and Topin 2018, as in torch)


USUAL_DECAY = {
    "adamw": 0.05,
    "sgd": 0.0005,
}  # AdamW takes its share of the weight, SGD adds it to the gradient


def weight_decay(config: TrainConfig) -> float:
    """As set, or what is usual for the optimiser."""
    return USUAL_DECAY[config.optimizer] if config.weight_decay is None else config.weight_decay


def build_optimizer(config: TrainConfig, model: nn.Module) -> torch.optim.Optimizer:
    """AdamW or SGD; weight decay on weights of two or more dimensions only (not on norms and biases), or on all."""
    params = [p for p in model.parameters() if p.requires_grad]
    others = weight_decay(config) if config.decay_all else 0.0
    groups = [
        {"params": [p for p in params if p.ndim > 1], "weight_decay": weight_decay(config)},
        {"params": [p for p in params if p.ndim <= 1], "weight_decay": others},
    ]
    if config.optimizer == "sgd":
        momentum = config.momentum
        nesterov = config.nesterov and momentum > 0
        return torch.optim.SGD(groups, lr=config.learning_rate, momentum=momentum, nesterov=nesterov)
    return torch.optim.AdamW(groups, lr=config.learning_rate)


def rate_at(config: TrainConfig, step: int, steps: int) -> float:
    """The learning rate of a step out of `steps`: a rise over the warm-up, then the schedule's fall."""
    if config.schedule == "one-cycle":
        return config.learning_rate * _one_cycle(config.warmup, step, steps)
    epoch = int(step * config.epochs / steps + 1e-9)
    if epoch < config.warmup_epochs:
        return config.learning_rate * (epoch + 1) / config.warmup_epochs
    rise = config.warmup_epochs * steps / config.epochs or config.warmup * steps
    if step < rise:
        return config.learning_rate * (step + 1) / (rise + 1)
    along = (step - rise) / max(1.0, steps - rise)
    if config.schedule == "cosine":
        return config.learning_rate * _between(1.0, config.final_rate, along)
    if config.schedule == "linear":
        return config.learning_rate * (1 + (config.final_rate - 1) * along)
    if config.schedule == "step":
        return config.learning_rate * config.step_factor ** _falls(config, epoch, along)
    return config.learning_rate


def _between(first: float, last: float, along: float) -> float:
    """Half a cosine from `first` to `last`; `along` is 0..1."""
    return last + (first - last) * 0.5 * (1 + math.cos(math.pi * along))


def _one_cycle(rise: float, step: int, steps: int) -> float:
    """Share of the peak (Smith and Topin 2018, arXiv:1708.07120): up over `rise` of the steps, then down."""
    peak = rise * steps - 1
    if step < peak:
        return _between(1 / START, 1.0, step / peak)
    along = (step - peak) / max(1.0, steps - 1 - peak)
    return _between(1.0, 1 / (START * END), min(1.0, along))


def _falls(config: TrainConfig, epoch: int, along: float) -> int:
    """How often the rate has fallen by now; epochs count from the end of a warm-up in epochs."""
    if not config.step_epochs:
        return int(along * 3)
    return (epoch - config.warmup_epochs) // config.step_epochs


M = TypeVar("M", bound=nn.Module)


class ModelEma(Generic[M]):
    """An exponential moving average of a model's weights and running statistics; young averages forget faster."""

    def __init__(self, model: M, decay: float):
        self.model: M = copy.deepcopy(model).requires_grad_(False).eval()
        self.decay = decay
        self.steps = 0

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        mine, theirs = [], []
        for own, other in zip(self.model.state_dict().values(), model.state_dict().values(), strict=True):
            if own.is_floating_point():
                mine.append(own)
                theirs.append(other)
            else:
                own.copy_(other)
        torch._foreach_lerp_(mine, theirs, 1 - decay)
