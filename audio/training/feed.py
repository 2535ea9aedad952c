"""What a training run is fed: positions of clips in, features and targets out.

Features come from a cache (on a CPU, where the front end costs more than a small network), or are computed for each
batch from waveforms in the memory map or on the device.
"""

import pandas as pd
import torch
from torch import Generator, Tensor

from audio.augment.chain import Augment, Group
from audio.augment.copies import Copies
from audio.clips.device_waves import DeviceWaves, wanted
from audio.clips.store import ClipStore
from audio.clips.waves import Waves, clip_frames
from audio.config import TrainConfig
from audio.models import Classifier

CACHE_LIMIT = 3 * 2**30  # bytes of cached features above which `auto` computes them per batch


class Feed:
    """Clips as they are: the validation side, and what both sides share."""

    def __init__(
        self,
        config: TrainConfig,
        store: ClipStore,
        rows: pd.DataFrame,
        model: Classifier,
        device: torch.device,
        frames: int | None = None,
    ):
        """`frames`: samples that every clip is cut or filled to; None: what `clip_frames` says of these rows."""
        self.config, self.model, self.device = config, model, device
        frames = frames or clip_frames(config.clip_seconds, rows, store.sample_rate)
        kind = DeviceWaves if wanted(config, device, int(rows["frames"].sum())) else Waves
        self.waves = kind(store, rows, frames, config.fill, device)
        self.targets = torch.from_numpy(store.targets(rows)).to(device)
        self.cache: dict[float, Tensor] = {}

    def __len__(self) -> int:
        return len(self.waves)

    @property
    def indexed_on(self) -> torch.device:
        """Where positions of clips are looked up: asking a GPU for a number makes the CPU wait for it."""
        return self.device if isinstance(self.waves, DeviceWaves) and not self.cache else torch.device("cpu")

    def keep(self, speeds: list[float]) -> None:
        """Compute the features at these playback speeds once and for all."""
        if len(self):
            self.cache = {s: compute_features(self.model, self.waves, s) for s in sorted(set(speeds))}

    def plain(self, indices: Tensor) -> Tensor:
        """`(batch, channel, band, frame)` features of whole clips, without augmentation."""
        if 1.0 in self.cache:
            return self.cache[1.0][indices].to(self.device).float()
        return self.model.features(self.waves.gather(indices))


class TrainingFeed(Feed):
    """Clips and their copies at random speeds, augmented. Fits the front end's mean and deviation to them."""

    def __init__(
        self,
        config: TrainConfig,
        store: ClipStore,
        rows: pd.DataFrame,
        model: Classifier,
        device: torch.device,
        frames: int | None = None,
    ):
        self.copies = config.copies if config.augment else []
        frames = frames or clip_frames(config.clip_seconds, rows, store.sample_rate)
        copied = pd.concat([rows] * (1 + len(self.copies)))
        super().__init__(config, store, copied, model, device, frames)
        if self.copies:
            self.waves.change = Copies(config, len(rows))
        crop, rate = config.crop_seconds, store.sample_rate
        frontend = model.frontend
        self.augment = Augment(
            config,
            frontend.frames(round(crop * rate)) if crop else None,
            domain=frontend.domain,
            offset=frontend.settings.get("log_offset", 0.0),
            sample_rate=rate,
            device=device,
        )
        self.speeds = config.speeds if config.augment else [1.0]
        if self._is_worth_caching():
            self.keep(self.speeds)
        some = self.cache.get(1.0)
        if some is None:
            step = max(1, len(self) // 512)
            some = torch.cat([self.plain(part) for part in torch.arange(0, len(self), step).split(64)])
        frontend.fit(some)
        self.fill = frontend.level  # what masks are filled with

    def _is_worth_caching(self) -> bool:
        config = self.config
        if self.model.frontend.domain == "waveform":  # it would be the store once more
            return False
        if config.feature_cache != "auto":
            return config.feature_cache == "on"
        if self.device.type != "cpu" or config.changes_waveforms():
            return False
        return cache_bytes(self.model, self.waves, len(self.speeds)) <= CACHE_LIMIT

    def batch(
        self, indices: Tensor, random: Generator, dice: Generator, group: Group | None = None
    ) -> tuple[Tensor, Tensor]:
        """Features `(batch, channel, band, frame)` and targets `(batch, classes)` of some clips, augmented.

        Each clip is at a speed of its own. `random` draws on the device; `dice` on the host, where a number drawn on a
        GPU would have to be waited for. `group`: those who have the other parts of the batch.
        """
        draws = torch.randint(len(self.speeds), (len(indices),), generator=dice)
        features = self._cached(indices, draws) if self.cache else self._computed(indices, draws, random)
        return self.augment(features, self.targets[indices], self.fill, random, group)

    def _computed(self, indices: Tensor, draws: Tensor, random: Generator) -> Tensor:
        """One resampling for all clips of a speed."""
        waves = None
        for draw in sorted(set(draws.tolist())):
            chosen = (draws == draw).nonzero()[:, 0].to(indices.device, non_blocking=True)
            some = self.waves.gather(indices[chosen], self.speeds[draw])
            waves = some.new_empty(len(indices), some.shape[1]) if waves is None else waves
            waves[chosen.to(some.device)] = some
        assert waves is not None
        return self.model.features(self.augment.on_waveforms(waves, random))

    def _cached(self, indices: Tensor, draws: Tensor) -> Tensor:
        pairs = zip(draws.tolist(), indices.tolist(), strict=True)
        return torch.stack([self.cache[self.speeds[d]][i] for d, i in pairs]).to(self.device).float()


def compute_features(model: Classifier, waves: Waves, speed: float = 1.0, batch: int = 64) -> Tensor:
    """Features of all clips at one speed, float16 `(clips, 1, mel, frame)` on the CPU."""
    parts = [
        model.features(waves.gather(part, speed)).half().cpu()
        for part in torch.arange(len(waves)).split(batch)
    ]
    return torch.cat(parts)


def cache_bytes(model: Classifier, waves: Waves, speeds: int) -> int:
    """Memory that the features of all clips at so many speeds would take."""
    return 2 * len(waves) * speeds * model.frontend.stored_bands * model.frontend.frames(waves.frames)
