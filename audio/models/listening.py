"""What a layer inside a network is given while the network computes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn


@contextmanager
def given_to(layer: nn.Module) -> Iterator[list[Tensor]]:
    """The first input of `layer` at each of its calls inside, in a list that fills as they come."""
    given: list[Tensor] = []

    def keep(_: Any, inputs: tuple[Tensor, ...]) -> None:
        given.append(inputs[0])

    hook = layer.register_forward_pre_hook(keep)
    try:
        yield given
    finally:
        hook.remove()
