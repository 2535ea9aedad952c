"""Training: a clip store and a configuration to a checkpoint, reported epoch by epoch.

Every epoch draws from generators seeded with (seed, epoch), and checkpoints are made between epochs: a resumed run
goes on exactly as the uninterrupted one would have. With `processes` above one, or under `torchrun`, several processes
train together; see `audio.training.launch`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from audio import plugins
from audio.checkpoints import generations
from audio.clips.splits import divide, parts
from audio.clips.store import ClipStore
from audio.config import TrainConfig, plain
from audio.devices import restored
from audio.distributed import SingleProcess, build_engine
from audio.reporting.writers import NullWriter
from audio.training.launch import replicas
from audio.training.trainer import Training
from audio.training.trial import refuse_few

NOWHERE = NullWriter()
DISK_PATIENCE = 3600.0  # s that a finished training waits for room for its model


@dataclass
class TrainResult:
    """How a training run ended."""

    model_path: Path  # the chosen weights (config.select), for evaluation and as the output model
    last_path: Path  # the newest checkpoint, for resuming
    epochs: int  # finished, all runs of this training together
    stopped: bool  # True when should_stop ended it early; last_path resumes it
    metrics: dict[str, float]  # value of each scalar, by tag, in the epoch that the chosen weights are of
    chosen_epoch: int  # the epoch that the chosen weights are of
    classes: list[str]
    frontend: dict[str, Any]  # the model's front end, as `frontend.describe()` states it
    parts: (
        pd.DataFrame
    )  # `parts` of audio.clips.splits: which clips were trained on, for development, held out
    gain: pd.DataFrame | None = (
        None  # of a network with a teacher, or pruned: beside those, `audio.training.companions.gain`
    )
    history: list[dict[str, float]] = field(default_factory=list)  # one dict of scalars an epoch


def train(
    config: TrainConfig,
    store: ClipStore,
    *,
    writer: Any = NOWHERE,
    checkpoint_dir: str | Path,
    resume_from: str | Path | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    on_checkpoint: Callable[[Path, int], None] | None = None,
    progress: Callable[[int, int, dict[str, float]], None] | None = None,
    bar: bool | None = None,
) -> TrainResult:
    """Train `config.model` on the clips of `store` outside the held-out fold.

    `writer` is shaped like SummaryWriter. Each epoch it gets `loss/train`, `loss/validation`,
    `accuracy/train`, `accuracy/validation`, `learning_rate/train`, `clips_per_second/train`; every
    `debug_samples_every` epochs audio and spectrograms of validation clips. `checkpoint_dir` receives
    `last.pt` (whole state, written atomically) and `model.pt` (the chosen weights). `resume_from` continues a
    `last.pt` exactly: epoch, optimiser, schedule, random state. `should_stop` is asked after every batch; True
    ends the run cleanly, with the last finished epoch kept. `on_checkpoint(path, epoch)` is told of every
    `last.pt`. `progress(epoch, epochs, scalars)` is called once an epoch. `bar`: whether one is drawn on stderr;
    None: where there is no `progress`. Raises ConfigError, StoreError, CheckpointError, NonFiniteLoss.
    """
    refuse_few(len(divide(config, store)[0]), config.processes)
    plugins.load(config.plugins)
    with restored(), replicas(config):
        engine = build_engine(config.device)
        where = (str(store.folder.resolve()), str(checkpoint_dir), resume_from and str(resume_from))
        engine.broadcast((plain(config), plugins.places(), *where))
        with engine:
            run = _begin(config, store, Path(checkpoint_dir), writer, engine, resume_from)
            drawn = progress is None if bar is None else bar
            return _train(run, should_stop, on_checkpoint, progress, drawn)


def take_part(engine: SingleProcess) -> None:
    """Train beside the first process, as it says; return when it does."""
    config, places, store, folder, resume_from = engine.broadcast(None)
    plugins.load(config["plugins"], places)
    with restored(), engine:
        run = _begin(TrainConfig(**config), ClipStore.open(store), Path(folder), NOWHERE, engine, resume_from)
        _train(run, lambda: False, None, lambda *_: None)


def _begin(
    config: TrainConfig,
    store: ClipStore,
    folder: Path,
    writer: Any,
    engine: SingleProcess,
    resume_from: str | Path | None,
) -> Training:
    """A training at its first epoch, or where its checkpoint stands, with clips as long as they were there."""
    if not resume_from:
        return Training(config, store, folder, writer, engine)
    kept = generations.load_newest(resume_from)
    run = Training(
        config, store, folder, writer, engine, None if config.clip_seconds else kept["clip_frames"]
    )
    run.resume(kept)
    return run


def _train(
    run: Training,
    should_stop: Callable[[], bool],
    on_checkpoint: Callable[[Path, int], None] | None,
    progress: Callable[[int, int, dict[str, float]], None] | None,
    drawn: bool = False,
) -> TrainResult:
    """All epochs of a run."""
    stopped, epochs = False, run.config.epochs
    with tqdm(total=epochs, initial=run.epoch, unit=" epochs", disable=not drawn) as bar:
        run.save(on_checkpoint)
        run.audition()
        while run.epoch < epochs and not run.exhausted():
            scalars = run.run_epoch(should_stop)
            if scalars is None:
                stopped = True
                break
            run.save(on_checkpoint)
            bar.update()
            bar.set_postfix(
                {tag: f"{value:.3g}" for tag, value in scalars.items() if tag.startswith(("loss", "acc"))}
            )
            if progress:
                progress(run.epoch, epochs, scalars)
    model = run.keep_model(patience=0 if stopped else DISK_PATIENCE)
    return TrainResult(
        model_path=run.folder / "model.pt",
        last_path=run.folder / "last.pt",
        epochs=run.epoch,
        stopped=stopped,
        metrics=dict(model["metrics"]),
        chosen_epoch=int(model["epoch"]),
        classes=list(run.store.classes),
        frontend=run.model.frontend.describe(),
        parts=parts(run.config, run.store),
        gain=None if stopped or run.engine.rank or not run.epoch else run.beside.gain(model, run.validation),
        history=run.history,
    )
