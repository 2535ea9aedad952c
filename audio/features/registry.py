"""The front ends there are, by name: log-mel, log-power spectrum, PCEN and MFCC, each with or without deltas.

All start from the log power of a filter bank (`audio.features.logmel`), which is what is cached and augmented; they
differ in the bank and in the last step. Those that share a bank can stand side by side: `logmel+pcen`.
"""

import inspect
from typing import Any

import torch
import torchaudio
from torch import Tensor

from audio.config import TrainConfig
from audio.errors import ConfigError
from audio.features.logmel import LogMel
from audio.features.stacked import SideBySide
from audio.named import by_name, names_in


class LogSpectrum(LogMel):
    """`(batch, time)` → log power of every bin of the Fourier transform, `n_fft // 2 + 1` bands."""

    name = "stft"

    def _bank(self) -> Tensor:
        return torch.eye(self.settings["n_fft"] // 2 + 1)


class PCEN(LogMel):
    """Per-channel energy normalisation (Wang et al. 2017, arXiv:1607.05666): each band over its own recent past.

    `(E / (eps + M) ** gain + bias) ** power - bias ** power`, where M is E smoothed by a first-order filter that
    starts at the first frame. The settings' defaults are those of `librosa.pcen`.
    """

    name = "pcen"

    def __init__(
        self,
        *args: Any,
        pcen_gain: float = 0.98,
        pcen_bias: float = 2.0,
        pcen_power: float = 0.5,
        pcen_seconds: float = 0.4,
        pcen_eps: float = 1e-6,
        **kwargs: Any,
    ):
        """`pcen_seconds` is the time constant of the smoothing."""
        super().__init__(*args, **kwargs)
        own = {
            "gain": pcen_gain,
            "bias": pcen_bias,
            "power": pcen_power,
            "seconds": pcen_seconds,
            "eps": pcen_eps,
        }
        self.settings |= {f"pcen_{key}": value for key, value in own.items()}

    @property
    def smoothing(self) -> float:
        """Share of the newest frame in M, as librosa derives it from the time constant."""
        frames = self.settings["pcen_seconds"] * self.settings["sample_rate"] / self.hop_length
        return float(((1 + 4 * frames**2) ** 0.5 - 1) / (2 * frames**2))

    def finish(self, features: Tensor) -> Tensor:
        settings, s = self.settings, self.smoothing
        energy = features.exp()
        frames = energy.movedim(-1, 0).contiguous()  # whole frames lie together: half the time on a CPU
        state, smooth = frames[0], []
        for frame in frames.unbind():
            state = torch.lerp(state, frame, s)
            smooth.append(state)
        level = torch.stack(smooth, dim=-1).add_(settings["pcen_eps"]).pow_(-settings["pcen_gain"])
        bias, power = settings["pcen_bias"], settings["pcen_power"]
        return super().finish((energy * level + bias) ** power - bias**power)


class MFCC(LogMel):
    """Mel-frequency cepstral coefficients: the orthonormal DCT-II of the log power, `n_mfcc` coefficients."""

    name = "mfcc"
    together = (0, 3)  # the first coefficients are many times as large as the last

    dct: Tensor

    def __init__(self, *args: Any, n_mfcc: int = 40, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if n_mfcc > self.settings["n_mels"]:
            raise ConfigError(f"n_mfcc ({n_mfcc}) is more than n_mels ({self.settings['n_mels']}).")
        self.settings["n_mfcc"] = n_mfcc
        dct = torchaudio.functional.create_dct(n_mfcc, self.settings["n_mels"], norm="ortho")
        self.register_buffer("dct", dct, persistent=False)  # (mel, coefficient)

    @property
    def bands(self) -> int:
        """Height of the finished features: coefficients."""
        return int(self.settings["n_mfcc"])

    def finish(self, features: Tensor) -> Tensor:
        return super().finish((features.transpose(2, 3) @ self.dct).transpose(2, 3))


KINDS: dict[str, type[LogMel]] = {kind.name: kind for kind in (LogMel, LogSpectrum, PCEN, MFCC)}


def _accepted(kind: type[LogMel]) -> set[str]:
    """Names of the settings that a front end's constructor takes."""
    return {name for base in kind.__mro__[:-1] for name in inspect.signature(base).parameters}


def build_frontend(config: TrainConfig, sample_rate: int) -> LogMel:
    """The front end that `config` asks for at a sample rate (Hz). Raises ConfigError, which lists those there are."""
    return _build(config.frontend, {**vars(config), "sample_rate": sample_rate})


def from_description(description: dict[str, Any]) -> LogMel:
    """The front end that `describe()` described, with its mean, deviation and level."""
    layer = _build(description["name"], {**description, "mel_norm": description["norm"]})
    layer.level.copy_(torch.tensor(description.get("level", 0.0)))
    if isinstance(layer, SideBySide):
        for part, mean, std in zip(layer.each, description["mean"], description["std"], strict=True):
            part._take(torch.tensor(mean), torch.tensor(std))
    else:
        layer._take(torch.tensor(description.get("mean", 0.0)), torch.tensor(description.get("std", 1.0)))
    return layer


def _build(names: str, settings: dict[str, Any]) -> LogMel:
    """The front end, or those whose names stand with a plus between them, with what they take of the settings."""
    parts = []
    for name in names_in(names):
        kind = by_name(KINDS, name, "front end")
        parts.append(kind(**{key: value for key, value in settings.items() if key in _accepted(kind)}))
    return parts[0] if len(parts) == 1 else SideBySide(parts)
