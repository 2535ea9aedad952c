"""The networks CNN6, CNN10 and CNN14 of the PANNs, made for audio tagging.

"PANNs: Large-Scale Pretrained Audio Neural Networks" (Kong et al. 2020, arXiv:1912.10211). Built from the paper's
Table 1 and section III. The layers carry the names of the published checkpoints (`bn0`, `conv_block1.conv1`, …,
`fc1`), so that such a file can be given as `weights`. The paper's front end is 32 kHz, n_fft 1024, hop 320, 64 bands
from 50 to 14000 Hz, Slaney scale and norm: set the same to use its weights, and train all layers (freeze=none):
features here have another scale than the file's, which `bn0` learns within a few batches.
"""

from torch import Tensor, nn
from torch.nn import functional as F

from audio.features.contract import FrontEnd
from audio.models.networks.pooling import mean_and_max, pool
from audio.models.plan import Plan

BETWEEN = 0.2  # dropout between blocks, section III


class ConvBlock(nn.Module):
    """Convolutions with batch norm and ReLU, `(batch, inputs, band, frame)` → `(batch, outputs, band,
    frame)`.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, convolutions: int):
        super().__init__()
        self.convolutions = convolutions
        for number in range(1, convolutions + 1):
            source = inputs if number == 1 else outputs
            convolution = nn.Conv2d(source, outputs, kernel, padding=kernel // 2, bias=False)
            nn.init.xavier_uniform_(convolution.weight)
            self.add_module(f"conv{number}", convolution)
            self.add_module(f"bn{number}", nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        for number in range(1, self.convolutions + 1):
            convolution, norm = getattr(self, f"conv{number}"), getattr(self, f"bn{number}")
            x = F.relu_(norm(convolution(x)))
        return x


class PANN(nn.Module):
    """`(batch, channel, band, frame)` → `(batch, classes)`."""

    def __init__(self, widths: list[int], kernel: int, convolutions: int, plan: Plan, frontend: FrontEnd):
        """`widths` of the blocks, `kernel` and number of `convolutions` in each."""
        super().__init__()
        self.bn0 = nn.BatchNorm2d(frontend.bands)  # over the bands: each gets its own scale
        inputs = [frontend.channels, *widths[:-1]]
        self.blocks = len(widths)
        for number, (a, b) in enumerate(zip(inputs, widths, strict=True), 1):
            self.add_module(f"conv_block{number}", ConvBlock(a, b, kernel, convolutions))
        self.fc1 = nn.Linear(widths[-1], widths[-1])
        self.dropout = nn.Dropout(plan.config.dropout)
        self.head = nn.Linear(widths[-1], plan.classes)
        for layer in (self.fc1, self.head):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = x.transpose(2, 3)  # (batch, channel, frame, band), as the published kernels lie
        x = self.bn0(x.transpose(1, 3)).transpose(1, 3)
        for number in range(1, self.blocks + 1):
            x = self.get_submodule(f"conv_block{number}")(x)
            x = pool(x) if number < 6 else x  # five poolings at most: CNN14's last block has none
            x = F.dropout(x, BETWEEN, self.training)
        x = self.dropout(mean_and_max(x.transpose(2, 3)))
        return self.head(self.dropout(F.relu(self.fc1(x))))


def cnn6(plan: Plan, frontend: FrontEnd) -> nn.Module:
    return PANN([64, 128, 256, 512], 5, 1, plan, frontend)


def cnn10(plan: Plan, frontend: FrontEnd) -> nn.Module:
    return PANN([64, 128, 256, 512], 3, 2, plan, frontend)


def cnn14(plan: Plan, frontend: FrontEnd) -> nn.Module:
    return PANN([64, 128, 256, 512, 1024, 2048], 3, 2, plan, frontend)
