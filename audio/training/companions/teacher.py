"""Distillation: a network learns the answers of larger ones besides the labels (Hinton et al. 2015, arXiv:1503.02531).

A teacher whose front end is the student's hears what the student hears, every augmentation included (Beyer et al.
2021, arXiv:2106.05237, found that to matter most). One with another front end has heard every clip once, as it is;
where clips are mixed, its answers are mixed by the same shares as the labels.
"""

import torch
from torch import Tensor

from audio.clips.store import ClipStore
from audio.clips.waves import Waves
from audio.config import TrainConfig
from audio.metrics.objective import probabilities
from audio.models import Classifier
from audio.training.companions.trained import Trained, settings_of


class Teachers:
    """All of them: their mean answer."""

    def __init__(self, config: TrainConfig, store: ClipStore, student: Classifier, device: torch.device):
        self.temperature, self.multi_label = config.teacher_temperature, store.multi_label
        """`student`: its front end tells which teachers hear what it hears. Raises CheckpointError, ConfigError."""
        self.all = [Trained(one, store, device) for one in config.teacher]
        self.alike = [one for one in self.all if one.settings == settings_of(student)]
        self.apart = [one for one in self.all if one not in self.alike]

    @torch.no_grad()
    def once(self, waves: Waves, batch: int = 32) -> Tensor:
        """The mean answer to every clip of those that hear otherwise, `(clips, classes)`; `(clips, 0)` without any."""
        if not self.apart:
            return torch.empty(len(waves), 0)
        parts = []
        for part in torch.arange(len(waves)).split(batch):
            sounds = waves.gather(part)
            parts.append(self._mean([one.hears(sounds) for one in self.apart]))
        return torch.cat(parts)

    @torch.no_grad()
    def answers(self, features: Tensor, known: Tensor) -> Tensor:
        """Probabilities `(batch, classes)` at the temperature, for a batch that the student hears.

        `known`: what `once` gave for its clips, mixed as they are.
        """
        if not self.alike:
            return known
        heard = self._mean([one.classify(features) for one in self.alike])
        if not self.apart:
            return heard
        return (len(self.alike) * heard + len(self.apart) * known) / len(self.all)

    def _mean(self, logits: list[Tensor]) -> Tensor:
        soft = [probabilities(one.float() / self.temperature, self.multi_label) for one in logits]
        return torch.stack(soft).mean(0)

    def told(self) -> str:
        """How they hear, for the start of a run."""
        words = [
            (self.alike, "hears what is trained on, augmented"),
            (self.apart, "heard each clip once, as it is"),
        ]
        return "; ".join(
            f"the teacher {', '.join(t.file for t in some)} {how}" for some, how in words if some
        )
