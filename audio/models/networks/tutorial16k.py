"""The three networks of the tutorials on 16 kHz spectrograms, to the layer.

What those do not state is the plainest there is: padded 3×3 convolutions, ReLU, max pooling, no dropout; torch's own
`TransformerEncoderLayer`, behind sinusoidal positions. An axis too short for a pooling stays as it is, and patches are
filled with zeros, so that clips of any length pass.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from audio.features.contract import FrontEnd
from audio.models.networks.pooling import pool
from audio.models.networks.sequence import positions
from audio.models.plan import Plan


class FourConvolutions(nn.Module):
    """`(batch, channel, band, frame)` → `(batch, classes)`: 3×3 convolutions of 32, 64, 128 and 256 channels with batch
    norm and ReLU, max pooling after the first three, the maximum over what is left, a linear layer."""

    WIDTHS = (32, 64, 128, 256)

    def __init__(self, classes: int, channels: int = 1):
        super().__init__()
        inputs = (channels, *self.WIDTHS[:-1])
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU())
            for a, b in zip(inputs, self.WIDTHS, strict=True)
        )
        self.head = nn.Linear(self.WIDTHS[-1], classes)

    def forward(self, x: Tensor) -> Tensor:
        for number, block in enumerate(self.blocks):
            x = block(x)
            x = pool(x, kind="maximum") if number < 3 else x
        return self.head(x.amax(dim=(2, 3)))


class LastStates(nn.Module):
    """`(batch, channel, band, frame)` → `(batch, classes)`: two convolutions of 64 and 128 channels, each with max
    pooling; two layers of a bidirectional LSTM of 256 units, whose last states go to a linear layer."""

    def __init__(self, classes: int, bands: int, channels: int = 1):
        super().__init__()
        self.first, self.second = nn.Conv2d(channels, 64, 3, padding=1), nn.Conv2d(64, 128, 3, padding=1)
        for _ in range(2):
            bands = bands // 2 if bands >= 2 else bands
        self.lstm = nn.LSTM(128 * bands, 256, num_layers=2, batch_first=True, bidirectional=True)
        self.head = nn.Linear(512, classes)

    def forward(self, x: Tensor) -> Tensor:
        for convolution in (self.first, self.second):
            x = pool(F.relu(convolution(x)), kind="maximum")
        x = x.permute(0, 3, 1, 2).flatten(2)  # (batch, frame/4, channel · band/4)
        with torch.autocast(x.device.type, enabled=False):  # LSTMs lose much in half precision
            _, (states, _) = self.lstm(x.float())
        return self.head(torch.cat([states[-2], states[-1]], dim=1))


class Patches(nn.Module):
    """`(batch, channel, band, frame)` → `(batch, classes)`: patches of 16×16 as tokens of 256 numbers, four Transformer
    layers of eight heads, the mean of all tokens, a linear layer."""

    SIDE, WIDTH = 16, 256

    def __init__(self, classes: int, channels: int = 1):
        super().__init__()
        self.embed = nn.Conv2d(channels, self.WIDTH, self.SIDE, stride=self.SIDE)
        layer = nn.TransformerEncoderLayer(self.WIDTH, 8, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 4, enable_nested_tensor=False)
        self.head = nn.Linear(self.WIDTH, classes)

    def forward(self, x: Tensor) -> Tensor:
        bands, frames = int(x.shape[2]), int(x.shape[3])
        x = F.pad(x, (0, -frames % self.SIDE, 0, -bands % self.SIDE))
        x = self.embed(x).flatten(2).transpose(1, 2)  # (batch, patch, width)
        x = self.encoder(x + positions(x.shape[1], self.WIDTH, x.device))
        return self.head(x.mean(dim=1))


def cnn(plan: Plan, frontend: FrontEnd) -> nn.Module:
    return FourConvolutions(plan.classes, frontend.channels)


def crnn(plan: Plan, frontend: FrontEnd) -> nn.Module:
    return LastStates(plan.classes, frontend.bands, frontend.channels)


def transformer(plan: Plan, frontend: FrontEnd) -> nn.Module:
    return Patches(plan.classes, frontend.channels)
