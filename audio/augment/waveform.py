"""Augmentation of waveforms `(batch, time)`, float32 in -1..1, on their device."""

import torch
import torchaudio
from torch import Generator, Tensor

from audio.augment.spectrogram import uniform

FFT = 512  # samples of the phase vocoder's Fourier transform


def add_noise(
    waves: Tensor, probability: float, lowest_db: float, highest_db: float, random: Generator
) -> Tensor:
    """White noise at a signal-to-noise ratio drawn for each clip from `lowest_db` to `highest_db`."""
    noise = torch.randn(waves.shape, generator=random, device=waves.device)
    return mix_at(waves, noise, probability, lowest_db, highest_db, random)


def add_background(
    waves: Tensor, bank: Tensor, probability: float, lowest_db: float, highest_db: float, random: Generator
) -> Tensor:
    """Random stretches of `bank` `(samples,)`, which is looped, below each clip."""
    starts = torch.randint(len(bank), (len(waves), 1), generator=random, device=waves.device)
    index = (starts + torch.arange(waves.shape[1], device=waves.device)) % len(bank)
    return mix_at(waves, bank[index], probability, lowest_db, highest_db, random)


def mix_at(
    waves: Tensor, other: Tensor, probability: float, lowest_db: float, highest_db: float, random: Generator
) -> Tensor:
    """`waves` plus `other` at a drawn ratio of their powers; a silent clip stays silent."""
    ratio = uniform((len(waves), 1), lowest_db, highest_db, random)
    chosen = uniform((len(waves), 1), 0, 1, random) < probability
    power = waves.square().mean(1, keepdim=True)
    other_power = other.square().mean(1, keepdim=True).clamp_min(1e-12)
    scale = (power / other_power * 10 ** (-ratio / 10)).sqrt()
    return torch.where(chosen, waves + scale * other, waves)


def fit(waves: Tensor, frames: int) -> Tensor:
    """Cut or looped to `frames` samples."""
    if waves.shape[1] < frames:
        waves = waves.repeat(1, -(-frames // waves.shape[1]))
    return waves[:, :frames]


def stretched(waves: Tensor, rate: float) -> Tensor:
    """Played `rate` times as fast at the same pitch, by a phase vocoder."""
    if waves.shape[1] <= FFT:
        return waves
    window, hop = torch.hann_window(FFT, device=waves.device), FFT // 4
    spectrum = torch.stft(waves, FFT, hop, window=window, return_complex=True)
    advance = torch.linspace(0, torch.pi * hop, FFT // 2 + 1, device=waves.device)[:, None]
    spectrum = torchaudio.functional.phase_vocoder(spectrum, rate, advance)
    return torch.istft(spectrum, FFT, hop, window=window, length=round(waves.shape[1] / rate))


def stretch(waves: Tensor, most: float, random: Generator) -> Tensor:
    """Each clip's tempo changed by a factor of up to `1 + most` either way, looped to its length."""
    rates = (1 + most) ** uniform((len(waves),), -1, 1, random)
    pairs = zip(waves.split(1), rates.tolist(), strict=True)
    return torch.cat([fit(stretched(wave, rate), waves.shape[1]) for wave, rate in pairs])


def shift_pitch(waves: Tensor, semitones: float, random: Generator) -> Tensor:
    """Each clip's pitch changed by up to `semitones` either way at the same tempo, in whole percents."""
    ratios = (100 * 2 ** (uniform((len(waves),), -semitones, semitones, random) / 12)).round()
    pairs = zip(waves.split(1), ratios.int().tolist(), strict=True)
    return torch.cat([fit(_shifted(wave, ratio), waves.shape[1]) for wave, ratio in pairs])


def _shifted(wave: Tensor, percent: int) -> Tensor:
    slow = stretched(wave, 100 / percent)
    return torchaudio.functional.resample(slow, percent, 100, resampling_method="sinc_interp_kaiser")
