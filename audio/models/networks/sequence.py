"""Networks that read a spectrogram as a sequence of frames: a CRNN and a Transformer encoder."""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from audio.features.contract import FrontEnd
from audio.models.networks.pooling import pool
from audio.models.plan import Plan


class CRNN(nn.Module):
    """Convolutions that shrink the bands eightfold and time fourfold, a bidirectional LSTM, the mean over time.

    `(batch, channel, band, frame)` → `(batch, classes)`.
    """

    POOLS = ((2, 2), (2, 2), (2, 1))  # bands, frames

    def __init__(
        self, classes: int, dropout: float, bands: int, channels: int = 1, width: int = 32, memory: int = 128
    ):
        """`width`: channels of the first convolution; `memory`: units of the LSTM in each direction."""
        super().__init__()
        widths = [channels, width, 2 * width, 4 * width]
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU(inplace=True))
            for a, b in pairwise(widths)
        )
        height = bands
        for by, _ in self.POOLS:
            height = height // by if height >= by else height
        self.lstm = nn.LSTM(widths[-1] * height, memory, num_layers=2, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(2 * memory, classes)

    def forward(self, x: Tensor) -> Tensor:
        for block, (bands, frames) in zip(self.blocks, self.POOLS, strict=True):
            x = pool(block(x), bands, frames)
        x = x.permute(0, 3, 1, 2).flatten(2)  # (batch, frame/4, channel · band/8)
        with torch.autocast(x.device.type, enabled=False):  # LSTMs lose much in half precision
            x, _ = self.lstm(x.float())
        return self.head(self.dropout(x.mean(dim=1)))


class SpectrogramTransformer(nn.Module):
    """Two strided convolutions over time, sinusoidal positions, pre-norm Transformer layers, the mean over time.

    `(batch, channel, band, frame)` → `(batch, classes)`. The stem is that of speech encoders (Radford et al. 2022):
    every token is four frames of all bands.
    """

    def __init__(
        self,
        classes: int,
        dropout: float,
        bands: int,
        channels: int = 1,
        width: int = 192,
        layers: int = 4,
        heads: int = 4,
    ):
        super().__init__()
        self.width = width
        self.stem = nn.Sequential(
            nn.Conv1d(channels * bands, width, 3, stride=2, padding=1),
            nn.GELU(),
            nn.Conv1d(width, width, 3, stride=2, padding=1),
            nn.GELU(),
        )
        layer = nn.TransformerEncoderLayer(
            width,
            heads,
            4 * width,
            dropout=min(dropout, 0.1),
            activation="gelu",
            batch_first=True,
            norm_first=True,
        )
        self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x.flatten(1, 2).contiguous()).transpose(1, 2)  # (batch, frame/4, width)
        x = self.encoder(x + positions(x.shape[1], self.width, x.device))
        return self.head(self.dropout(self.norm(x).mean(dim=1)))


def positions(count: int, width: int, device: torch.device) -> Tensor:
    """Sines and cosines of each position, `(count, width)` (Vaswani et al. 2017, section 3.5); any count will do."""
    rate = torch.exp(torch.arange(0, width, 2, device=device) * (-math.log(10000.0) / width))
    angle = torch.arange(count, device=device)[:, None] * rate
    return torch.cat([angle.sin(), angle.cos()], dim=1)


def crnn(plan: Plan, frontend: FrontEnd) -> nn.Module:
    return CRNN(plan.classes, plan.config.dropout, frontend.bands, frontend.channels)


def transformer(plan: Plan, frontend: FrontEnd) -> nn.Module:
    return SpectrogramTransformer(plan.classes, plan.config.dropout, frontend.bands, frontend.channels)
