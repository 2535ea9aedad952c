"""The model's first layers: waveform to log-mel, on the batch, on the device, without a gradient.

Conventions, stated in `describe()` and kept in the checkpoint: periodic Hann window, reflected edges, frames centred
on multiples of the hop, power spectrum, mel bands as torchaudio makes them (`htk` or `slaney` scale, no norm or
`slaney` = bands of equal area), natural logarithm of power plus `log_offset`. With `slaney` and `slaney` this is
librosa's `feature.melspectrogram` (its window is the same; its edges are zeros by default).

On a CPU the exact faster form is used: frames → rfft → squares of the real view → a product with the filter bank
whose rows stand twice (for the real and the imaginary part), left out where the bank is zero. A few clips at a time
stay in the cache. Of 0.35 ms for five seconds the Fourier transform is half.
"""

from collections.abc import Callable
from typing import Any

import torch
import torchaudio
from torch import Tensor, nn

from audio.errors import ConfigError

LOG_OFFSET = 1e-6  # power; a full-scale sine has about 6e4
QUIETEST = -70.0  # dBFS of a window up to which it is brought to a loudness: what is below may be silence
CHUNK = 2  # clips at a time on a CPU
GROUP = 16  # mel bands of one product on a CPU: what the matrix library multiplies fastest, and few zeros


class LogMel(nn.Module):
    """`(batch, time)` float waveform in -1..1 → `(batch, 1, mel, frame)` log power.

    `normalise` is apart from `forward` so that features can be cached and augmented before it. Subclasses make
    other features of the same log power in `finish`, so that every augmentation and cache serves them all.
    """

    domain = "log power"  # what augmentation may assume of the features
    name = "logmel"
    together: tuple[int, ...] = (0, 2, 3)  # axes of the features that share a mean and a deviation

    window: Tensor
    bank: Tensor
    level: Tensor
    mean: Tensor
    std: Tensor

    def __init__(
        self,
        sample_rate: int = 22050,
        n_fft: int = 1024,
        win_length: int = 1024,
        hop_length: int = 512,
        n_mels: int = 64,
        f_min: float = 20.0,
        f_max: float | None = None,
        mel_scale: str = "htk",
        mel_norm: str = "none",
        log_offset: float = LOG_OFFSET,
        deltas: bool = False,
        standardise: bool = True,
        repeat: int = 1,
        loudness: float | None = None,
    ):
        """`sample_rate`, `f_min`, `f_max` in Hz; `n_fft`, `win_length`, `hop_length` in samples; `log_offset` power.

        `deltas` adds slope and curvature along time as second and third channel. `repeat`: channels that the same
        features stand in. Without `standardise` they stay as they are, whatever the training clips are like.
        `loudness`: level (dBFS, RMS) that each window is brought to; None: it is heard as it is.
        """
        super().__init__()
        f_max = f_max or sample_rate / 2
        if f_max > sample_rate / 2:
            raise ConfigError(f"f_max ({f_max:g} Hz) is above half the sample rate ({sample_rate / 2:g} Hz).")
        self.settings: dict[str, Any] = {
            "name": self.name,
            "sample_rate": sample_rate,
            "n_fft": n_fft,
            "win_length": win_length,
            "hop_length": hop_length,
            "window": "hann",
            "center": True,
            "pad_mode": "reflect",
            "power": 2.0,
            "n_mels": n_mels,
            "f_min": f_min,
            "f_max": f_max,
            "mel_scale": mel_scale,
            "norm": mel_norm,
            "log": "natural",
            "log_offset": log_offset,
            "deltas": deltas,
            "standardise": standardise,
            "repeat": repeat,
            "loudness": loudness,
        }
        self.n_fft, self.hop_length, self.log_offset = n_fft, hop_length, log_offset
        window = torch.hann_window(win_length)
        left = (n_fft - win_length) // 2
        self.register_buffer(
            "window", nn.functional.pad(window, (left, n_fft - win_length - left)), persistent=False
        )
        self.register_buffer(
            "bank", self._bank().repeat_interleave(2, dim=0), persistent=False
        )  # (2 · bin, band)
        self._groups = groups_of(self.bank)
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("std", torch.ones(()))
        self.register_buffer("level", torch.zeros(()))  # mean of the log power: what masks are filled with
        self.deltas = deltas
        self.repeat, self.standardise, self.loudness = repeat, standardise, loudness
        self.channels = 3 if deltas else repeat

    def _bank(self) -> Tensor:
        """The filter bank, `(bin, band)`. Raises ConfigError when a band would stay empty."""
        settings, norm = self.settings, self.settings["norm"]
        bank = torchaudio.functional.melscale_fbanks(
            settings["n_fft"] // 2 + 1,
            settings["f_min"],
            settings["f_max"],
            settings["n_mels"],
            settings["sample_rate"],
            norm=None if norm == "none" else norm,
            mel_scale=settings["mel_scale"],
        )
        if empty := int((bank.sum(0) == 0).sum()):
            raise ConfigError(
                f"{empty} of {settings['n_mels']} mel bands fall between the bins of an FFT of "
                f"{settings['n_fft']} samples; use a longer n_fft, fewer n_mels or a higher f_min."
            )
        return bank

    def describe(self) -> dict[str, Any]:
        """Everything needed to compute the same features elsewhere, JSON-ready."""
        numbers = {name: getattr(self, name).tolist() for name in ("mean", "std", "level")}
        return {**self.settings, **numbers}

    @property
    def bands(self) -> int:
        """Height of the features."""
        return int(self.bank.shape[1])

    @property
    def stored_bands(self) -> int:
        """Height of the log power, which `finish` may make something else of."""
        return int(self.bank.shape[1])

    def frames(self, samples: int) -> int:
        """Frames that so many samples give."""
        return 1 + samples // self.hop_length

    @torch.no_grad()
    def forward(self, waveform: Tensor) -> Tensor:
        """`(batch, time)` → `(batch, 1, mel, frame)`, not yet normalised."""
        with torch.autocast(waveform.device.type, enabled=False):
            waveform = self.levelled(waveform.float())
            # A loop over parts would fix the batch size in an exported graph.
            exported = torch.compiler.is_compiling() or torch.jit.is_tracing()
            if waveform.device.type == "cpu" and not exported:
                parts = [self._log_mel(part, self._in_groups) for part in waveform.split(CHUNK)]
                return torch.cat(parts).unsqueeze(1)
            return self._log_mel(waveform, self._at_once).unsqueeze(1)

    def levelled(self, waveform: Tensor) -> Tensor:
        """`(batch, time)` with every row at the loudness that is heard, if there is one.

        What is quieter than `QUIETEST` is raised no further than that is: pauses in a recording are no sounds.
        """
        if self.loudness is None:
            return waveform
        power = waveform.square().mean(dim=1, keepdim=True).clamp_min(10 ** (QUIETEST / 10))
        return waveform * (10 ** (self.loudness / 10) / power).sqrt()

    def _log_mel(self, waveform: Tensor, bands_of: Callable[[Tensor], Tensor]) -> Tensor:
        """`(batch, time)` → `(batch, mel, frame)`."""
        padded = with_edges(waveform, self.n_fft // 2)
        frames = padded.unfold(-1, self.n_fft, self.hop_length) * self.window  # (batch, frame, n_fft)
        spectrum = torch.view_as_real(torch.fft.rfft(frames))  # (batch, frame, bin, 2)
        power = bands_of(spectrum.square_().flatten(-2))  # (batch, frame, mel)
        return power.add_(self.log_offset).log_().transpose(1, 2)

    def _at_once(self, squares: Tensor) -> Tensor:
        """`(batch, frame, 2 · bin)` → `(batch, frame, mel)`: one product, for a GPU and for exports."""
        return squares @ self.bank

    def _in_groups(self, squares: Tensor) -> Tensor:
        """The same without most of the products by zero, for a CPU."""
        parts = [squares[..., rows] @ self.bank[rows, bands] for rows, bands in self._groups]
        return torch.cat(parts, dim=-1)

    def finish(self, features: Tensor) -> Tensor:
        """What the features are at last, from `(batch, 1, mel, frame)` log power: the same, with deltas if asked, or in
        several channels."""
        if self.deltas:
            return with_deltas(features)
        return features.expand(-1, self.repeat, -1, -1) if self.repeat > 1 else features

    def normalise(self, features: Tensor) -> Tensor:
        """Finished features with zero mean and unit deviation over the training clips, as `fit` took them."""
        with torch.autocast(features.device.type, enabled=False):
            return (self.finish(features.float()) - self.mean) / self.std

    def fit(self, features: Tensor) -> None:
        """Take level, mean and deviation from the log power of the training clips.

        The features' own are one number each, with deltas one for each channel (a slope is a tenth of what it is the
        slope of), and one for each coefficient of MFCC.
        """
        self.level.copy_(features.float().mean())
        if not self.standardise:
            return
        finished = torch.cat([self.finish(part.float()) for part in features.split(64)])
        deviation, mean = torch.std_mean(finished, dim=self.together, correction=0, keepdim=True)
        self._take(mean[0], deviation[0].clamp_min(1e-3))

    def _take(self, mean: Tensor, std: Tensor) -> None:
        """Mean and deviation `(channel, band, 1)`, either of one size where it is shared; or plain numbers."""
        for name, value in (("mean", mean), ("std", std)):
            kept = value.reshape(()) if value.numel() == 1 else value
            setattr(self, name, kept.to(getattr(self, name)).clone())

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        """Takes the numbers of a checkpoint in the shape that they have there: older ones have two for all channels."""
        for name in ("mean", "std"):
            kept = state_dict.get(prefix + name)
            if isinstance(kept, Tensor) and kept.shape != getattr(self, name).shape:
                setattr(self, name, torch.zeros_like(kept, device=getattr(self, name).device))
        super()._load_from_state_dict(state_dict, prefix, *rest)


def groups_of(bank: Tensor) -> list[tuple[slice, slice]]:
    """Neighbouring bands of a bank `(bin, band)` with the stretch of bins that they touch, `GROUP` at a time."""
    found = []
    for first in range(0, bank.shape[1], GROUP):
        bands = slice(first, min(first + GROUP, bank.shape[1]))
        touched = bank[:, bands].any(dim=1).nonzero()
        found.append((slice(int(touched[0]), int(touched[-1]) + 1), bands))
    return found


def with_edges(waveform: Tensor, width: int) -> Tensor:
    """`(batch, time)` with `width` samples mirrored at both ends; with zeros where it is shorter than that.

    On a CPU it is a third of the cost of torch's own reflection.
    """
    if waveform.shape[-1] <= width:
        return nn.functional.pad(waveform, (width, width))
    left, right = waveform[:, 1 : width + 1].flip(1), waveform[:, -width - 1 : -1].flip(1)
    return torch.cat([left, waveform, right], dim=1)


def with_deltas(features: Tensor) -> Tensor:
    """Features, their slope and their slope's slope as channels: `(batch, 1, band, frame)` → `(batch, 3, …)`."""
    slope = slope_of(features)
    return torch.cat([features, slope, slope_of(slope)], dim=1)


def slope_of(features: Tensor) -> Tensor:
    """HTK's regression over five frames with repeated edges, as torchaudio's `compute_deltas`.

    Whose grouped convolution fixes the batch size in an exported graph, and takes three times as long.
    """
    first, last, frames = features[..., :1], features[..., -1:], features.shape[-1]
    padded = torch.cat([first, first, features, last, last], dim=-1)
    near = padded[..., 3 : 3 + frames] - padded[..., 1 : 1 + frames]
    far = padded[..., 4 : 4 + frames] - padded[..., :frames]
    return 0.1 * near + 0.2 * far
