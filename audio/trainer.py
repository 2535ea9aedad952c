"""The state of one training run and its steps: batches, loss, optimiser, averaged weights, validation."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from audio import checkpoint as checkpoints
from audio.augment.audition import report_augmentations
from audio.augment.chain import Augment
from audio.batches import CACHE_LIMIT, Waves, cache_bytes, clip_frames, compute_features
from audio.config import TrainConfig
from audio.devices import autocast, pick_device
from audio.errors import CheckpointError, NonFiniteLoss
from audio.models import Classifier, build
from audio.objective import loss_of, right
from audio.optimisation import Average, build_optimizer, rate_at
from audio.samples import report_samples
from audio.splits import divide
from audio.store import ClipStore


class Training:
    """One training run's state: model, averaged weights, optimiser, data and the epoch reached."""

    def __init__(self, config: TrainConfig, store: ClipStore, folder: Path, writer: Any):
        self.config, self.store, self.folder, self.writer = config, store, folder, writer
        self.device = pick_device(config.device)
        if config.threads:
            torch.set_num_threads(config.threads)
        torch.manual_seed(config.seed)
        train_rows, validation_rows = divide(config, store)
        self.model = build(config, store.sample_rate, len(store.classes)).to(self.device)
        self.model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        frames = clip_frames(config.clip_seconds, store)
        self.waves = Waves(store, train_rows, frames, config.fill, self.device)
        self.validation_waves = Waves(store, validation_rows, frames, config.fill, self.device)
        self.targets = torch.from_numpy(store.targets(train_rows)).to(self.device)
        self.validation_targets = torch.from_numpy(store.targets(validation_rows)).to(self.device)
        self.augment = Augment(
            config,
            self._crop_frames(),
            domain=self.model.frontend.domain,
            sample_rate=store.sample_rate,
            device=self.device,
        )
        self._prepare_features()
        self.average = Average(self.model, config.ema) if config.ema else None
        self.optimizer = build_optimizer(config, self.model)
        self.epoch, self.best, self.since_best = 0, float("inf"), 0
        self.history: list[dict[str, float]] = []

    def _crop_frames(self) -> int | None:
        """Feature frames of the part of a clip that is trained on; None: all of it."""
        seconds = self.config.crop_seconds
        return self.model.frontend.frames(round(seconds * self.store.sample_rate)) if seconds else None

    def _prepare_features(self) -> None:
        """Cache features where asked for, and fit the front end's mean and deviation on the training clips."""
        config = self.config
        speeds = config.speeds if config.augment else [1.0]
        small = cache_bytes(self.model, self.waves, len(speeds)) <= CACHE_LIMIT
        cached = config.feature_cache == "on" or (
            config.feature_cache == "auto"
            and self.device.type == "cpu"
            and small
            and not config.changes_waveforms()
        )
        self.speeds, self.cache = speeds, {}
        if cached:
            self.cache = {
                speed: compute_features(self.model, self.waves, speed) for speed in sorted(set(speeds))
            }
        some = self.cache.get(1.0)
        if some is None:
            step = max(1, len(self.waves) // 512)
            some = self.model.features(self.waves.gather(torch.arange(0, len(self.waves), step)))
        self.model.frontend.fit(some)
        self.fill = getattr(
            self.model.frontend, "level", self.model.frontend.mean
        )  # what masks are filled with
        self.validation_features = (
            compute_features(self.model, self.validation_waves)
            if cached and len(self.validation_waves)
            else None
        )

    @property
    def evaluated(self) -> Classifier:
        """The weights that are validated and kept: the averaged ones where there are some."""
        return self.average.model if self.average else self.model

    @property
    def steps_per_epoch(self) -> int:
        return max(1, len(self.waves) // self.config.batch_size)

    def exhausted(self) -> bool:
        """Whether early stopping has had enough."""
        return bool(self.config.early_stop) and self.since_best >= self.config.early_stop

    def run_epoch(self, should_stop: Callable[[], bool]) -> dict[str, float] | None:
        """Train one epoch, validate, report. None when it was stopped on the way: the epoch does not count."""
        started = time.monotonic()
        random = torch.Generator(self.device).manual_seed(self.config.seed * 100_003 + self.epoch)
        torch.manual_seed(self.config.seed * 100_003 + self.epoch)  # dropout draws from the global generator
        self.model.train()
        losses, hits = [], []
        order = torch.randperm(len(self.waves), generator=random, device=self.device).cpu()
        for number in range(self.steps_per_epoch):
            size = self.config.batch_size
            indices = order[number * size : (number + 1) * size]
            rate = rate_at(
                self.config,
                self.epoch * self.steps_per_epoch + number,
                self.config.epochs * self.steps_per_epoch,
            )
            loss, hit = self._step(indices, rate, random)
            losses.append(loss)
            hits.append(hit)
            if should_stop():
                return None
        seconds = time.monotonic() - started
        scalars = {
            "loss/train": float(torch.stack(losses).mean()),
            "accuracy/train": float(torch.stack(hits).mean()),
            "learning_rate/train": rate,
            "clips_per_second/train": self.steps_per_epoch
            * min(self.config.batch_size, len(self.waves))
            / seconds,
        }
        self.epoch += 1
        scalars |= self._validate()
        for tag, value in scalars.items():
            self.writer.add_scalar(tag, value, self.epoch)
        self.writer.flush()
        self.history.append(scalars)
        return scalars

    def _step(self, indices: Tensor, rate: float, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """One optimiser step on a batch; its mean loss and share of right answers."""
        config = self.config
        speed = self.speeds[int(torch.randint(len(self.speeds), (1,), generator=random, device=self.device))]
        targets = self.targets[indices]
        features, targets = self.augment(self._features(indices, speed, random), targets, self.fill, random)
        with autocast(self.device, config.precision):
            logits = self.model.classify(features)
        loss = loss_of(logits, targets, self.store.multi_label, config.label_smoothing).mean()
        if not torch.isfinite(loss):
            clips = list(self.waves.rows["clip"].iloc[indices.tolist()])
            raise NonFiniteLoss(
                f"The loss became {loss.item()} in epoch {self.epoch + 1}, on a batch of {len(clips)} clips "
                f"({', '.join(clips[:4])}, …). Lower learning_rate, set clip_norm, or use precision=fp32.",
                clips,
            )
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if config.clip_norm:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), config.clip_norm)
        self.optimizer.step()
        if self.average:
            self.average.update(self.model)
        return loss.detach(), right(logits.detach(), targets, self.store.multi_label).mean()

    def _features(self, indices: Tensor, speed: float, random: torch.Generator) -> Tensor:
        """`(batch, 1, mel, frame)` features, from the cache (a speed drawn for each clip) or computed now."""
        if not self.cache:
            return self.model.features(self.augment.on_waveforms(self.waves.gather(indices, speed), random))
        draws = torch.randint(len(self.speeds), (len(indices),), generator=random, device=self.device)
        parts = [self.cache[self.speeds[int(d)]][i] for d, i in zip(draws, indices, strict=True)]
        return torch.stack(parts).to(self.device).float()

    @torch.no_grad()
    def _validate(self) -> dict[str, float]:
        """Loss and accuracy on the validation clips, whole and without augmentation; then debug samples."""
        if not len(self.validation_waves):
            return {}
        model = self.evaluated.eval()
        logits = []
        for part in torch.arange(len(self.validation_waves)).split(self.config.batch_size):
            with autocast(self.device, self.config.precision):
                if self.validation_features is not None:
                    logits.append(model.classify(self.validation_features[part].to(self.device).float()))
                else:
                    logits.append(model(self.validation_waves.gather(part)))
        answers = torch.cat(logits)
        multi = self.store.multi_label
        loss = float(loss_of(answers, self.validation_targets, multi).mean())
        self._note_best(loss)
        self._report_samples(answers)
        return {
            "loss/validation": loss,
            "accuracy/validation": float(right(answers, self.validation_targets, multi).mean()),
        }

    def _note_best(self, loss: float) -> None:
        self.since_best += 1
        if loss < self.best:
            self.best, self.since_best = loss, 0
            if self.config.select == "best":
                self._save_model()

    def _report_samples(self, logits: Tensor) -> None:
        every = self.config.debug_samples_every
        if every and (self.epoch % every == 0 or self.epoch == self.config.epochs):
            report_samples(
                self.writer, self.evaluated, self.validation_waves, logits, self.epoch, self.config
            )

    def audition(self) -> None:
        """Let the augmentations be heard and seen, at the start of a run that shows samples."""
        config = self.config
        if self.epoch == 0 and config.augment and config.debug_samples_every and config.debug_augmentations:
            report_augmentations(self.writer, self.model, self.augment, self.waves)

    def _save_model(self) -> None:
        metrics = self.history[-1] if self.history else {}
        state = checkpoints.make(self.config, self.store, self.evaluated, self.epoch, metrics)
        checkpoints.save(state, self.folder / "model.pt")

    def save(self, on_checkpoint: Callable[[Path, int], None] | None) -> None:
        """Write `last.pt` when this epoch is due for one."""
        if self.epoch % self.config.checkpoint_every and self.epoch < self.config.epochs:
            return
        metrics = self.history[-1] if self.history else {}
        state = checkpoints.make(self.config, self.store, self.evaluated, self.epoch, metrics)
        state["training"] = {
            "weights": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average_steps": self.average.steps if self.average else 0,
            "best": self.best,
            "since_best": self.since_best,
            "history": self.history,
        }
        checkpoints.save(state, self.folder / "last.pt")
        if on_checkpoint and self.epoch:
            on_checkpoint(self.folder / "last.pt", self.epoch)

    def resume(self, state: dict[str, Any]) -> None:
        """Take over the state of a `last.pt`. Raises CheckpointError when it does not fit."""
        if "training" not in state:
            raise CheckpointError("This checkpoint holds a model alone; only a last.pt can be resumed.")
        if state["classes"] != self.store.classes:
            raise CheckpointError("The checkpoint was trained on other classes than this clip store has.")
        kept = state["training"]
        try:
            self.model.load_state_dict(kept["weights"])
            self.optimizer.load_state_dict(kept["optimizer"])
            if self.average:
                self.average.model.load_state_dict(state["weights"])
        except (RuntimeError, ValueError) as error:
            raise CheckpointError(
                f"The checkpoint is of another model: {str(error).splitlines()[0]}"
            ) from error
        if self.average:
            self.average.steps = kept["average_steps"]
        self.epoch, self.best, self.since_best = state["epoch"], kept["best"], kept["since_best"]
        self.history = list(kept["history"])

    def keep_model(self) -> None:
        """Write `model.pt`, unless the best epoch has already been written there."""
        if self.config.select == "last" or not (self.folder / "model.pt").exists():
            self._save_model()
