"""Optimiser, learning-rate schedule and averaged weights."""

import copy
import math
from typing import Generic, TypeVar

import torch
from torch import nn

from audio.config import TrainConfig


def build_optimizer(config: TrainConfig, model: nn.Module) -> torch.optim.Optimizer:
    """AdamW or SGD; weight decay on weights of two or more dimensions only (not on norms and biases)."""
    params = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in params if p.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in params if p.ndim <= 1], "weight_decay": 0.0},
    ]
    if config.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=config.learning_rate, momentum=0.9, nesterov=True)
    return torch.optim.AdamW(groups, lr=config.learning_rate)


def rate_at(config: TrainConfig, step: int, steps: int) -> float:
    """The learning rate of a step out of `steps`: a linear rise over the warm-up, then the schedule's fall."""
    rise = config.warmup * steps
    if step < rise:
        return config.learning_rate * (step + 1) / (rise + 1)
    along = (step - rise) / max(1.0, steps - rise)
    if config.schedule == "cosine":
        return config.learning_rate * 0.5 * (1 + math.cos(math.pi * along))
    if config.schedule == "step":
        return config.learning_rate * 0.1 ** int(along * 3)
    return config.learning_rate


M = TypeVar("M", bound=nn.Module)


class Average(Generic[M]):
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
