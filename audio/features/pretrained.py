"""The front ends that published encoders were trained with: wav2vec 2.0's, AST's and Whisper's.

They are part of those models, not a choice: a configuration's own feature settings don't apply to them.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torchaudio.compliance import kaldi

from audio.features.logmel import LogMel

AST_MEAN, AST_STD = (
    -4.2677393,
    4.5689974,
)  # of AudioSet, natural log power (Gong et al. 2021, their code's README)
AST_SILENCE = (0.0 - AST_MEAN) / (2 * AST_STD)  # what shorter clips are filled with after normalising


class Waveform(nn.Module):
    """No features: `(batch, time)` → `(batch, 1, 1, time)`, each clip normalised to zero mean and unit variance."""

    domain = "waveform"
    channels = bands = stored_bands = hop_length = 1
    mean: Tensor
    std: Tensor

    def __init__(self, sample_rate: int):
        super().__init__()
        self.settings: dict[str, Any] = {
            "name": "waveform",
            "sample_rate": sample_rate,
            "hop_length": 1,
            "normalised": "each clip to zero mean and unit variance",
        }
        self.register_buffer("mean", torch.zeros(()))  # what silence is, for masks
        self.register_buffer("std", torch.ones(()))

    @property
    def level(self) -> Tensor:
        """What masks are filled with."""
        return self.mean

    def forward(self, waveform: Tensor) -> Tensor:
        return waveform[:, None, None, :].float()

    def normalise(self, features: Tensor) -> Tensor:
        variance, mean = torch.var_mean(features, dim=-1, keepdim=True, correction=0)
        return (features - mean) / (variance + 1e-7).sqrt()

    def fit(self, features: Tensor) -> None:
        """Nothing to learn: every clip is normalised by itself."""

    def frames(self, samples: int) -> int:
        return samples

    def describe(self) -> dict[str, Any]:
        return dict(self.settings)


class KaldiBank(nn.Module):
    """Kaldi's log filter bank as AST takes it: `(batch, time)` → `(batch, 1, band, frame)` natural log power.

    25 ms frames every 10 ms without padding, mean removed, pre-emphasis 0.97, symmetric Hann window, power spectrum,
    HTK mel bands from 20 Hz to half the sample rate; the numbers of torchaudio.compliance.kaldi.fbank, on the batch.
    """

    domain = "log power"
    channels = 1
    window: Tensor
    bank: Tensor
    mean: Tensor
    std: Tensor

    def __init__(self, sample_rate: int, bands: int = 128):
        super().__init__()
        self.bands = self.stored_bands = bands
        self.win_length, self.hop_length = sample_rate // 40, sample_rate // 100
        self.n_fft = 2 ** math.ceil(math.log2(self.win_length))
        self.settings: dict[str, Any] = {
            "name": "kaldi",
            "sample_rate": sample_rate,
            "n_fft": self.n_fft,
            "win_length": self.win_length,
            "hop_length": self.hop_length,
            "window": "hann",
            "center": False,
            "power": 2.0,
            "preemphasis": 0.97,
            "n_mels": bands,
            "f_min": 20.0,
            "f_max": sample_rate / 2,
            "mel_scale": "htk",
            "norm": "none",
            "log": "natural",
            "log_offset": torch.finfo(torch.float).eps,
        }
        self.register_buffer("window", torch.hann_window(self.win_length, periodic=False), persistent=False)
        bank, _ = kaldi.get_mel_banks(bands, self.n_fft, sample_rate, 20.0, 0.0, 100.0, -500.0, 1.0)
        self.register_buffer("bank", nn.functional.pad(bank, (0, 1)).T.contiguous(), persistent=False)
        self.register_buffer("mean", torch.tensor(AST_MEAN))
        self.register_buffer("std", torch.tensor(2 * AST_STD))

    @property
    def level(self) -> Tensor:
        """What masks are filled with."""
        return self.mean

    @torch.no_grad()
    def forward(self, waveform: Tensor) -> Tensor:
        with torch.autocast(waveform.device.type, enabled=False):
            waveform = waveform.float()
            short = max(0, self.win_length - waveform.shape[-1])
            frames = nn.functional.pad(waveform, (0, short)).unfold(-1, self.win_length, self.hop_length)
            frames = frames - frames.mean(dim=-1, keepdim=True)
            before = torch.cat([frames[..., :1], frames[..., :-1]], dim=-1)
            spectrum = torch.fft.rfft((frames - 0.97 * before) * self.window, self.n_fft)
            power = spectrum.abs().square() @ self.bank  # (batch, frame, band)
            return power.clamp_min(self.settings["log_offset"]).log().transpose(1, 2).unsqueeze(1)

    def normalise(self, features: Tensor) -> Tensor:
        return (features - self.mean) / self.std

    def fit(self, features: Tensor) -> None:
        """AudioSet's mean and deviation stay: the encoder was trained with them."""

    def frames(self, samples: int) -> int:
        return 1 + max(0, samples - self.win_length) // self.hop_length

    def describe(self) -> dict[str, Any]:
        return {**self.settings, "mean": float(self.mean), "std": float(self.std)}


class WhisperMel(LogMel):
    """Whisper's log-mel: as `LogMel` until it is normalised; then the top 80 dB of each clip, about -1..1."""

    def __init__(self, sample_rate: int, bands: int = 80):
        super().__init__(
            sample_rate, 400, 400, 160, bands, 0.0, sample_rate / 2, "slaney", "slaney", log_offset=1e-10
        )
        self.settings["name"] = "whisper"

    def normalise(self, features: Tensor) -> Tensor:
        """Natural logarithm → base 10, cut off 8 below the clip's peak, plus 4, divided by 4."""
        decades = features / math.log(10)
        floor = decades.amax(dim=(1, 2, 3), keepdim=True) - 8.0
        return (torch.maximum(decades, floor) + 4.0) / 4.0

    def fit(self, features: Tensor) -> None:
        """Takes the level for masks only; every clip is normalised by itself."""
        self.level.copy_(features.float().mean())
