"""Front end and backbone in one module: a checkpoint cannot be fed the wrong features."""

import torch
from torch import Tensor, nn

from audio.frontend import LogMel


class Classifier(nn.Module):
    """`(batch, time)` waveform → `(batch, classes)` logits.

    Its three steps can be called apart, for caching and augmenting in between: `features`, then `classify`.
    """

    def __init__(self, frontend: LogMel, backbone: nn.Module):
        super().__init__()
        self.frontend = frontend
        self.backbone = backbone

    def features(self, waveform: Tensor) -> Tensor:
        """`(batch, time)` → `(batch, 1, mel, frame)` log power, not normalised, without a gradient."""
        return self.frontend(waveform)

    def classify(self, features: Tensor) -> Tensor:
        """`(batch, 1, mel, frame)` log power → `(batch, classes)` float32 logits."""
        x = self.frontend.normalise(features).contiguous(memory_format=torch.channels_last)
        return self.backbone(x).float()

    def forward(self, waveform: Tensor) -> Tensor:
        return self.classify(self.features(waveform))
