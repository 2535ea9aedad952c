"""The augmentations that come along, each made from a configuration as a function of a batch.

`audio.catalogue` says what each works on, and which parameters switch it on.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Generator, Tensor

from audio.augment import mixing, spectrogram, waveform
from audio.augment.hiss import Hiss
from audio.config import TrainConfig
from audio.datasets.contract import audio_files
from audio.errors import ConfigError
from audio.features.contract import LOG_POWER
from audio.features.registry import build_frontend
from audio.io.decoding import beginning
from audio.io.reading import Undecodable

BACKGROUND_SECONDS = 600  # of background sound that is kept in memory

Change = Callable[[Tensor, Generator], Tensor]  # of a batch
Mix = Callable[[Tensor, Tensor, Generator], tuple[Tensor, Tensor]]  # of features and targets
Fill = Callable[[Tensor, Tensor, Generator], Tensor]  # of features, with what is shown instead


@dataclass(frozen=True)
class Sound:
    """What an augmentation is made for."""

    config: TrainConfig
    domain: str  # of the features
    offset: float  # power that was added under their logarithm
    sample_rate: int  # Hz
    device: torch.device


def stretch(sound: Sound) -> Change:
    return lambda waves, random: waveform.stretch(waves, sound.config.stretch, random)


def pitch(sound: Sound) -> Change:
    return lambda waves, random: waveform.shift_pitch(waves, sound.config.pitch, random)


def background(sound: Sound) -> Change:
    """Raises ConfigError when there is no recording."""
    config = sound.config
    bank = torch.from_numpy(load_background(Path(config.background), sound.sample_rate)).to(sound.device)
    share, low, high = config.background_probability, config.snr_low_db, config.snr_high_db
    return lambda waves, random: waveform.add_background(waves, bank, share, low, high, random)


def noise(sound: Sound) -> Change:
    config = sound.config
    low, high = config.snr_low_db, config.snr_high_db
    return lambda waves, random: waveform.add_noise(waves, config.noise, low, high, random)


def spectral_noise(sound: Sound) -> Change:
    """Raises ConfigError where the front end has no filter bank."""
    config = sound.config
    bank = getattr(build_frontend(config, sound.sample_rate), "bank", None)
    if bank is None:
        raise ConfigError(
            f"spectral_noise: frontend={config.frontend} has no filter bank; use noise, which is added to the waveform."
        )
    hiss, share = Hiss(bank[::2]), config.spectral_noise  # whose rows stand twice
    low, high, level = config.snr_low_db, config.snr_high_db, config.loudness is not None
    return lambda x, random: hiss(x, share, low, high, random, sound.offset, level)


def gain(sound: Sound) -> Change:
    most = sound.config.gain_db
    return lambda x, random: spectrogram.gain(x, most, random, offset=sound.offset)


def power_gain(sound: Sound) -> Change:
    most, share = sound.config.power_gain, sound.config.power_gain_probability
    return lambda x, random: spectrogram.power_gain(x, most, share, random, sound.offset)


def power_noise(sound: Sound) -> Change:
    deviation, share = sound.config.power_noise, sound.config.power_noise_probability
    return lambda x, random: spectrogram.power_noise(x, deviation, share, random, sound.offset)


def equaliser(sound: Sound) -> Change:
    most = sound.config.eq_db
    return lambda x, random: spectrogram.equalise(x, most_db=most, random=random, offset=sound.offset)


def flip_time(sound: Sound) -> Change:
    return lambda x, random: spectrogram.flip_time(x, sound.config.flip_time, random)


def flip_frequency(sound: Sound) -> Change:
    return lambda x, random: spectrogram.flip_frequency(x, sound.config.flip_frequency, random)


def mixup(sound: Sound) -> Mix:
    """Power is added of logarithms of power, and the numbers themselves of anything else."""
    mix = mixing.mixup if sound.domain == LOG_POWER else mixing.mixup_waveforms
    return lambda x, y, random: mix(x, y, sound.config.mixup, sound.config.mixup_alpha, random)


def cutmix(sound: Sound) -> Mix:
    return lambda x, y, random: mixing.cutmix(x, y, sound.config.cutmix, sound.config.mixup_alpha, random)


def frequency_mask(sound: Sound) -> Fill:
    count, widest = sound.config.frequency_masks, sound.config.frequency_mask_bands
    return partial(_masked, sound, 2, count, widest)


def time_mask(sound: Sound) -> Fill:
    """No wider than `time_mask_share` of the clip: the p of SpecAugment (Park et al. 2019)."""
    config = sound.config

    def masked(x: Tensor, fill: Tensor, random: Generator) -> Tensor:
        widest = min(config.time_mask_frames, max(1, round(config.time_mask_share * x.shape[3])))
        return _masked(sound, 3, config.time_masks, widest, x, fill, random)

    return masked


def _masked(
    sound: Sound, dim: int, count: int, widest: int, x: Tensor, fill: Tensor | float, random: Generator
) -> Tensor:
    """Something of every clip is left to learn its label from."""
    config = sound.config
    widest = min(widest, (x.shape[dim] - 1) // count)
    if config.mask_fill == "silence":  # no power, of which the logarithm is that of what was added
        fill = math.log(max(sound.offset, 1e-12)) if sound.domain == LOG_POWER else 0.0
    return spectrogram.mask(x, dim, count, widest, fill, random, config.mask_least, config.mask_probability)


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
