"""Several networks of one kind, trained side by side and heard together.

Networks that start from other weights, or hear other features, make other mistakes: their mean answer is better than
that of one network of the same total size. Each member learns from the whole batch by its own loss, so that they stay
different.
"""

import torch
from torch import Tensor, nn


class Ensemble(nn.Module):
    """In training `(batch, …)` → `(members · batch, classes)`, member after member; in evaluation their mean logits."""

    def __init__(self, networks: list[nn.Module], heard: list[slice]):
        """`heard`: the channels of each network."""
        super().__init__()
        self.networks, self.heard = nn.ModuleList(networks), heard
        self.architecture = getattr(networks[0], "architecture", {})

    def forward(self, x: Tensor) -> Tensor:
        parts = {(part.start, part.stop): self._part(x, part) for part in self.heard}
        pairs = zip(self.networks, self.heard, strict=True)
        answers = torch.stack([network(parts[heard.start, heard.stop]).float() for network, heard in pairs])
        return answers.flatten(0, 1) if self.training else answers.mean(dim=0)

    @staticmethod
    def _part(x: Tensor, channels: slice) -> Tensor:
        """Some channels, once for all networks that hear them, in the layout and precision that each wants them in."""
        if torch.is_autocast_enabled(x.device.type):
            x = x.to(torch.get_autocast_dtype(x.device.type))  # first: what is laid out anew is half as much
        return x[:, channels].contiguous(memory_format=torch.channels_last)
