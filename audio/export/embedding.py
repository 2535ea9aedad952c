"""What a model's last layer is given, as a second output of an exported file."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn


def head_of(model: nn.Module, example: np.ndarray) -> nn.Module | None:
    """The last layer of a classifier that is given one vector for each waveform; None: it has none such."""
    try:
        head: nn.Module = model.head  # type: ignore[assignment]
    except AttributeError:  # of several networks
        return None
    shapes: list[torch.Size] = []
    hook = head.register_forward_pre_hook(lambda _, inputs: shapes.append(inputs[0].shape))
    try:
        with torch.no_grad():
            model(torch.from_numpy(example))
    finally:
        hook.remove()
    return head if len(shapes) == 1 and len(shapes[0]) == 2 and shapes[0][0] == len(example) else None


class WithEmbedding(nn.Module):
    """`(batch, time)` → logits, and what `head`, a layer inside, was given: `(batch, size)`."""

    def __init__(self, whole: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.whole, self._head = whole, [head]  # in a list: it is no layer of this one

    def forward(self, waveform: Tensor) -> tuple[Tensor, Tensor]:
        given: list[Tensor] = []

        def keep(_: Any, inputs: tuple[Tensor, ...]) -> None:
            given.append(inputs[0])

        hook = self._head[0].register_forward_pre_hook(keep)
        try:
            logits = self.whole(waveform)
        finally:
            hook.remove()
        return logits, given[0].float()
