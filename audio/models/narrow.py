"""Strided convolutions over few frames, kept out of bfloat16 on a CPU.

There torch 2.11 with oneDNN gives whatever lies about in memory where such a convolution leaves a single column: NaN at
times, wrong answers and gradients at others (seen on processors with AMX). Very short clips come to that, and image
networks of a few dozen frames in their last stage. In float32 the same convolutions are right.
"""

from typing import Any

import torch
from torch import Tensor, nn


def columns(layer: nn.Conv1d | nn.Conv2d, width: int) -> int:
    """Columns that a convolution makes of so many."""
    padding = layer.padding[-1] if isinstance(layer.padding, tuple) else 0
    reach = layer.dilation[-1] * (layer.kernel_size[-1] - 1) + 1
    return (width + 2 * int(padding) - reach) // layer.stride[-1] + 1


class _Careful:
    """A convolution in float32 where a single column is left, in whatever precision is asked for elsewhere."""

    def _conv_forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        convolve: Any = super()._conv_forward  # type: ignore[misc]
        on_cpu = x.device.type == "cpu" and torch.is_autocast_enabled("cpu")
        if not on_cpu or columns(self, int(x.shape[-1])) != 1:  # type: ignore[arg-type]
            return convolve(x, weight, bias)
        with torch.autocast("cpu", enabled=False):
            return convolve(x.float(), weight.float(), None if bias is None else bias.float())


class CarefulConv1d(_Careful, nn.Conv1d):
    """`nn.Conv1d`, but for that."""


class CarefulConv2d(_Careful, nn.Conv2d):
    """`nn.Conv2d`, but for that."""


CAREFUL: dict[type[nn.Module], type[nn.Module]] = {nn.Conv1d: CarefulConv1d, nn.Conv2d: CarefulConv2d}


def make_careful(network: nn.Module) -> None:
    """Let all strided convolutions of a network be such ones; weights and names stay as they are."""
    for module in network.modules():
        kind = CAREFUL.get(type(module))
        if kind and max(module.stride) > 1:  # type: ignore[arg-type]
            module.__class__ = kind
