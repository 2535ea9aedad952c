"""Watching the loss: the first batch whose loss is not a finite number ends the training, by name.

On a GPU asking for a number would make the CPU wait for it at every step. There the losses are copied aside and looked
at when they have arrived, a step or two later.
"""

from collections import deque
from typing import Any

import torch
from torch import Tensor, nn

from audio.errors import NonFiniteLoss


class LossWatch:
    """Keeps the losses that have not been looked at, with the positions of their clips."""

    def __init__(self, clips: list[str]):
        """`clips`: names of the training clips, by position."""
        self.clips = clips
        self.latest = torch.empty(0, dtype=torch.int64)  # positions of the newest batch
        self.waiting: deque[tuple[Tensor, Any, Tensor, int]] = deque()

    def add(self, loss: Tensor, positions: Tensor, epoch: int) -> None:
        """Note the loss of a batch of clips; look at those that have arrived. Raises NonFiniteLoss."""
        arrived = None
        self.latest = positions
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

    def refuse_spoiled(self, model: nn.Module, epoch: int) -> None:
        """Raises NonFiniteLoss for weights that are no numbers: a checkpoint of them could not be resumed.

        Their loss may have looked well: the last step of an epoch spoils them behind it.
        """
        sound = [t.isfinite().all() for t in model.state_dict().values() if t.is_floating_point()]
        if not torch.stack(sound).all():
            clips = [self.clips[int(i)] for i in self.latest]
            raise NonFiniteLoss(
                f"The loss became no number: weights are infinite or NaN after the last batch of epoch {epoch + 1}, "
                f"of {_named(clips)}. Lower learning_rate, set clip_norm, or use precision=fp32; the epoch before is "
                "kept.",
                clips,
            )

    def _look(self, loss: Tensor, arrived: Any, positions: Tensor, epoch: int) -> None:
        if torch.isfinite(loss):
            return
        clips = [self.clips[int(i)] for i in positions]
        raise NonFiniteLoss(
            f"The loss became {loss.item()} in epoch {epoch + 1}, on a batch of {_named(clips)}. "
            "Listen to them: they are among the debug samples (non-finite loss). Lower learning_rate, set clip_norm, "
            "or use precision=fp32.",
            clips,
        )


def _named(clips: list[str]) -> str:
    """How many clips, and the first ones."""
    return f"{len(clips)} clips ({', '.join(clips[:4])}{', …' if len(clips) > 4 else ''})"
