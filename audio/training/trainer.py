"""The state of one training run: data, model, the epoch reached; epochs, validation, checkpoints."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor

from audio import plugins
from audio.augment.chain import Group
from audio.checkpoints import checkpoint as checkpoints
from audio.checkpoints import generations
from audio.checkpoints.origin import Origin, refuse_heard, refuse_other_clips
from audio.clips.splits import (
    DEVELOPMENT,
    divide,
    draws_development,
    held_out,
    recordings,
    told_of_development,
    told_of_others,
    told_of_split,
)
from audio.clips.store import ClipStore
from audio.config import TrainConfig
from audio.devices import computing, prepare_device, spare_threads
from audio.distributed import SingleProcess
from audio.errors import CheckpointError, NonFiniteLoss
from audio.features.contract import FEATURES, WAVEFORM
from audio.metrics.calibration import KEY
from audio.metrics.figures import Answers, figures
from audio.metrics.objective import correct, loss_of, probabilities
from audio.metrics.reliability import fitted
from audio.models import Classifier, build
from audio.reporting.augmentations import report_augmentations
from audio.reporting.batch import report_batch
from audio.reporting.samples import report_clips, report_samples
from audio.reporting.writers import NullWriter
from audio.training.byol import Byol
from audio.training.companions.beside import Beside
from audio.training.feed import Feed, TrainingFeed
from audio.training.loss_watch import LossWatch
from audio.training.optimizer import rate_at
from audio.training.precision import CLIPS, choose
from audio.training.stepper import Stepper
from audio.training.trial import refuse_few, refuse_untrainable

FEWEST_BATCHES = 4  # of an epoch; one step an epoch leaves a set of some dozen clips hardly trained
SMALLEST_BATCH = 4  # clips, for batch norm
HEARD = {WAVEFORM: "the waveform itself", FEATURES: "no log power"}
CHOSEN = ("epoch", "metrics", "weights")  # what tells the best epoch's model from the last one's


class Training:
    """One training run's state. With several processes each has one, and the first reports and saves."""

    def __init__(
        self,
        config: TrainConfig,
        store: ClipStore,
        folder: Path,
        writer: Any,
        engine: SingleProcess,
        frames: int | None = None,
    ):
        """`frames`: samples of a clip, for a training that goes on; None: what the training clips say."""
        self.config, self.store, self.folder, self.engine = config, store, folder, engine
        self.writer = NullWriter() if engine.rank else writer
        device = engine.device
        self.epoch, self.best, self.since_best = 0, float("inf"), 0
        prepare_device(device, config, engine.size)
        torch.manual_seed(config.seed)
        train_rows, validation_rows = divide(config, store)
        refuse_few(len(train_rows), engine.size)
        self.development = list(validation_rows["clip"]) if draws_development(config, store) else []
        if self.development and not engine.rank:
            print(told_of_development(train_rows, validation_rows), flush=True)
        if not engine.rank:
            note = config.note and f"note: {config.note}"
            for said in filter(None, (note, told_of_others(config, store), told_of_split(store))):
                print(said, flush=True)
        self.model = build(config, store.sample_rate, len(store.classes)).to(device)
        torch.set_num_threads(spare_threads(self.model, config.threads))
        self.model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.feed = TrainingFeed(config, store, train_rows, self.model, device, frames)
        if (unused := self.feed.augment.unused) and not engine.rank:
            print(
                f"note: {config.model} hears {HEARD[self.model.frontend.domain]}: {', '.join(unused)} do not apply",
                flush=True,
            )
        some = self._some_features(CLIPS)
        self.beside = Beside(config, store, device)
        self.beside.prune(self.model, some[:2])
        refuse_untrainable(self.model, some[:2])
        precision = self._precision(some)
        self.validation = Feed(config, store, validation_rows, self.model, device, self.feed.waves.frames)
        if self.feed.cache:
            self.validation.keep([1.0])
        labels = self.feed.targets
        if (told := self.beside.teach(self.model, self.feed)) and not engine.rank:
            print(f"note: {told}", flush=True)
        self.stepper = (
            Stepper(config, self.model, engine, labels, store.multi_label, precision, self.beside.teachers)
            if config.objective == "labels"
            else Byol(config, self.model, engine, some[:2], precision)
        )
        self.watch = LossWatch(list(self.feed.waves.rows["clip"]))
        self.origin = Origin.of(store, train_rows, config.learned_from())
        self._refuse_heard()
        self.chosen: dict[str, Any] | None = None  # the model of the best epoch so far, with select=best
        self.history: list[dict[str, float]] = []
        self.last = generations.Last(folder / "last.pt")

    def _refuse_heard(self) -> None:
        """What it learns from must not have been trained on what is held out here. Raises ConfigError."""
        files = self.config.learned_from()
        if files and self.config.overlap == "refuse":
            rows = held_out(self.store, self.config.fold)
            refuse_heard(rows, self.origin.heard(rows), self.config.named_files())

    def _some_features(self, most: int) -> Tensor:
        """What a process trains on in a batch, `most` clips of it, augmented."""
        random, dice = self.generators()
        clips = min(most, max(1, min(self.batch_size, len(self.feed)) // self.engine.size))
        features, _ = self.feed.batch(torch.arange(clips, device=self.feed.indexed_on), random, dice)
        return features

    def _precision(self, features: Tensor) -> str:
        """What is trained in; the first process settles it for all."""
        if self.engine.rank:
            return str(self.engine.broadcast(None))
        precision, note = choose(self.config, self.model, features, self.engine.device)
        if note:
            print(note, flush=True)
        return str(self.engine.broadcast(precision))

    @property
    def evaluated(self) -> Classifier:
        """The weights that are validated and kept."""
        return self.stepper.evaluated

    @property
    def batch_size(self) -> int:
        """Clips of a batch: as set, or fewer so that a small set has some steps in an epoch."""
        few = max(SMALLEST_BATCH, self.engine.size, len(self.feed) // FEWEST_BATCHES)
        return min(self.config.batch_size, few)

    @property
    def batches(self) -> int:
        """Batches of an epoch; clips left over by whole batches wait for another one."""
        return max(1, len(self.feed) // self.batch_size)

    def exhausted(self) -> bool:
        """Whether early stopping has had enough."""
        return bool(self.config.early_stop) and self.since_best >= self.config.early_stop

    def run_epoch(self, should_stop: Callable[[], bool]) -> dict[str, float] | None:
        """Train one epoch, validate, report. None when it was stopped on the way: the epoch does not count.

        Raises NonFiniteLoss, after the clips of the batch were written as debug samples.
        """
        started = time.monotonic()
        try:
            outcome = self._learn(should_stop)
            self.watch.refuse_spoiled(self.evaluated, self.epoch)
        except NonFiniteLoss as error:
            report_clips(self.writer, self.store, error.clips, "non-finite loss", self.epoch + 1)
            raise
        if outcome is None:
            return None
        seconds = time.monotonic() - started
        clips = self.batches * min(self.batch_size, len(self.feed))
        scalars = {**outcome, "clips_per_second/train": clips / seconds}
        self.epoch += 1
        scalars |= self._validate()
        for tag, value in scalars.items():
            self.writer.add_scalar(tag, value, self.epoch)
        self.writer.flush()
        self.history.append(scalars)
        self._note_best(scalars)
        return scalars

    def _learn(self, should_stop: Callable[[], bool]) -> dict[str, float] | None:
        """One pass over the training clips; None when it was stopped."""
        config, engine = self.config, self.engine
        order, random, dice, common = self._draws()
        positions = order.cpu()  # once an epoch: what needs them on the host never waits for the device again
        indices = order if self.feed.indexed_on == engine.device else positions
        self.model.train()
        losses, hits, rate = [], [], 0.0
        for number in range(self.batches):
            batch = slice(number * self.batch_size, (number + 1) * self.batch_size)
            last, clips = number == self.batches - 1, len(indices[batch])
            group = Group(engine, clips, common)
            features, targets = self._heard(engine.shard(indices[batch]), random, dice, group)
            rate = rate_at(config, self.epoch * self.batches + number, config.epochs * self.batches)
            loss, hit = self.stepper.train_step(features, targets, rate, last, clips)
            losses.append(engine.mean(loss))
            hits.append(engine.mean(hit))
            self.watch.add(losses[-1], positions[batch], self.epoch)
            if engine.agree(should_stop(), number):
                self.stepper.forget()
                return None
        self.watch.finish()
        return {
            "loss/train": float(torch.stack(losses).mean()),
            f"{self.stepper.figure}/train": float(torch.stack(hits).mean()),
            "learning_rate/train": rate,
        }

    def _heard(
        self, indices: Tensor, random: Generator, dice: Generator, group: Group
    ) -> tuple[Tensor, Tensor]:
        """Features and targets of a batch, augmented; of several views one after the other."""
        views = [self.feed.batch(indices, random, dice, group) for _ in range(self.stepper.views)]
        if len(views) == 1:
            return views[0]
        return torch.cat([features for features, _ in views]), views[0][1]

    def _draws(self) -> tuple[Tensor, Generator, Generator, Generator]:
        """The order of this epoch's clips, and its random numbers: on the device, on the host, and of all processes."""
        engine = self.engine
        random, dice = self.generators()
        order = torch.randperm(len(self.feed), generator=random, device=engine.device)
        common = Generator(engine.device).manual_seed(random.initial_seed() + 104_729)
        if engine.rank:  # the same order, other augmentation
            random.manual_seed(random.initial_seed() + 7919 * engine.rank)
        return order, random, dice, common

    def generators(self) -> tuple[Generator, Generator]:
        """The epoch's random numbers: on the device, and on the host (the same generator on a CPU)."""
        seed = self.config.seed * 100_003 + self.epoch
        torch.manual_seed(seed + 7919 * self.engine.rank)  # dropout draws from the global generator
        random = Generator(self.engine.device).manual_seed(seed)
        return random, random if self.engine.device.type == "cpu" else Generator().manual_seed(seed)

    @torch.no_grad()
    def _validate(self) -> dict[str, float]:
        """Loss and accuracy on the validation clips, whole and without augmentation; then debug samples."""
        if not len(self.validation):
            return {}
        scalars = self._validation_scores() if self.engine.rank == 0 else None
        shared: dict[str, float] = self.engine.broadcast(scalars)
        return shared

    def _validation_scores(self) -> dict[str, float]:
        answers, multi = self._answers(self.evaluated.eval()), self.store.multi_label
        self._report_samples(answers)
        return {
            **self._further(answers),
            "loss/validation": float(loss_of(answers, self.validation.targets, multi).mean()),
            "accuracy/validation": float(correct(answers, self.validation.targets, multi).mean()),
        }

    def _answers(self, model: Classifier) -> Tensor:
        """Logits `(clips, classes)` of the validation clips as they are, in fp32 as evaluation and inference."""
        logits = []
        for part in torch.arange(len(self.validation)).split(self.config.batch_size):
            features = self.validation.plain(part)
            with computing(self.engine.device, "fp32"):
                logits.append(model.classify(features))
        return torch.cat(logits)

    def _further(self, logits: Tensor) -> dict[str, float]:
        """The metrics that were asked for, of the validation clips' logits `(clips, classes)`."""
        if not self.config.metrics:
            return {}
        multi, truth = self.store.multi_label, self.validation.targets.cpu().numpy() > 0.5
        answers = Answers(truth, probabilities(logits, multi).cpu().numpy(), multi, self.store.classes)
        return {f"{name}/validation": value for name, value in figures(self.config.metrics, answers).items()}

    def _note_best(self, scalars: dict[str, float]) -> None:
        """Keep the model of this epoch when it is the best so far; early stopping waits anew for `min_gain` and more.

        As the callback of Hugging Face's trainer: a smaller gain is kept, and counts as none.
        """
        found = scalars.get(f"{self.config.best_by}/validation")
        value = float("inf") if found is None else -found if self.config.best_by == "accuracy" else found
        gained = self.best - value > self.config.min_gain
        self.since_best = 0 if gained else self.since_best + 1
        if value < self.best:
            self.best = value
            if self.config.select == "best" and self.engine.rank == 0:
                self.chosen = self.state()

    def _report_samples(self, logits: Tensor) -> None:
        every = self.config.debug_samples_every
        if every and (self.epoch % every == 0 or self.epoch == self.config.epochs):
            waves = self.validation.waves
            report_samples(self.writer, self.evaluated, waves, logits, self.epoch, self.config)

    def audition(self) -> None:
        """Let the first batch and the augmentations be heard and seen, at the start of a run that shows samples."""
        config = self.config
        if self.engine.rank or self.epoch or not config.debug_samples_every:
            return
        if config.debug_batch:
            order, random, dice, common = self._draws()
            first = order[: self.batch_size].to(self.feed.indexed_on)
            group = Group(self.engine, len(first), common) if self.engine.size == 1 else None
            features, targets = self.feed.batch(first, random, dice, group)
            batch = features, targets[:, : len(self.store.classes)]
            report_batch(self.writer, self.model, self.feed.waves, first, batch, config.debug_batch)
        if config.augment and config.debug_augmentations:
            report_augmentations(self.writer, self.model, self.feed.augment, self.feed.waves)

    def state(self) -> dict[str, Any]:
        """The part of a checkpoint that inference needs."""
        metrics = self.history[-1] if self.history else {}
        frames = self.feed.waves.frames
        made = checkpoints.make(
            self.config, self.store, self.evaluated, self.epoch, metrics, frames, self.origin
        )
        return {**made, "development": self.development, "precision": self.stepper.precision}

    def save(self, on_checkpoint: Callable[[Path, int], None] | None) -> None:
        """Write `last.pt` when this epoch is due for one."""
        due = self.epoch % self.config.checkpoint_every == 0 or self.epoch >= self.config.epochs
        if self.engine.rank or not due:
            return
        progress = {"best": self.best, "since_best": self.since_best, "history": self.history}
        if self.chosen is not None:
            progress["chosen"] = {name: self.chosen[name] for name in CHOSEN}
        state = {**self.state(), "training": {**self.stepper.state(), **progress}}
        self.last.write(state, on_checkpoint if on_checkpoint and self.epoch else lambda *_: None)

    def resume(self, state: dict[str, Any]) -> None:
        """Take over the state of a `last.pt`. Raises CheckpointError when it does not fit."""
        if "training" not in state:
            raise CheckpointError("This checkpoint holds a model alone; only a last.pt can be resumed.")
        if state["classes"] != self.store.classes:
            raise CheckpointError("The checkpoint was trained on other classes than this clip store has.")
        notes = [refuse_other_clips(state, self.origin), *plugins.differing(state.get("plugins") or [])]
        for note in filter(None, notes if not self.engine.rank else []):
            print(f"note: {note}", flush=True)
        kept = state["training"]
        if self.config.precision == "auto":  # what was faster then; another would lead elsewhere
            self.stepper.precision = state.get("precision", self.stepper.precision)
        self.stepper.resume(kept, state["weights"])
        self.epoch, self.best, self.since_best = state["epoch"], kept["best"], kept["since_best"]
        self.history = list(kept["history"])
        if kept.get("chosen"):
            self.chosen = {**self.state(), **kept["chosen"]}

    @torch.no_grad()
    def _calibration(self, kept: dict[str, Any]) -> dict[str, Any] | None:
        """Temperature and thresholds of the kept weights on the development clips; None where there are none."""
        if self.config.validation != DEVELOPMENT or not len(self.validation) or not self.epoch:
            return None
        logits = self._answers(checkpoints.model_of(kept).to(self.engine.device)).cpu()
        targets, rows = self.validation.targets.cpu().numpy(), self.validation.waves.rows
        several, classes = self.store.multi_label, list(self.store.classes)
        found = fitted(logits.numpy(), targets, several, classes, recordings(rows).nunique())
        print(f"calibration: {found.text()}", flush=True)
        return found.state()

    def keep_model(self, patience: float) -> dict[str, Any]:
        """Write `model.pt`, the best epoch's model or the last one's, and give it.

        A full disk is waited for, `patience` seconds; then CheckpointError is raised.
        """
        model = self.chosen if self.chosen is not None else self.state()
        if self.engine.rank == 0:
            model[KEY] = self._calibration(model)
            generations.save_patiently(model, self.folder / "model.pt", patience)
        return model
