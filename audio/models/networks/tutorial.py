"""The small CNN that introductory tutorials build: four convolutions, each halved by max pooling.

Tutorials flatten the last feature map, which ties the network to one clip length; here it is averaged,
so that any length will do.
"""

from torch import Tensor, nn

from audio.features.contract import FrontEnd
from audio.models.networks.pooling import pool
from audio.models.plan import Plan

WIDTHS = (16, 32, 64, 128)


class TutorialCNN(nn.Module):
    """`(batch, channel, band, frame)` → `(batch, classes)`; 3×3 convolution, batch norm, ReLU, max
    pooling four times.
    """

    def __init__(self, classes: int, dropout: float, channels: int = 1):
        super().__init__()
        inputs = (channels, *WIDTHS[:-1])
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU())
            for a, b in zip(inputs, WIDTHS, strict=True)
        )
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(WIDTHS[-1], classes)

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = pool(block(x), kind="maximum")
        return self.head(self.dropout(x.mean(dim=(2, 3))))


def cnn(plan: Plan, frontend: FrontEnd) -> nn.Module:
    return TutorialCNN(plan.classes, plan.config.dropout, frontend.channels)
