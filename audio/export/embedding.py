"""What a model's last layer is given, as a second output of an exported file."""

import numpy as np
import torch
from torch import Tensor, nn

from audio.models.listening import given_to


def head_of(model: nn.Module, example: np.ndarray) -> nn.Module | None:
    """The last layer of a classifier that is given one vector for each waveform; None: it has none such."""
    try:
        head: nn.Module = model.head  # type: ignore[assignment]
    except AttributeError:  # of several networks
        return None
    with given_to(head) as given, torch.no_grad():
        model(torch.from_numpy(example))
    return head if len(given) == 1 and given[0].ndim == 2 and len(given[0]) == len(example) else None


class WithEmbedding(nn.Module):
    """`(batch, time)` → logits, and what `head`, a layer inside, was given: `(batch, size)`."""

    def __init__(self, whole: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.whole, self._head = whole, [head]  # in a list: it is no layer of this one

    def forward(self, waveform: Tensor) -> tuple[Tensor, Tensor]:
        with given_to(self._head[0]) as given:
            logits = self.whole(waveform)
        return logits, given[0].float()
