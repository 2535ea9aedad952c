"""Small strong CNNs for clips of a few seconds; the default one has 0.3 million parameters."""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional as F

from audio.features.contract import FrontEnd
from audio.models.plan import Plan


def convolve(inputs: int, outputs: int) -> nn.Sequential:
    """3×3 convolution, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


def halve(x: Tensor) -> Tensor:
    """Average pooling by two, unless an axis is used up."""
    return F.avg_pool2d(x, 2) if min(x.shape[2:]) > 1 else x


class SmallCNN(nn.Module):
    """5×5 stem of stride 2, then blocks of two 3×3 convolutions, each halved by average pooling.

    `stem_pool` averages the stem's output once more, for a quarter of the work. On a few hundred clips the narrow
    network with the pooled stem did better than wider and finer ones, at a sixteenth of their work.

    The head takes the mean over frequency, then mean plus maximum over time, as PANNs do (Kong et al. 2020,
    arXiv:1912.10211).
    """

    def __init__(
        self, classes: int, dropout: float = 0.3, channels: int = 1, width: int = 32, stem_pool: bool = True
    ):
        """`channels` of the features; `width`: channels of the first block."""
        super().__init__()
        self.stem_pool = stem_pool
        self.stem = nn.Sequential(
            nn.Conv2d(channels, width // 2, 5, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(width // 2),
            nn.ReLU(inplace=True),
        )
        widths = [width // 2, width, 2 * width, 4 * width]
        self.blocks = nn.ModuleList(
            nn.Sequential(convolve(a, b), convolve(b, b)) for a, b in pairwise(widths)
        )
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(widths[-1], classes)

    def forward(self, x: Tensor) -> Tensor:
        """`(batch, channel, band, frame)` → `(batch, classes)`."""
        x = self.stem(x)  # (batch, width/2, band/2, frame/2)
        if self.stem_pool:
            x = halve(x)
        for block in self.blocks:
            x = halve(block(x))
        x = x.mean(dim=2)  # (batch, channel, frame/32)
        x = x.mean(dim=2) + x.amax(dim=2)
        return self.head(self.dropout(x))


def cnn(classes: int, dropout: float, channels: int = 1, width: int = 32, stem_pool: bool = True) -> SmallCNN:
    """The network with He's initialisation."""
    model = SmallCNN(classes, dropout, channels, width, stem_pool)
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    return model


def usual(plan: Plan, frontend: FrontEnd) -> SmallCNN:
    """The default model."""
    return cnn(plan.classes, plan.config.dropout, frontend.channels)


def wide(plan: Plan, frontend: FrontEnd) -> SmallCNN:
    """Twice the channels."""
    return cnn(plan.classes, plan.config.dropout, frontend.channels, width=64)


def large(plan: Plan, frontend: FrontEnd) -> SmallCNN:
    """Twice the channels, and a first layer that is not pooled."""
    return cnn(plan.classes, plan.config.dropout, frontend.channels, width=64, stem_pool=False)
