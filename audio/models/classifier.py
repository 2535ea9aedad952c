"""Front end and backbone in one module: a checkpoint cannot be fed the wrong features."""

from typing import Any

import torch
from torch import Tensor, nn

from audio.errors import ConfigError
from audio.features.contract import FrontEnd
from audio.models.ensemble import Ensemble
from audio.models.narrow import make_careful


class Classifier(nn.Module):
    """`(batch, time)` waveform → `(batch, classes)` logits.

    Its three steps can be called apart, for caching and augmenting in between: `features`, then `classify`.
    `architecture` holds what cannot be told from the configuration alone (a Hugging Face encoder's sizes); it
    travels in the checkpoint.
    """

    def __init__(self, frontend: FrontEnd, backbone: nn.Module, head: str = "head"):
        """`head` is the path of the last layers inside `backbone`: those that are new for every set of classes."""
        super().__init__()
        make_careful(backbone)
        self.frontend = frontend
        self.backbone = backbone
        self.head_path = head
        self.architecture: dict[str, Any] = getattr(backbone, "architecture", {})
        self._frozen: list[nn.Module] = []

    @property
    def head(self) -> nn.Module:
        """The last layers."""
        return self.backbone.get_submodule(self.head_path)

    def freeze(self, what: str) -> None:
        """Train only the head (`backbone`), or all but the feature extractor that some models have (`extractor`).

        Raises ConfigError when the model has no such part.
        """
        if what == "backbone":
            self.backbone.requires_grad_(False)
            self.head.requires_grad_(True)
            head = set(self.head.modules())
            self._frozen = [m for m in self.backbone.modules() if m not in head and not list(m.children())]
        elif what == "extractor":
            part = getattr(self.backbone, "extractor", None)
            if part is None:
                raise ConfigError("freeze=extractor is for wav2vec2; this model has no separate extractor.")
            part.requires_grad_(False)
            self._frozen = [part]
        self.train(self.training)

    def train(self, mode: bool = True) -> "Classifier":
        """Training mode for what is trained: frozen layers keep their running statistics and drop nothing."""
        super().train(mode)
        for module in self._frozen:
            module.eval()
        return self

    def features(self, waveform: Tensor) -> Tensor:
        """`(batch, time)` → `(batch, channel, band, frame)`, not normalised, without a gradient."""
        return self.frontend(waveform)

    def classify(self, features: Tensor) -> Tensor:
        """`(batch, channel, band, frame)` → `(batch, classes)` float32 logits."""
        x = self.frontend.normalise(features)
        if not isinstance(self.backbone, Ensemble):  # which lay out what each of them hears
            x = x.contiguous(memory_format=torch.channels_last)
        return self.backbone(x).float()

    def forward(self, waveform: Tensor) -> Tensor:
        return self.classify(self.features(waveform))
