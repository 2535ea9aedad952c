"""One process or several that train one model together: the same calls for both.

Several processes are Lightning Fabric's: DistributedDataParallel over NCCL on GPUs, over Gloo on CPUs. Its import takes
seconds, so a training alone does without it.
"""

import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from audio.devices import pick_device
from audio.errors import ConfigError

STOP_EVERY = 8  # batches between agreements on stopping, when there are several processes


@dataclass
class SingleProcess:
    """A training in one process. It states what `Distributed` does as well."""

    device: torch.device
    rank: int = 0  # of this process
    size: int = 1  # processes

    def setup(self, model: nn.Module) -> Any:
        """What to call instead of the model: its gradients are then averaged over the processes."""
        return model

    def __enter__(self) -> "SingleProcess":
        return self

    def __exit__(self, *exc: object) -> None:
        """Leave the group of processes."""

    def backward(self, loss: Tensor) -> None:
        """Add the loss's gradient."""
        loss.backward()

    def accumulate(self, model: nn.Module, wait: bool) -> AbstractContextManager[Any]:
        """With `wait`, gradients are not averaged yet: more batches follow before the step."""
        return nullcontext()

    def mean(self, value: Tensor) -> Tensor:
        """The mean over the processes."""
        return value

    def broadcast(self, value: Any) -> Any:
        """The first process's value, in all of them."""
        return value

    def agree(self, flag: bool, batch: int) -> bool:
        """Whether the first process raised its flag; several processes ask each other every few batches only."""
        return flag

    def shard(self, batch: Tensor) -> Tensor:
        """This process's part of a batch: of its clips, or of anything with an entry for each of them."""
        return batch

    def whole(self, part: Tensor, clips: int) -> Tensor:
        """A batch of so many clips, whose parts the processes have; `part` of it gives this one's back."""
        return part


class Distributed(SingleProcess):
    """One of several processes, as `torchrun` or `audio.training.launch` start them."""

    def __init__(self, device: str):
        from lightning_fabric import Fabric
        from lightning_fabric.plugins.environments import TorchElasticEnvironment

        environment = TorchElasticEnvironment()
        here = int(os.environ.get("LOCAL_WORLD_SIZE", environment.world_size()))
        kind = pick_device(device).type
        if kind == "cuda" and here > torch.cuda.device_count():
            raise ConfigError(
                f"{here} processes want a GPU each, torch finds {torch.cuda.device_count()} here. "
                "Lower `processes`, or use device=cpu."
            )
        self.fabric = Fabric(
            accelerator=kind,
            devices=here,
            num_nodes=environment.world_size() // here,
            strategy="ddp",
            plugins=[environment],
        )
        self.fabric.launch()
        super().__init__(self.fabric.device, self.fabric.global_rank, self.fabric.world_size)

    def setup(self, model: nn.Module) -> Any:
        wrapped: Any = self.fabric.setup(model)
        wrapped.mark_forward_method("classify")
        return wrapped

    def __exit__(self, *exc: object) -> None:
        if torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()

    def backward(self, loss: Tensor) -> None:
        self.fabric.backward(loss)

    def accumulate(self, model: Any, wait: bool) -> AbstractContextManager[Any]:
        return self.fabric.no_backward_sync(model, enabled=wait)

    def mean(self, value: Tensor) -> Tensor:
        reduced = self.fabric.all_reduce(value.detach(), reduce_op="mean")
        assert isinstance(reduced, Tensor)
        return reduced

    def broadcast(self, value: Any) -> Any:
        return self.fabric.broadcast(value)

    def agree(self, flag: bool, batch: int) -> bool:
        return batch % STOP_EVERY == 0 and bool(self.broadcast(flag))

    def shard(self, batch: Tensor) -> Tensor:
        return batch[self.rank :: self.size]

    def whole(self, part: Tensor, clips: int) -> Tensor:
        most = -(-clips // self.size)
        filled = part.new_zeros(most, *part.shape[1:])
        filled[: len(part)] = part
        parts = [torch.empty_like(filled) for _ in range(self.size)]
        torch.distributed.all_gather(parts, filled)
        return torch.stack(parts, dim=1).flatten(0, 1)[:clips]  # clip k of process r is clip k · size + r


def in_a_group() -> bool:
    """Whether this process was started as one of several."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def build_engine(device: str) -> SingleProcess:
    """The engine of this process, on a device as the configuration names it. Raises ConfigError."""
    return Distributed(device) if in_a_group() else SingleProcess(pick_device(device))
