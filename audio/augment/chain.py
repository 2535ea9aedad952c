"""The augmentations a training run asked for, as named steps in order: first on waveforms, then on features."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Generator, Tensor

from audio.augment import mixing, spectrogram, waveform
from audio.config import TrainConfig
from audio.datasets.contract import audio_files
from audio.distributed import SingleProcess
from audio.errors import ConfigError
from audio.io.decoding import beginning
from audio.io.reading import Undecodable

MASKED = 0.2  # share of a clip that one time mask hides at most (p of SpecAugment, Park et al. 2019)
BACKGROUND_SECONDS = 600  # of background sound that is kept in memory


@dataclass(frozen=True)
class Step:
    """One augmentation. `apply` takes `(features, targets, fill, random)` and returns features and targets."""

    name: str
    apply: Callable[[Tensor, Tensor, Tensor, Generator], tuple[Tensor, Tensor]]
    mixes: bool = False  # clips of the batch with each other


@dataclass(frozen=True)
class Group:
    """The processes that have a part each of one batch, for the steps that mix its clips."""

    engine: SingleProcess
    clips: int  # of the whole batch
    random: Generator  # that draws the same in all of them

    def mix(self, step: Step, features: Tensor, targets: Tensor, fill: Tensor) -> tuple[Tensor, Tensor]:
        """The step on the whole batch, then this process's part of it: partners come from all of them."""
        features, targets = (self.engine.whole(one, self.clips) for one in (features, targets))
        features, targets = step.apply(features, targets, fill, self.random)
        return self.engine.shard(features), self.engine.shard(targets)


class Augment:
    """Applies `config`'s augmentations to batches."""

    def __init__(
        self,
        config: TrainConfig,
        crop_frames: int | None,
        *,
        domain: str = "log power",
        offset: float = 0.0,
        sample_rate: int = 22050,
        device: torch.device | None = None,
    ):
        """`crop_frames`: frames of the random part that is kept; None keeps all. `domain`: of the features.

        `offset`: power that was added under their logarithm. Raises ConfigError: a setting that features of this
        domain can't take, and a background that can't be read.
        """
        self.waveform_steps: list[tuple[str, Callable[[Tensor, Generator], Tensor]]] = []
        self.steps: list[Step] = []
        self.unused: list[str] = []  # settings, as they are when nothing is set, that the features can't take
        if not config.augment:
            return
        self.waveform_steps = list(_on_waveforms(config, sample_rate, device or torch.device("cpu")))
        self.steps = _where_it_matters(config, crop_frames)
        if domain == "log power":
            self.steps += [
                *_on_log_power(config, offset),
                *_flips(config),
                *_mixes(config, mixing.mixup),
                *_masks(config),
            ]
        else:
            self.unused = unused(config)
            self.steps += [*_flips(config), *_mixes(config, mixing.mixup_waveforms)]

    def on_waveforms(self, waves: Tensor, random: Generator) -> Tensor:
        """`(batch, time)` → the same, augmented."""
        for _, apply in self.waveform_steps:
            waves = apply(waves, random)
        return waves

    def __call__(
        self,
        features: Tensor,
        targets: Tensor,
        fill: Tensor,
        random: Generator,
        group: Group | None = None,
    ) -> tuple[Tensor, Tensor]:
        """`(batch, 1, band, frame)`, `(batch, classes)` → the same, augmented. `fill` is what masks show."""
        for step in self.steps:
            if step.mixes and group:
                features, targets = group.mix(step, features, targets, fill)
            else:
                features, targets = step.apply(features, targets, fill, random)
        return features, targets


def _mixing(name: str, apply: Callable[..., tuple[Tensor, Tensor]]) -> Step:
    return Step(name, lambda features, targets, fill, random: apply(features, targets, random), mixes=True)


def _plain(name: str, apply: Callable[[Tensor, Generator], Tensor]) -> Step:
    """A step that leaves the targets as they are."""
    return Step(name, lambda features, targets, fill, random: (apply(features, random), targets))


def _on_waveforms(
    config: TrainConfig, sample_rate: int, device: torch.device
) -> Iterator[tuple[str, Callable[[Tensor, Generator], Tensor]]]:
    low, high = config.snr_low_db, config.snr_high_db
    if config.stretch:
        yield "stretch", lambda waves, random: waveform.stretch(waves, config.stretch, random)
    if config.pitch:
        yield "pitch", lambda waves, random: waveform.shift_pitch(waves, config.pitch, random)
    if config.background:
        bank = torch.from_numpy(load_background(Path(config.background), sample_rate)).to(device)
        share = config.background_probability
        yield (
            "background",
            lambda waves, random: waveform.add_background(waves, bank, share, low, high, random),
        )
    if config.noise:
        yield "noise", lambda waves, random: waveform.add_noise(waves, config.noise, low, high, random)


def _where_it_matters(config: TrainConfig, crop_frames: int | None) -> list[Step]:
    """The crop with the circular shift."""
    if not (crop_frames or config.roll):
        return []

    def crop(features: Tensor, random: Generator) -> Tensor:
        return spectrogram.crop(features, crop_frames or features.shape[-1], random, config.roll)

    return [_plain("crop", crop)]


def _on_log_power(config: TrainConfig, offset: float) -> list[Step]:
    """What changes one clip's log power, as if the recording had been changed."""
    steps = []
    if config.gain_db:
        steps.append(
            _plain("gain", lambda x, random: spectrogram.gain(x, config.gain_db, random, offset=offset))
        )
    if config.eq_db:
        equalise = partial(spectrogram.equalise, most_db=config.eq_db, offset=offset)
        steps.append(_plain("equaliser", lambda x, random: equalise(x, random=random)))
    return steps


def _flips(config: TrainConfig) -> list[Step]:
    """What turns one clip around."""
    steps = []
    if config.flip_time:
        steps.append(
            _plain("flip-time", lambda x, random: spectrogram.flip_time(x, config.flip_time, random))
        )
    if config.flip_frequency:
        flip = spectrogram.flip_frequency
        steps.append(_plain("flip-frequency", lambda x, random: flip(x, config.flip_frequency, random)))
    return steps


ON_BANDS = {  # what a model that hears the waveform itself can't be given: there are no bands and no frames
    "gain_db": ("gain_db",),  # each clip is brought to one level
    "eq_db": ("eq_db",),
    "flip_frequency": ("flip_frequency",),
    "time_masks": ("time_masks", "time_mask_frames"),
    "frequency_masks": ("frequency_masks", "frequency_mask_bands"),
}


def unused(config: TrainConfig) -> list[str]:
    """Settings for bands and frames that are left at their defaults. Raises ConfigError for those that were set."""
    active = {name: parts for name, parts in ON_BANDS.items() if all(getattr(config, one) for one in parts)}
    usual = TrainConfig()
    wanted = [
        one for parts in active.values() for one in parts if getattr(config, one) != getattr(usual, one)
    ]
    if wanted:
        raise ConfigError(
            f"{', '.join(wanted)}: {config.model} hears the waveform itself, each clip at one level, and can't take "
            "this. Leave it as it is or set it to 0; speeds, roll, flip_time, mixup, cutmix, noise, background, "
            "stretch and pitch work on waveforms too."
        )
    return list(active)


def _mixup(
    config: TrainConfig,
    mix: Callable[..., tuple[Tensor, Tensor]],
    features: Tensor,
    targets: Tensor,
    random: Generator,
) -> tuple[Tensor, Tensor]:
    return mix(features, targets, config.mixup, config.mixup_alpha, random)


def _mixes(config: TrainConfig, mixup: Callable[..., tuple[Tensor, Tensor]]) -> list[Step]:
    """What mixes clips of the batch."""
    steps = []
    if config.mixup:
        steps.append(_mixing("mixup", partial(_mixup, config, mixup)))
    if config.cutmix:
        steps.append(
            _mixing(
                "cutmix", lambda x, y, random: mixing.cutmix(x, y, config.cutmix, config.mixup_alpha, random)
            )
        )
    return steps


def _masks(config: TrainConfig) -> list[Step]:
    """SpecAugment's masks."""
    steps = []
    for name, dim, count, widest in (
        ("frequency-mask", 2, config.frequency_masks, config.frequency_mask_bands),
        ("time-mask", 3, config.time_masks, config.time_mask_frames),
    ):
        if count and widest:
            steps.append(Step(name, partial(_mask, dim, count, widest)))
    return steps


def _mask(
    dim: int, count: int, widest: int, features: Tensor, targets: Tensor, fill: Tensor, random: Generator
) -> tuple[Tensor, Tensor]:
    size = features.shape[dim]
    if dim == 3:
        widest = min(widest, max(1, round(MASKED * size)))
    widest = min(widest, (size - 1) // count)  # something of every clip is left to learn its label from
    return spectrogram.mask(features, dim, count, widest, fill, random), targets


def load_background(folder: Path, sample_rate: int) -> np.ndarray:
    """All recordings of a folder one after another, float32 `(samples,)`, up to ten minutes. Raises ConfigError."""
    parts: list[np.ndarray] = []
    room = BACKGROUND_SECONDS * sample_rate
    for path in audio_files(folder) if folder.is_dir() else []:
        try:
            parts.append(beginning(path, sample_rate, room))
        except Undecodable:
            continue
        room -= len(parts[-1])
        if room <= 0:
            break
    if not parts:
        raise ConfigError(f"background is {str(folder)!r}, but no recording could be read there.")
    return np.concatenate(parts)
