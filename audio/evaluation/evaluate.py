"""Evaluation: a checkpoint on held-out clips, down to every clip."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from audio import plugins
from audio.checkpoints import checkpoint as checkpoints
from audio.checkpoints.origin import Origin, named, refuse_heard
from audio.clips.identity import fingerprint
from audio.clips.splits import DEVELOPMENT, held_out, recordings, refuse_fold
from audio.clips.store import ClipStore
from audio.clips.table import clip_table
from audio.clips.waves import Waves
from audio.config import EvaluateConfig
from audio.devices import computing, on_threads, pick_device, spare_threads
from audio.errors import CheckpointError, StoreError
from audio.io.preparation import Preparation
from audio.metrics.figures import Answers, figures
from audio.metrics.objective import loss_of, probabilities
from audio.metrics.statistics import (
    class_table,
    confusion_matrix,
    counts,
    independent,
    mean_answer,
    wilson,
)
from audio.models import Classifier

TOP = 5


@dataclass
class EvaluationResult:
    """Figures of one checkpoint on one set of clips.

    `clips` has a row per clip, worst loss first: `clip`, `split`, `fold`, `label`, `prediction`, `confidence`
    (probability of the prediction), `top` (JSON list of [label, probability], best first, up to five), `loss`
    (nats), `duration` (s), `sample_rate` (Hz), `loudness` (dBFS, RMS), `peaks` (base64 of 100 int8 min/max pairs).
    """

    accuracy: float
    macro_f1: float
    loss: float  # mean cross-entropy, nats
    confusion: np.ndarray  # counts, (true class, predicted class)
    classes: list[str]
    per_class: pd.DataFrame  # index: class; columns: precision, recall, f1, support
    counted: dict[str, list[int]]  # `counts` of audio.metrics.statistics
    clips: pd.DataFrame
    frontend: dict[str, Any]
    store: ClipStore
    precision: str  # that the answers were computed in
    recordings: int  # that the clips are of
    independent: float  # clips that tell as much of the accuracy, each of a recording of its own
    judged: pd.DataFrame  # index: clip; columns: right (every label of it), recording
    apart: "EvaluationResult | None" = (
        None  # of clips that the model was trained on, which the figures leave out
    )
    note: str = ""  # what a person has to know beside the figures
    figures: dict[str, float] = field(default_factory=dict)  # further ones, by the metric's name

    @property
    def interval(self) -> tuple[float, float]:
        """In which the accuracy lies on recordings like these, with a confidence of 95 % (Wilson's interval)."""
        return wilson(self.accuracy, self.independent)

    def text(self) -> str:
        """The figures in a line, as a person reads them."""
        low, high = self.interval
        shared = f" of {self.recordings} recordings" if self.recordings < len(self.clips) else ""
        more = "".join(f", {name} {value:.4g}" for name, value in self.figures.items())
        return (
            f"accuracy {self.accuracy:.2%} (95 % interval {low:.1%} to {high:.1%}, n = {len(self.clips)} clips{shared}"
            f"), macro-F1 {self.macro_f1:.2%}, loss {self.loss:.3f}{more}; computed in {self.precision}"
        )

    def waveform(self, clip: str) -> np.ndarray:
        """Of one clip, float32 `(num_samples,)` at `store.sample_rate`."""
        return self.store.waveform(clip)


def evaluate(
    checkpoint_path: str | Path,
    store: ClipStore,
    config: EvaluateConfig,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> EvaluationResult:
    """Run the model of `checkpoint_path` on the held-out clips of `store`.

    `progress(done, total)` is called after every batch. Raises CheckpointError (unreadable, other classes or
    sample rate than the store's), StoreError (no clip in that fold or split) and ConfigError (the model was trained
    on some of the clips).
    """
    plugins.load(config.plugins)
    state = checkpoints.load(checkpoint_path)
    _refuse_mismatch(state, store)
    trained = checkpoints.config_of(state)
    fold = trained.fold if config.fold is None else config.fold
    if config.fold is not None and not store.folds:
        refuse_fold(config.fold, store.folds, store.splits)
    rows = _rows(state, store, fold, config.split)
    heard = _trained_on(state, store, rows, fold == trained.fold, config.overlap)
    device = pick_device(config.device)
    model = checkpoints.model_of(state).to(device)
    preparation = Preparation.of(state)
    waves = Waves(store, rows, preparation.frames, preparation.fill, device)
    with on_threads(spare_threads(model, config.threads)):
        logits = predict(model, waves, config, preparation.windows, progress)
    result, apart = (
        summarise(
            store, rows[part], logits[part], model.frontend.describe(), config.precision, config.metrics
        )
        if part.any()
        else None
        for part in (~heard, heard)
    )
    assert result is not None
    return replace(result, apart=apart, note=_note(state, rows, heard, apart))


def _rows(state: dict[str, Any], store: ClipStore, fold: int, split: str) -> pd.DataFrame:
    """The clips to evaluate on. Raises StoreError when there is none, ConfigError for a split that there is not."""
    drawn = state.get("development") or []
    if split == DEVELOPMENT and drawn:
        return store.index[store.index["clip"].isin(drawn)]
    rows = held_out(store, fold, split)
    if len(rows) == 0:
        where = f"fold {fold}" if fold and store.folds else f"split {split!r}"
        hint = f" Its {len(drawn)} development clips were not trained on: split=development." if drawn else ""
        raise StoreError(
            f"The store has no clip in {where}; folds: {store.folds}, splits: {store.splits}.{hint}"
        )
    return rows


def _trained_on(
    state: dict[str, Any], store: ClipStore, rows: pd.DataFrame, own_fold: bool, overlap: str
) -> np.ndarray:
    """bool `(rows,)`: the clips whose sound the model was trained on. Raises ConfigError where that is refused.

    A data set that holds a sound twice, once in another fold, is no reason to refuse: the figures leave it out.
    """
    origin = Origin.in_checkpoint(state)
    if origin is None:
        return np.zeros(len(rows), bool)
    heard = origin.heard(rows)
    duplicates = (
        own_fold and origin.clips == fingerprint(store.index) and not checkpoints.config_of(state).weights
    )
    if heard.all() or (overlap == "refuse" and not duplicates):
        refuse_heard(rows, heard, "The model")
    return heard


def _note(
    state: dict[str, Any], rows: pd.DataFrame, heard: np.ndarray, apart: EvaluationResult | None
) -> str:
    """What is said beside the figures about the clips they are of."""
    origin = Origin.in_checkpoint(state)
    if origin is None or not origin.complete:
        return (
            "the checkpoint does not say which clips it was trained on (it, its store or its first weights are older "
            "than that): nothing proves that these were not among them"
        )
    if apart is None:
        return ""
    return (
        f"the sound of {named(rows, heard)} was trained on. The figures leave these out; on them alone accuracy is "
        f"{apart.accuracy:.2%}"
    )


def _refuse_mismatch(state: dict[str, Any], store: ClipStore) -> None:
    if state["classes"] != store.classes:
        missing = sorted(set(state["classes"]) ^ set(store.classes))[:6]
        raise CheckpointError(
            f"The model knows {len(state['classes'])} classes, the store has {len(store.classes)}; "
            f"only one of them has: {', '.join(missing)}. Evaluate on a store of the same data set."
        )
    if state["sample_rate"] != store.sample_rate:
        raise CheckpointError(
            f"The model was trained at {state['sample_rate']} Hz, the store is at {store.sample_rate} Hz; "
            f"preprocess with sample_rate={state['sample_rate']}."
        )


@torch.no_grad()
def predict(
    model: Classifier,
    waves: Waves,
    config: EvaluateConfig,
    windows: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Tensor:
    """Logits `(clips, classes)` of every clip's probabilities, averaged over `config.speeds`.

    With `windows`, a clip that is longer than the model's window is heard in several, as inference hears a file;
    without, its beginning is.
    """
    found = torch.empty(len(waves), len(waves.store.classes))
    long = torch.from_numpy(waves.is_long() & windows)
    short, several, done = (~long).nonzero()[:, 0], long.nonzero()[:, 0], 0
    for part in (one for one in (*short.split(config.batch_size), *several.split(1)) if len(one)):
        hear = _in_windows if bool(long[part].any()) else _at_once
        with computing(waves.device, config.precision):
            answers = [hear(model, waves, part, speed, config.batch_size) for speed in config.speeds]
        found[part] = mean_answer(torch.stack(answers), waves.store.multi_label)
        done += len(part)
        if progress:
            progress(done, len(waves))
    return found


def _at_once(model: Classifier, waves: Waves, part: Tensor, speed: float, batch: int) -> Tensor:
    """Logits `(batch, classes)` of clips of one window each."""
    return model(waves.gather(part, speed)).cpu()


def _in_windows(model: Classifier, waves: Waves, part: Tensor, speed: float, batch: int) -> Tensor:
    """Logits `(1, classes)` of the mean answer to the windows of a clip."""
    windows, answers = waves.windows(int(part[0]), speed), []
    while some := list(islice(windows, batch)):
        answers.append(model(torch.from_numpy(np.stack(some)).to(waves.device)).cpu())
    return mean_answer(torch.cat(answers)[:, None], waves.store.multi_label)


def summarise(
    store: ClipStore,
    rows: pd.DataFrame,
    logits: Tensor,
    frontend: dict[str, Any],
    precision: str = "fp32",
    metrics: Sequence[str] = (),
) -> EvaluationResult:
    """The figures and the table from every clip's logits `(clips, classes)`; `metrics` names further figures."""
    multi, targets = store.multi_label, store.targets(rows)
    loss = loss_of(logits, torch.from_numpy(targets), multi)
    probability, truth = probabilities(logits, multi).numpy(), targets > 0.5
    answers = Answers(truth, probability, multi, store.classes)
    own = figures(["accuracy", "macro_f1"], answers)
    counted = counts(truth, answers.given)
    clips = judged_table(store, rows, probability, loss.numpy())
    right, sources = (truth == answers.given).all(1), recordings(rows)
    return EvaluationResult(
        accuracy=own["accuracy"],
        macro_f1=own["macro_f1"],
        loss=float(loss.mean()),
        confusion=confusion_matrix(truth, probability, multi),
        classes=store.classes,
        per_class=class_table(counted, store.classes),
        counted=counted,
        clips=clips.sort_values("loss", ascending=False, ignore_index=True),
        frontend=frontend,
        store=store,
        precision=precision,
        recordings=sources.nunique(),
        independent=independent(right, list(sources)),
        judged=pd.DataFrame({"right": right, "recording": list(sources)}, index=pd.Index(rows["clip"])),
        figures=figures(metrics, answers),
    )


def judged_table(
    store: ClipStore, rows: pd.DataFrame, probability: np.ndarray, loss: np.ndarray
) -> pd.DataFrame:
    """One row a clip; `EvaluationResult` says what the columns are."""
    table = clip_table(store, rows)
    table["split"] = table["split"].replace("", "test")
    tops = [
        [[store.classes[j], round(float(row[j]), 5)] for j in np.argsort(-row)[:TOP]]  # best first
        for row in probability
    ]
    answers = {
        "prediction": [top[0][0] for top in tops],
        "confidence": [top[0][1] for top in tops],
        "top": [json.dumps(top, ensure_ascii=False) for top in tops],
        "loss": loss.astype(float),
    }
    for name, values in reversed(answers.items()):
        table.insert(table.columns.get_loc("label") + 1, name, values)
    return table
