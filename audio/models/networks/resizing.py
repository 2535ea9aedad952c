"""Pictures to another size, with every pixel of the old one in the new one.

Bilinear interpolation alone looks at two old pixels for a new one: of a thousand frames at 224 pixels it sees less
than half. Here each new pixel is the mean of all that fall on it, weighted by a triangle as wide as the change of
size; where a side grows that is plain bilinear interpolation. Each side is one product with a fixed matrix, which every
export format has. The numbers are those of torch's `interpolate(..., antialias=True)`, which ONNX lacks.
"""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor


def resize(x: Tensor, height: int, width: int, pooled: bool = False) -> Tensor:
    """`(batch, channel, band, frame)` → `(batch, channel, height, width)`, in float32 where a side changes.

    `pooled`: by the means of adaptive average pooling; a side that grows repeats its pixels.
    """
    shares = windows if pooled else triangles
    bands, frames = int(x.shape[2]), int(x.shape[3])
    if (bands, frames) == (height, width):
        return x
    with torch.autocast(x.device.type, enabled=False):  # weights of some thousandths would lose their digits
        x = x if x.dtype == torch.float64 else x.float()
        if frames != width:
            x = x @ shares(frames, width).to(x).T
        if bands != height:
            x = shares(bands, height).to(x) @ x
    return x.contiguous(memory_format=torch.channels_last)


def triangles(before: int, after: int) -> Tensor:
    """`(after, before)` float32: the share of each old pixel in each new one; every row adds up to one."""
    return torch.tensor(_shares(before, after))  # a new tensor, as an exporter's own must not be kept


def windows(before: int, after: int) -> Tensor:
    """`(after, before)` float32: the mean over each window of torch's `adaptive_avg_pool2d`, as a product."""
    first = torch.arange(after) * before // after
    last = -(-(torch.arange(1, after + 1) * before) // after)
    places = torch.arange(before)
    inside = (places >= first[:, None]) & (places < last[:, None])
    return inside / (last - first)[:, None]


@lru_cache(maxsize=64)
def _shares(before: int, after: int) -> np.ndarray:
    scale = before / after
    reach = max(1.0, scale)
    centres = (np.arange(after) + 0.5) * scale
    places = np.arange(before) + 0.5
    if scale < 1:  # towards an edge the outermost pixel goes on
        centres = centres.clip(0.5, before - 0.5)
    weights = (1 - np.abs(places - centres[:, None]) / reach).clip(0)
    return np.asarray((weights / weights.sum(axis=1, keepdims=True)).astype(np.float32))
