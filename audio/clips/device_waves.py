"""The clips' samples in the memory of the device that trains: batches are gathered there, by index.

The whole int16 array of a data set is small beside a GPU's memory (UrbanSound8K at 22.05 kHz: 1.5 GB), and no process
has to decode, stack or copy a batch. The same code runs on a CPU.
"""

from math import gcd

import torch
import torchaudio
from torch import Tensor

from audio.clips.waves import Waves
from audio.config import TrainConfig

SHARE = 0.4  # of the GPU's free memory that clips may take with `auto`
HUNDREDTHS = 100  # playback speeds are rounded to these: 0.87 is 87:100
TAPS, ROLLOFF = 24, 0.94  # half-width and edge of the interpolation filter: aliases lie below -80 dB


class DeviceWaves(Waves):
    """`Waves` whose samples lie on the device; `gather` never touches the host."""

    def __post_init__(self) -> None:
        super().__post_init__()
        lengths = torch.from_numpy(self.lengths.copy())
        starts = lengths.cumsum(0) - lengths
        self.samples = torch.empty(int(lengths.sum()), dtype=torch.int16, device=self.device)
        for offset, length, start in zip(self.offsets, self.lengths, starts.tolist(), strict=True):
            clip = torch.from_numpy(self.store.samples[offset : offset + length].copy())
            self.samples[start : start + length] = clip.to(self.device, non_blocking=True)
        self.starts = starts.to(self.device)
        self.levels = torch.from_numpy(self.scales / 32768.0).to(self.device)
        self.sizes = lengths.clamp_min(1).to(self.device)

    def gather(self, indices: Tensor, speed: float = 1.0) -> Tensor:
        """`(batch,)` positions → float32 `(batch, time)` on the device, at a playback speed (to a hundredth)."""
        indices = indices.to(self.device, non_blocking=True)
        up, down = fraction(speed)
        need = self.frames if up == down else -(-self.frames * up // down) + 2 * TAPS
        place = torch.arange(need, device=self.device).expand(len(indices), need)
        size = self.sizes[indices, None]
        inside = place if self.fill == "zero" else place % size
        inside = inside.minimum(size - 1)
        waves = self.samples[self.starts[indices, None] + inside].float() * self.levels[indices, None]
        if self.fill == "zero":
            waves = waves.masked_fill(place >= size, 0.0)
        if up != down:
            waves = torchaudio.functional.resample(
                waves, up, down, lowpass_filter_width=TAPS, rolloff=ROLLOFF
            )
        return self.changed(waves[:, : self.frames], indices, speed)


def fraction(speed: float) -> tuple[int, int]:
    """0.87 → (87, 100); 0.8 → (4, 5)."""
    up = max(1, round(speed * HUNDREDTHS))
    common = gcd(up, HUNDREDTHS)
    return up // common, HUNDREDTHS // common


def wanted(config: TrainConfig, device: torch.device, frames: int) -> bool:
    """Whether `frames` samples of sound are to lie on the device."""
    if config.store_on_device != "auto":
        return config.store_on_device == "on"
    if device.type != "cuda":
        return False
    free, _ = torch.cuda.mem_get_info(device)
    return 2 * frames <= SHARE * free
