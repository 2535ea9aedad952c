"""The log-power front ends in matrix products alone, for runtimes whose Fourier transform is slow or absent.

A transform of N = A · B samples is two small ones (Cooley and Tukey 1965), the factors between them being part of the
second; of a real signal half of the first is enough. 1024 = 32 · 32 costs 100 thousand multiplications a frame, a tenth
of the plain matrix, and passes over the frames five times. ONNX Runtime spends most of a small network's time in its
own DFT otherwise. The numbers are those of `LogMel` to rounding.
"""

import math
from typing import TypeGuard

import numpy as np
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


def cosines(whole: int) -> np.ndarray:
    """cos(2π · j / whole) for each j, float32."""
    return np.cos(2 * np.pi * np.arange(whole) / whole).astype(np.float32)


def turns(first: int, second: int, bins: int) -> np.ndarray:
    """e^(−2πi · n · k / N), N = first · second, n < second, k = k1 + first · k2, as real products.

    float32 `(k1, 2 · n, 2 · k2)` for k1 ≤ first / 2 and k2 < bins: a row of real parts and imaginary ones times it is
    that of the turned sums. Where N is a multiple of 4 they are all of N cosines, which `audio.export.compact` keeps.
    """
    whole = first * second
    k = np.arange(first // 2 + 1)[:, None, None] + first * np.arange(bins)
    at = np.arange(second)[:, None] * k % whole  # (k1, n, k2)
    table = cosines(whole)
    cos = table[at]
    sin = -table[(at + whole // 4) % whole] if whole % 4 == 0 else np.sin(2 * np.pi * at / whole)
    return np.concatenate(
        [np.concatenate([cos, -sin], axis=2), np.concatenate([sin, cos], axis=2)], axis=1
    ).astype(np.float32)


class MatrixSpectrum(nn.Module):
    """Frames `(batch, frame, n_fft)` → power in filter bands `(batch, frame, band)`.

    Sample n = B · n1 + n2 and bin k = k1 + A · k2: a transform over n1 for each n2, then one over n2 for each k1. Those
    with k1 ≤ A / 2 hold every bin, a bin above half the rate as its mirror image.
    """

    window: Tensor
    first: Tensor
    second: Tensor
    bank: Tensor

    def __init__(self, n_fft: int, window: Tensor, bank: Tensor):
        """`window` `(n_fft,)`; `bank` `(bin, band)` with n_fft // 2 + 1 bins."""
        super().__init__()
        self.a, self.b = factors(n_fft)
        self.columns = (
            self.b if self.a > 2 else self.b // 2 + 1
        )  # with A of 1 or 2 each k1 holds its own mirror images
        k1, n1 = torch.arange(self.a // 2 + 1).double(), torch.arange(self.a).double()
        angle = 2 * math.pi * k1[:, None] * n1 / self.a
        both = torch.stack([angle.cos(), -angle.sin()], dim=1).flatten(0, 1)
        self.register_buffer("window", window)
        self.register_buffer("first", both.float())  # (k1 · 2, n1)
        self.register_buffer("second", torch.from_numpy(turns(self.a, self.b, self.columns)))
        self.register_buffer("bank", self._reordered(bank, n_fft))

    def _reordered(self, bank: Tensor, n_fft: int) -> Tensor:
        """The bank's rows where (k1, k2) lies, each bin once: `(k1 · k2, band)`."""
        k1, half = torch.arange(self.a // 2 + 1)[:, None], n_fft // 2
        bins = k1 + self.a * torch.arange(self.columns)
        own = (k1 == 0) | (2 * k1 == self.a)  # whose mirror images are there too
        rows = bank[torch.where(bins <= half, bins, n_fft - bins)]
        return (rows * ~(own & (bins > half))[..., None]).flatten(0, 1).contiguous()

    def forward(self, frames: Tensor) -> Tensor:
        batch, count = frames.shape[:2]
        x = (frames * self.window).reshape(batch, count, self.a, self.b)
        y = self.first @ x  # (…, k1 · 2, n2)
        y = y.reshape(batch, count, self.a // 2 + 1, 2 * self.b).transpose(1, 2)  # (batch, k1, frame, 2 · n2)
        z = y @ self.second  # (batch, k1, frame, 2 · k2)
        power = z[..., : self.columns].square() + z[..., self.columns :].square()
        return power.transpose(1, 2).flatten(2) @ self.bank


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
