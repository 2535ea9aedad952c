"""From a batch of features to a step of the optimiser: loss, gradients, clipping, averaged weights."""

from typing import Any

import torch
from torch import Tensor

from audio.config import TrainConfig
from audio.devices import computing
from audio.distributed import SingleProcess
from audio.errors import CheckpointError
from audio.metrics.objective import balanced, correct, distance, loss_of
from audio.models import Classifier, Ensemble
from audio.training.companions.teacher import Teachers
from audio.training.optimizer import ModelEma, build_optimizer


class Stepper:
    """The optimiser's side of a training run."""

    views = 1  # of each clip that a step takes, one batch after the other
    figure = "accuracy"  # what a step gives besides its loss

    def __init__(
        self,
        config: TrainConfig,
        model: Classifier,
        engine: SingleProcess,
        targets: Tensor,
        multi_label: bool,
        precision: str = "",
        teachers: Teachers | None = None,
    ):
        """`targets` `(clips, classes)` of all training clips, for class weights; `precision`: the configuration's."""
        self.teachers = teachers
        self.config, self.model, self.engine, self.multi_label = config, model, engine, multi_label
        self.precision = precision or config.precision
        weighed = config.class_weights == "balanced"
        self.class_weights = balanced(targets, multi_label) if weighed else None
        self.average = ModelEma(model, config.ema) if config.ema else None
        self.wrapped, self.optimizer = engine.setup(model), build_optimizer(config, model)
        self.scaler = torch.amp.GradScaler(engine.device.type, enabled=config.precision == "fp16")
        backbone = model.backbone
        apart = list(backbone.networks) if isinstance(backbone, Ensemble) else [model]
        self.networks = [list(one.parameters()) for one in apart]  # that learn each by itself
        self.waiting = 0  # batches whose gradients await the step

    @property
    def evaluated(self) -> Classifier:
        """The weights that are validated and kept: the averaged ones where there are some."""
        return self.average.model if self.average else self.model

    def train_step(
        self, features: Tensor, targets: Tensor, rate: float, last: bool, clips: int = 0
    ) -> tuple[Tensor, Tensor]:
        """Learn from one batch at a learning rate; `last` of the epoch. Gives its mean loss and share of right answers.

        `clips` of the whole batch, of which several processes have uneven parts: every clip weighs alike, in the
        gradient and in what is given, whose mean over the processes is that of the clips. Members of an ensemble have
        the gradient each that they would have alone. With `accumulate`, the optimiser steps after so many batches, and
        after the last one. A loss whose gradient is not finite comes back as NaN, so that the batch that spoils the
        weights is the one that is named.
        """
        config = self.config
        self.waiting += 1
        step = last or self.waiting == config.accumulate
        share = len(targets) * self.engine.size / (clips or len(targets) * self.engine.size)
        with self.engine.accumulate(self.wrapped, wait=not step):
            with computing(self.engine.device, self.precision):
                logits = self.wrapped.classify(features)
            loss, targets = self._loss(logits, features, targets)
            loss = loss * share
            self.engine.backward(self.scaler.scale(loss * len(self.networks)))
        told = loss.detach()
        norm = self._step(rate) if step else None
        if norm is not None and not self.scaler.is_enabled():  # with a scaled loss such steps are left out
            told = torch.where(norm.isfinite(), told, torch.full_like(told, float("nan")))
        return told, correct(logits.detach(), targets, self.multi_label).mean() * share

    def _loss(self, logits: Tensor, features: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """The mean loss of a batch, and its labels, once for each member."""
        config, classes, members = self.config, logits.shape[1], len(logits) // len(targets)
        labels = targets[:, :classes].repeat(members, 1)
        losses = loss_of(logits, labels, self.multi_label, config.label_smoothing, self.class_weights)
        if self.teachers:
            with computing(self.engine.device, self.precision):
                softened = self.teachers.answers(features, targets[:, classes:]).repeat(members, 1)
            apart = distance(logits, softened, self.multi_label, config.teacher_temperature)
            losses = (1 - config.teacher_weight) * losses + config.teacher_weight * apart
        return losses.mean(), labels

    def _step(self, rate: float) -> Tensor | None:
        """One step of the optimiser with the mean of the gathered gradients; gives their norm where it is bounded."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.scaler.unscale_(self.optimizer)
        gradients = [p.grad for network in self.networks for p in network if p.grad is not None]
        if self.waiting > 1:
            torch._foreach_div_(gradients, float(self.waiting))
        norm = self._clip(self.config.clip_norm) if self.config.clip_norm else None
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.forget()
        if self.average:
            self.average.update(self.model)
        return norm

    def _clip(self, most: float) -> Tensor:
        """Bound the norm of the gradient, each member's by itself; gives the sum of the norms there were."""
        trained = [[p for p in network if p.grad is not None] for network in self.networks]
        return torch.stack([torch.nn.utils.clip_grad_norm_(one, most) for one in trained if one]).sum()

    def forget(self) -> None:
        """Drop gathered gradients."""
        self.optimizer.zero_grad(set_to_none=True)
        self.waiting = 0

    def state(self) -> dict[str, Any]:
        """What a resumed run needs besides the evaluated weights."""
        return {
            "weights": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "average_steps": self.average.steps if self.average else 0,
        }

    def resume(self, kept: dict[str, Any], averaged: dict[str, Tensor]) -> None:
        """Take over what `state` gave. Raises CheckpointError when it does not fit."""
        try:
            self.model.load_state_dict(kept["weights"])
            options = [{k: v for k, v in g.items() if k != "params"} for g in self.optimizer.param_groups]
            self.optimizer.load_state_dict(kept["optimizer"])
            for group, own in zip(self.optimizer.param_groups, options, strict=True):
                group.update(
                    own
                )  # weight decay and momentum are those of the settings, which may have been changed
            if self.average:
                self.average.model.load_state_dict(averaged)
        except (RuntimeError, ValueError) as error:
            raise CheckpointError(
                f"The checkpoint is of another model: {str(error).splitlines()[0]}"
            ) from error
        if kept.get("scaler"):
            self.scaler.load_state_dict(kept["scaler"])
        if self.average:
            self.average.steps = kept["average_steps"]
