"""Several networks of one kind, trained side by side and heard together.

Networks that start from other weights make other mistakes: their mean answer is better than that of one network of
the same total size. Each member learns from the whole batch by its own loss, so that they stay different.
"""

import torch
from torch import Tensor, nn


class Members(nn.Module):
    """In training `(batch, …)` → `(members · batch, classes)`, member after member; in evaluation their mean logits."""

    def __init__(self, networks: list[nn.Module]):
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self.architecture = getattr(networks[0], "architecture", {})

    def forward(self, x: Tensor) -> Tensor:
        answers = torch.stack([network(x).float() for network in self.networks])  # (member, batch, classes)
        return answers.flatten(0, 1) if self.training else answers.mean(dim=0)
