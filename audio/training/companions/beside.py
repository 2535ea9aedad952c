"""What a training has beside its network: models that it learns from, or the one that it was cut out of."""

from typing import Any

import pandas as pd
import torch
from torch import Tensor

from audio.checkpoints import checkpoint as checkpoints
from audio.clips.store import ClipStore
from audio.config import TrainConfig
from audio.models import Classifier
from audio.models.pruning import prune
from audio.training.companions import gain
from audio.training.companions.teacher import Teachers
from audio.training.companions.trained import Trained
from audio.training.feed import Feed, TrainingFeed


class Beside:
    """Nothing, where neither `teacher` nor `prune` asks for any."""

    def __init__(self, config: TrainConfig, store: ClipStore, device: torch.device):
        self.config, self.store, self.device = config, store, device
        self.before: Trained | None = None
        self.teachers: Teachers | None = None

    def prune(self, model: Classifier, features: Tensor) -> None:
        """Take channels out of the network, where that is asked for, and keep what it was. Raises ConfigError."""
        if self.config.prune:
            self.before = Trained(self.config.weights, self.store, self.device, "network to be pruned")
            prune(model, self.config.prune, features)

    def teach(self, model: Classifier, feed: TrainingFeed) -> str:
        """Let the feed have what teachers answered to whole clips, behind the labels; gives how they hear."""
        if not self.config.teacher:
            return ""
        self.teachers = Teachers(self.config, self.store, model, self.device)
        feed.targets = torch.cat([feed.targets, self.teachers.once(feed.waves).to(self.device)], dim=1)
        return self.teachers.told()

    def gain(self, kept: dict[str, Any], clips: Feed) -> pd.DataFrame | None:
        """The kept model beside those, as `audio.training.companions.gain` tells them; None where there are none."""
        others = [] if self.before is None else [("before pruning", self.before)]
        others += [(f"teacher {one.file}", one) for one in (self.teachers.all if self.teachers else [])]
        if not others:
            return None
        model = checkpoints.model_of(kept).to(self.device)
        networks: list[gain.Network] = [(name, one.model, one.hears) for name, one in others]
        networks.append(("this network", model, model))
        rows = gain.table(networks, clips, self.store.classes, self.store.multi_label)
        print(gain.told(rows), flush=True)
        return rows
