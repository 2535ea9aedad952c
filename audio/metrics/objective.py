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
    `class_weights` are those of `balanced`.
    """
    classes = logits.shape[1]
    if multi_label:
        smoothed = targets * (1 - smoothing) + smoothing / 2
        if class_weights is None:
            return F.binary_cross_entropy_with_logits(logits, smoothed, reduction="none").mean(1)
        without, with_it = class_weights
        found, left_out = F.logsigmoid(logits) * with_it, F.logsigmoid(-logits) * without
        return -(smoothed * found + (1 - smoothed) * left_out).mean(1)
    smoothed = targets * (1 - smoothing) + smoothing / classes
    if class_weights is not None:
        smoothed = smoothed * class_weights
    return -(smoothed * F.log_softmax(logits, dim=1)).sum(1)


def distance(logits: Tensor, softened: Tensor, multi_label: bool, temperature: float) -> Tensor:
    """How far each clip's answer is from a teacher's, `(batch,)`: Kullback-Leibler divergence in nats, times T².

    `softened` are the teacher's probabilities at that temperature; the factor keeps the gradient's size whatever the
    temperature (Hinton et al. 2015, arXiv:1503.02531).
    """
    scaled = logits / temperature
    if multi_label:
        log_found, log_absent = F.logsigmoid(scaled), F.logsigmoid(-scaled)
        apart = F.kl_div(log_found, softened, reduction="none")
        apart = apart + F.kl_div(log_absent, 1 - softened, reduction="none")
        return apart.mean(1) * temperature**2
    apart = F.kl_div(F.log_softmax(scaled, dim=1), softened, reduction="none")
    return apart.sum(1) * temperature**2


def balanced(targets: Tensor, multi_label: bool = False) -> Tensor:
    """Weights inverse to how often an answer is correct, as scikit-learn's `class_weight="balanced"`.

    `targets` are `(clips, classes)`. One label a clip: `(classes,)`, by the number of clips of each class; a class
    without clips gets 0. Several: `(2, classes)`, of the clips without and with each label, which weigh as much in
    all. The mean over the clips is one, so that the learning rate keeps its meaning.
    """
    clips = float(len(targets))
    counts = torch.stack([clips - targets.sum(0), targets.sum(0)]) if multi_label else targets.sum(0)
    present = counts > 0
    weights = clips / (present.sum(0) * counts.clamp_min(1e-9))
    return torch.where(present, weights, torch.zeros_like(weights))


def correct(logits: Tensor, targets: Tensor, multi_label: bool) -> Tensor:
    """Share of right answers of each clip, `(batch,)`: 0 or 1, or the share of labels of a multi-label set."""
    if multi_label:
        return ((logits > 0) == (targets > 0.5)).float().mean(1)
    return (logits.argmax(1) == targets.argmax(1)).float()


def probabilities(logits: Tensor, multi_label: bool) -> Tensor:
    """`(batch, classes)`: softmax, or a probability of each label on its own."""
    return torch.sigmoid(logits) if multi_label else torch.softmax(logits, dim=1)
