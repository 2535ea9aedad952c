"""The augmentations a training run asked for, as named steps in order: first on waveforms, then on features.

Those that come along are switched on by parameters of their own; those of plugins are named in `augmentations`, and
follow them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor

from audio import registry
from audio.augment import spectrogram
from audio.augment.steps import Sound
from audio.config import TrainConfig
from audio.distributed import SingleProcess
from audio.errors import ConfigError, PluginError
from audio.features.contract import FEATURES, LOG_POWER, WAVEFORM
from audio.registry import Entry

BANDS = "bands"  # what works on features that have bands and frames
PLACES = (WAVEFORM, FEATURES, LOG_POWER, BANDS)  # what an augmentation may work on


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
        domain: str = LOG_POWER,
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
        self.unused = unused(config, domain)
        sound = Sound(config, domain, offset, sample_rate, device or torch.device("cpu"))
        self.steps = _where_it_matters(config, crop_frames)
        for entry in wanted(config):
            if _place(entry) == WAVEFORM:
                self.waveform_steps.append((entry.name, _made(entry, sound)))
            elif fits(entry, domain):
                self.steps.append(_step(entry, _made(entry, sound)))

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


def wanted(config: TrainConfig) -> Iterator[Entry]:
    """The augmentations that are switched on, in order."""
    for name in registry.augmentations.names_in_order():
        entry = registry.augmentations.entry(name)
        by = entry.options.get("by")
        if by and all(getattr(config, one) for one in by):
            yield entry
    yield from (registry.augmentations.entry(name) for name in config.augmentations)


def fits(entry: Entry, domain: str) -> bool:
    """Whether features of that domain can take it."""
    place = _place(entry)
    return place in (WAVEFORM, FEATURES, domain) or (place == BANDS and domain != WAVEFORM)


def _place(entry: Entry) -> str:
    place = str(entry.options.get("on", FEATURES))
    if place not in PLACES:
        raise PluginError(
            f"The augmentation {entry.name!r} ({entry.where}) is registered with on={place!r}; "
            f"it can be {', '.join(map(repr, PLACES))}."
        )
    return place


def _made(entry: Entry, sound: Sound) -> Callable[..., Any]:
    """The function of a batch: one that comes along is made for the configuration, a plugin's is that function."""
    apply: Callable[..., Any] = entry.loaded
    return apply(sound) if entry.options.get("by") else _held(entry, apply)


def _held(entry: Entry, apply: Callable[..., Any]) -> Callable[..., Any]:
    """A plugin's function, held to giving a batch of the shape it was given. Raises PluginError."""

    def changed(batch: Tensor, *more: Tensor | Generator) -> Any:
        found = apply(batch, *more)
        first = found[0] if isinstance(found, tuple) and len(found) == 2 else found
        if not isinstance(first, Tensor) or first.shape != batch.shape:
            given = tuple(first.shape) if isinstance(first, Tensor) else type(first).__name__
            raise PluginError(
                f"The augmentation {entry.name!r} ({entry.where}) was given a batch {tuple(batch.shape)} and gives "
                f"{given}; it must return a batch of the same shape."
            )
        return found

    return changed


def _step(entry: Entry, apply: Callable[..., Any]) -> Step:
    """As a step of the chain, whatever it takes."""
    if entry.options.get("mixes"):
        return Step(entry.name, lambda x, y, fill, random: apply(x, y, random), mixes=True)
    if entry.options.get("fills"):
        return Step(entry.name, lambda x, y, fill, random: (apply(x, fill, random), y))
    return Step(entry.name, lambda x, y, fill, random: (apply(x, random), y))


def _where_it_matters(config: TrainConfig, crop_frames: int | None) -> list[Step]:
    """The crop with the circular shift."""
    if not (crop_frames or config.roll):
        return []

    def crop(features: Tensor, targets: Tensor, fill: Tensor, random: Generator) -> tuple[Tensor, Tensor]:
        return spectrogram.crop(features, crop_frames or features.shape[-1], random, config.roll), targets

    return [Step("crop", crop)]


def unused(config: TrainConfig, domain: str) -> list[str]:
    """Settings that features of that domain can't take and that are left at their defaults.

    Raises ConfigError for those that were set, and for an augmentation of a plugin.
    """
    left = [entry for entry in wanted(config) if not fits(entry, domain)]
    usual = TrainConfig()
    by = [one for entry in left for one in entry.options.get("by", ())]
    if set_by_hand := [one for one in by if getattr(config, one) != getattr(usual, one)]:
        heard = "the waveform itself, each clip at one level" if domain == WAVEFORM else "no log power"
        raise ConfigError(
            f"{', '.join(set_by_hand)}: {config.model} hears {heard}, and can't take "
            "this. Leave it as it is or set it to 0; speeds, roll, flip_time, mixup, cutmix, noise, background, "
            "stretch and pitch work on waveforms too."
        )
    if named := [entry for entry in left if not entry.options.get("by")]:
        raise ConfigError(
            f"The augmentation {named[0].name} works on {named[0].options['on']}, and these features are "
            f"{domain}: leave it out of augmentations, or use another frontend or model."
        )
    return [entry.options["by"][0] for entry in left]
