"""Learning from clips without their labels: two augmented views of a sound are to lead to one embedding.

BYOL (Grill et al. 2020, arXiv:2006.07733), which BYOL-A took to sound (Niizumi et al. 2021, arXiv:2103.06695): the
network with a projector and a predictor foretells what a slow average of itself makes of the other view. What is
learned is everything below the head; a training starts from it with `weights`.
"""

import copy
import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from audio.config import TrainConfig
from audio.devices import computing
from audio.distributed import SingleProcess
from audio.errors import CheckpointError
from audio.models import Classifier
from audio.models.listening import given_to
from audio.training.optimizer import build_optimizer
from audio.training.stepper import Stepper

HIDDEN, WIDTH = 512, 128  # of projector and predictor
SLOW = 0.99  # decay of the average that is foretold, where `ema` is 0
PARTS = ("projector", "predictor", "target")


def perceptron(inputs: int) -> nn.Sequential:
    """Two layers with batch norm between them, as in the paper."""
    return nn.Sequential(
        nn.Linear(inputs, HIDDEN), nn.BatchNorm1d(HIDDEN), nn.ReLU(inplace=True), nn.Linear(HIDDEN, WIDTH)
    )


def embed(model: Classifier, features: Tensor) -> Tensor:
    """`(batch, channel, band, frame)` → `(batch, width)`: what the head is given, its mean where that has frames."""
    with given_to(model.head) as given:
        model.classify(features)
    return given[0].flatten(1, -2).mean(1).float() if given[0].ndim > 2 else given[0].float()


class Byol(Stepper):
    """The optimiser's side of a training without labels; `embed`s twice as many clips as a batch has."""

    views, figure = 2, "spread"

    def __init__(
        self, config: TrainConfig, model: Classifier, engine: SingleProcess, features: Tensor, precision: str
    ):
        """`features` of some clips, whose embeddings tell their width."""
        super().__init__(config, model, engine, torch.empty(0), False, precision)
        self.average = None  # the slow one is foretold; what is kept is what learns
        mode = model.training
        with torch.no_grad():
            width = embed(model.eval(), features).shape[1]
        model.train(mode)
        device = engine.device
        self.projector, self.predictor = perceptron(width).to(device), perceptron(WIDTH).to(device)
        self.target: Any = copy.deepcopy(nn.ModuleList([model, self.projector])).requires_grad_(False)
        self.decay = config.ema or SLOW
        trained = nn.ModuleList([model, self.projector, self.predictor])
        self.optimizer = build_optimizer(config, trained)
        self.networks = [list(trained.parameters())]

    def _loss(self, logits: Tensor, features: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        raise NotImplementedError  # there are no labels

    def train_step(
        self, features: Tensor, targets: Tensor, rate: float, last: bool, clips: int = 0
    ) -> tuple[Tensor, Tensor]:
        """Learn from the two views of a batch, one after the other in `features`; gives the loss and the spread.

        The loss is 0 where each view foretells the other and 4 at the most. The spread of the embeddings over the
        batch is 1 where they lie all around and 0 where all are one, of which nothing could be learned.
        """
        self.waiting += 1
        step = last or self.waiting == self.config.accumulate
        views = features.chunk(2)
        with computing(self.engine.device, self.precision):
            foretold = [self.predictor(self.projector(embed(self.model, view))) for view in views]
            with torch.no_grad():
                model, projector = self.target
                seen = [projector(embed(model, view)) for view in views]
        loss = apart(foretold[0], seen[1]) + apart(foretold[1], seen[0])
        self.scaler.scale(loss).backward()
        if step:
            self._step(rate)
            self._follow()
        return loss.detach(), spread(seen[0])

    @torch.no_grad()
    def _follow(self) -> None:
        """Let the target come after what learns."""
        online = nn.ModuleList([self.model, self.projector])
        for slow, fast in zip(self.target.parameters(), online.parameters(), strict=True):
            slow.lerp_(fast, 1 - self.decay)

    def state(self) -> dict[str, Any]:
        parts = {name: getattr(self, name).state_dict() for name in PARTS}
        return {**super().state(), "byol": parts}

    def resume(self, kept: dict[str, Any], averaged: dict[str, Tensor]) -> None:
        if "byol" not in kept:
            raise CheckpointError("The checkpoint was trained with labels: objective=labels goes on with it.")
        super().resume(kept, averaged)
        for name in PARTS:
            getattr(self, name).load_state_dict(kept["byol"][name])


def apart(one: Tensor, other: Tensor) -> Tensor:
    """Mean squared distance of directions, 0 to 4, halved as the two views share it."""
    return (1 - F.cosine_similarity(one.float(), other.float(), dim=1)).mean()


def spread(embeddings: Tensor) -> Tensor:
    """Deviation of the directions over the batch, as a share of that of directions drawn at random."""
    directions = F.normalize(embeddings.float(), dim=1)
    return directions.std(0, correction=0).mean() * math.sqrt(directions.shape[1])
