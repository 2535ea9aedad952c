"""Front ends on the log power of a filter bank: the plain spectrum, PCEN and MFCC, each with or without deltas."""

import math
from typing import Any

import torch
import torchaudio
from torch import Tensor

from audio.errors import ConfigError
from audio.features.logmel import LogMel


class LogSpectrum(LogMel):
    """`(batch, time)` → log power of every bin of the Fourier transform, `n_fft // 2 + 1` bands."""

    name = "stft"

    def _bank(self) -> Tensor:
        return torch.eye(self.settings["n_fft"] // 2 + 1)


class MelPower(LogMel):
    """The power of each mel band itself, without a logarithm: what torchaudio's `MelSpectrogram` gives.

    A few loud frames are thousands of times what the others are, and all that a network is told of a quiet sound is
    near zero. Kept and augmented as log power, as the others are.
    """

    name = "melpower"

    def finish(self, features: Tensor) -> Tensor:
        return super().finish((features.exp() - self.log_offset).clamp_min(0.0))


class MelDecibels(LogMel):
    """Decibels re a power of one, each clip down to `top_db` below its loudest: torchaudio's `AmplitudeToDB`."""

    name = "meldb"

    def __init__(self, *args: Any, top_db: float = 80.0, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.settings["top_db"] = top_db

    def finish(self, features: Tensor) -> Tensor:
        level = features * (10 / math.log(10))
        floor = level.amax(dim=(1, 2, 3), keepdim=True) - self.settings["top_db"]
        return super().finish(torch.maximum(level, floor))


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
