"""The augmentations a training run asked for, in order."""

from torch import Generator, Tensor

from audio.augment import mixing, spectrogram
from audio.config import TrainConfig


class Augment:
    """Applies `config`'s augmentations to a batch of log-mel features and their targets."""

    def __init__(self, config: TrainConfig, crop_frames: int | None):
        """`crop_frames`: frames of the random part that is kept; None keeps all."""
        self.config = config
        self.crop_frames = crop_frames

    def __call__(
        self, features: Tensor, targets: Tensor, silence: Tensor, random: Generator
    ) -> tuple[Tensor, Tensor]:
        """`(batch, 1, mel, frame)`, `(batch, classes)` → the same, augmented. `silence` fills the masks."""
        config = self.config
        if not config.augment:
            return features, targets
        if self.crop_frames or config.roll:
            features = spectrogram.crop(features, self.crop_frames or features.shape[-1], random, config.roll)
        if config.gain_db:
            features = spectrogram.gain(features, config.gain_db, random)
        if config.eq_db:
            features = spectrogram.equalise(features, config.eq_db, random)
        if config.mixup and len(features) > 1:
            features, targets = mixing.mixup(features, targets, config.mixup, config.mixup_alpha, random)
        if config.frequency_masks:
            widest = config.frequency_mask_bands
            features = spectrogram.mask(features, 2, config.frequency_masks, widest, silence, random)
        if config.time_masks:
            features = spectrogram.mask(
                features, 3, config.time_masks, config.time_mask_frames, silence, random
            )
        return features, targets
