"""The loss and the accuracy, for one label a clip and for several."""

import torch
from torch import Tensor
from torch.nn import functional as F


def loss_of(
    logits: Tensor,
    targets: Tensor,
    multi_label: bool,
    smoothing: float = 0.0,
    class_weights: Tensor | None = None,
) -> Tensor:
    """Loss of each clip in nats, `(batch,)`: cross-entropy, or the mean binary one of a multi-label set.

    `logits` and `targets` are `(batch, classes)`; `smoothing` is the share of a target spread over all classes;
    `class_weights` `(classes,)` multiply the terms of each class.
    """
    classes = logits.shape[1]
    if multi_label:
        smoothed = targets * (1 - smoothing) + smoothing / 2
        terms = F.binary_cross_entropy_with_logits(logits, smoothed, reduction="none")
        return (terms if class_weights is None else terms * class_weights).mean(1)
    smoothed = targets * (1 - smoothing) + smoothing / classes
    if class_weights is not None:
        smoothed = smoothed * class_weights
    return -(smoothed * F.log_softmax(logits, dim=1)).sum(1)


def balanced(targets: Tensor) -> Tensor:
    """Weights `(classes,)` inverse to the number of clips of each class in `targets` `(clips, classes)`.

    Their mean over the clips is one, so that the learning rate keeps its meaning; a class without clips gets 0.
    """
    counts = targets.sum(0)
    present = counts > 0
    weights = targets.sum() / (present.sum() * counts.clamp_min(1e-9))
    return torch.where(present, weights, torch.zeros_like(weights))


def right(logits: Tensor, targets: Tensor, multi_label: bool) -> Tensor:
    """Share of right answers of each clip, `(batch,)`: 0 or 1, or the share of labels of a multi-label set."""
    if multi_label:
        return ((logits > 0) == (targets > 0.5)).float().mean(1)
    return (logits.argmax(1) == targets.argmax(1)).float()


def probabilities(logits: Tensor, multi_label: bool) -> Tensor:
    """`(batch, classes)`: softmax, or a probability of each label on its own."""
    return torch.sigmoid(logits) if multi_label else torch.softmax(logits, dim=1)
