"""The log-power front ends in matrix products alone, for runtimes whose Fourier transform is slow or absent.

A transform of N = A · B samples is two small ones with a twiddle between (Cooley and Tukey 1965): 1024 = 32 · 32 costs
131 thousand multiplications a frame, an eighth of the plain matrix. ONNX Runtime spends most of a small network's time
in its own DFT otherwise. The numbers are those of `LogMel` to rounding.
"""

import math
from typing import TypeGuard

import torch
from torch import Tensor, nn

from audio.features.logmel import LogMel

MOST_PIECES = 64  # of a frame, when frames are cut from pieces that hop and window share


def in_products(frontend: nn.Module) -> TypeGuard[LogMel]:
    """Whether a front end can be had that way: one that computes its log power as `LogMel` does."""
    own = type(frontend)
    return isinstance(frontend, LogMel) and all(
        getattr(own, name) is getattr(LogMel, name) for name in ("forward", "_log_mel")
    )


def factors(count: int) -> tuple[int, int]:
    """The two factors of a number that are closest to each other, the larger one last."""
    first = next(f for f in range(math.isqrt(count), 0, -1) if count % f == 0)
    return first, count // first


class MatrixSpectrum(nn.Module):
    """Frames `(batch, frame, n_fft)` → power in filter bands `(batch, frame, band)`.

    Sample n = B · n1 + n2 and bin k = k1 + A · k2: a transform over n1 for each n2, a twiddle, one over n2.
    """

    window: Tensor
    first: Tensor
    real: Tensor
    imaginary: Tensor
    second: Tensor
    bank: Tensor

    def __init__(self, n_fft: int, window: Tensor, bank: Tensor):
        """`window` `(n_fft,)`; `bank` `(bin, band)` with n_fft // 2 + 1 bins."""
        super().__init__()
        self.a, self.b = factors(n_fft)
        n1, n2 = torch.arange(self.a).double(), torch.arange(self.b).double()
        k2 = torch.arange(self.b // 2 + 1).double()
        self.register_buffer("window", window)
        first = -2 * math.pi * n1[:, None] * n1 / self.a  # (n1, k1)
        self.register_buffer("first", torch.cat([first.cos(), first.sin()], dim=1).float())  # (n1, 2 · k1)
        twiddle = -2 * math.pi * n2[:, None] * n1 / n_fft  # (n2, k1)
        self.register_buffer("real", twiddle.cos().float())
        self.register_buffer("imaginary", twiddle.sin().float())
        second = -2 * math.pi * n2[:, None] * k2 / self.b  # (n2, k2)
        cos, sin = second.cos(), second.sin()
        both = torch.cat([torch.cat([cos, sin], dim=1), torch.cat([-sin, cos], dim=1)])
        self.register_buffer("second", both.float())  # (2 · n2, 2 · k2)
        self.register_buffer("bank", self._reorder(bank, len(k2), n_fft))

    def _reorder(self, bank: Tensor, columns: int, n_fft: int) -> Tensor:
        """The bank's rows where (k1, k2) lies, zeros where no bin of the lower half is: `(k1 · k2, band)`."""
        bins = torch.arange(self.a)[:, None] + self.a * torch.arange(columns)
        there = bins <= n_fft // 2
        rows = bank[bins.clamp_max(n_fft // 2)] * there[..., None]
        return rows.flatten(0, 1).contiguous()

    def forward(self, frames: Tensor) -> Tensor:
        batch, count = frames.shape[:2]
        x = (frames * self.window).reshape(batch, count, self.a, self.b).transpose(2, 3)  # (…, n2, n1)
        y = x @ self.first  # (…, n2, 2 · k1)
        re, im = y[..., : self.a], y[..., self.a :]
        turned = [re * self.real - im * self.imaginary, re * self.imaginary + im * self.real]
        z = torch.cat(turned, dim=2).transpose(2, 3) @ self.second  # (…, k1, 2 · k2)
        half = z.shape[-1] // 2
        power = z[..., :half].square() + z[..., half:].square()  # (…, k1, k2)
        return power.flatten(2) @ self.bank


class MatrixFrontEnd(nn.Module):
    """A `LogMel`, or a front end made from it: `(batch, time)` → normalised features, without a Fourier operator."""

    def __init__(self, frontend: LogMel):
        super().__init__()
        self.frontend = frontend
        self.spectrum = MatrixSpectrum(frontend.n_fft, frontend.window, frontend.bank[::2])

    def forward(self, waveform: Tensor) -> Tensor:
        layer = self.frontend
        waveform = layer.levelled(waveform)
        half = layer.n_fft // 2
        mode = "reflect" if waveform.shape[-1] > half else "constant"
        padded = nn.functional.pad(waveform, (half, half), mode=mode)
        power = self.spectrum(cut(padded, layer.n_fft, layer.hop_length))
        features = (power + layer.log_offset).log().transpose(1, 2).unsqueeze(1)
        return layer.normalise(features)


def cut(waveform: Tensor, length: int, hop: int) -> Tensor:
    """`(batch, time)` → `(batch, frame, length)` from pieces that length and hop share: no index table in the file."""
    piece = math.gcd(length, hop)
    if length // piece > MOST_PIECES:
        return waveform.unfold(-1, length, hop)
    frames = 1 + (waveform.shape[-1] - length) // hop
    whole = waveform[:, : (waveform.shape[-1] // piece) * piece].reshape(waveform.shape[0], -1, piece)
    step = hop // piece
    return torch.cat(
        [whole[:, i : i + (frames - 1) * step + 1 : step] for i in range(length // piece)], dim=2
    )


class Exportable(nn.Module):
    """A classifier whose front end is made of matrix products: `(batch, time)` → logits, as the classifier's."""

    def __init__(self, classifier: nn.Module, frontend: LogMel):
        super().__init__()
        self.features = MatrixFrontEnd(frontend)
        self.backbone = classifier.get_submodule("backbone")

    def forward(self, waveform: Tensor) -> Tensor:
        return self.backbone(self.features(waveform)).float()
