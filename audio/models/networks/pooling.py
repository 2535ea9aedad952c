"""What several networks share: pooling that never uses an axis up, and sums over time."""

from torch import Tensor
from torch.nn import functional as F


def pool(x: Tensor, bands: int = 2, frames: int = 2, kind: str = "average") -> Tensor:
    """Pooling of `(batch, channel, band, frame)`; an axis shorter than the window stays as it is.

    Clips of a tenth of a second then pass through networks made for ten.
    """
    height, width = x.shape[2:]
    window = (bands if height >= bands else 1, frames if width >= frames else 1)
    return F.avg_pool2d(x, window) if kind == "average" else F.max_pool2d(x, window)


def mean_and_max(x: Tensor) -> Tensor:
    """`(batch, channel, band, frame)` → `(batch, channel)`: mean over frequency, mean plus maximum over time."""
    x = x.mean(dim=2)
    return x.mean(dim=2) + x.amax(dim=2)
