"""Watching the loss: the first batch whose loss is not a finite number ends the training, by name.

On a GPU asking for a number would make the CPU wait for it at every step. There the losses are copied aside and looked
at when they have arrived, a step or two later.
"""

from collections import deque
from typing import Any

import torch
from torch import Tensor

from audio.errors import NonFiniteLoss


class LossWatch:
    """Keeps the losses that have not been looked at, with the positions of their clips."""

    def __init__(self, clips: list[str]):
        """`clips`: names of the training clips, by position."""
        self.clips = clips
        self.waiting: deque[tuple[Tensor, Any, Tensor, int]] = deque()

    def add(self, loss: Tensor, positions: Tensor, epoch: int) -> None:
        """Note the loss of a batch of clips; look at those that have arrived. Raises NonFiniteLoss."""
        arrived = None
        if loss.is_cuda:
            loss = loss.detach().to("cpu", non_blocking=True)
            arrived = torch.cuda.Event()
            arrived.record()
        self.waiting.append((loss.detach(), arrived, positions, epoch))
        while self.waiting and (self.waiting[0][1] is None or self.waiting[0][1].query()):
            self._look(*self.waiting.popleft())

    def finish(self) -> None:
        """Look at all that are left. Raises NonFiniteLoss."""
        while self.waiting:
            if self.waiting[0][1] is not None:
                self.waiting[0][1].synchronize()
            self._look(*self.waiting.popleft())

    def _look(self, loss: Tensor, arrived: Any, positions: Tensor, epoch: int) -> None:
        if torch.isfinite(loss):
            return
        clips = [self.clips[int(i)] for i in positions]
        raise NonFiniteLoss(
            f"The loss became {loss.item()} in epoch {epoch + 1}, on a batch of {len(clips)} clips "
            f"({', '.join(clips[:4])}{', …' if len(clips) > 4 else ''}). Listen to them: they are among the debug "
            "samples (non-finite loss). Lower learning_rate, set clip_norm, or use precision=fp32.",
            clips,
        )
