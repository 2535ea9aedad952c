"""What a preset is."""

from dataclasses import dataclass, field
from typing import Any

from audio.config import PreprocessConfig, TrainConfig

Settings = dict[str, Any]


@dataclass(frozen=True)
class Preset:
    """Settings of one recipe."""

    about: str  # what it is, in a sentence
    source: str  # where it comes from
    preprocess: Settings = field(
        default_factory=dict
    )  # of PreprocessConfig, where they differ from the defaults
    train: Settings = field(default_factory=dict)  # of TrainConfig, likewise
    chosen_on: tuple[int, ...] = ()  # folds of its data set that helped to choose these settings; 0: none did

    def preprocess_config(self, **others: Any) -> PreprocessConfig:
        """Its preprocessing, with some settings changed."""
        return PreprocessConfig(**{**self.preprocess, **others})

    def train_config(self, **others: Any) -> TrainConfig:
        """Its training, with some settings changed."""
        return TrainConfig(**{**self.train, **others})
