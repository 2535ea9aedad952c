"""Evaluation: a checkpoint on held-out clips, down to every clip."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from audio import plugins
from audio.checkpoints import checkpoint as checkpoints
from audio.checkpoints.origin import Origin, named, refuse_heard
from audio.clips.identity import fingerprint
from audio.clips.shared import of_classes
from audio.clips.splits import DEVELOPMENT, EVERY, divide, held_out, refuse_fold
from audio.clips.store import ClipStore
from audio.clips.waves import Waves
from audio.config import EvaluateConfig
from audio.devices import on_threads, pick_device, spare_threads
from audio.errors import CheckpointError, StoreError
from audio.evaluation.hearing import Tempered, predict
from audio.evaluation.result import EvaluationResult, summarise
from audio.evaluation.robustness import curves
from audio.evaluation.slices import refuse_unknown, slices
from audio.io.preparation import Preparation
from audio.metrics.calibration import asked_for

__all__ = ["EvaluationResult", "evaluate", "summarise"]


def evaluate(
    checkpoint_path: str | Path,
    store: ClipStore,
    config: EvaluateConfig,
    *,
    progress: Callable[[int, int], None] | None = None,
    progress_of_curves: Callable[[int, int], None] | None = None,
) -> EvaluationResult:
    """Run the model of `checkpoint_path` on the held-out clips of `store`.

    `progress(done, total)` is called after every batch, `progress_of_curves` likewise for `config.robustness`.
    Raises CheckpointError (unreadable, other classes or sample rate than the store's), StoreError (no clip in that fold
    or split) and ConfigError (the model was trained on some of the clips; no such column of `config.slices`).
    """
    plugins.load(config.plugins)
    state = checkpoints.load(checkpoint_path)
    left_out = ""
    if config.classes == "shared":
        store, left_out = of_classes(store, state["classes"])
    _refuse_mismatch(state, store)
    trained = checkpoints.config_of(state)
    fold = trained.fold if config.fold is None else config.fold
    if config.fold is not None and not store.folds:
        refuse_fold(config.fold, store.folds, store.splits)
    rows = _rows(state, store, fold, config.split)
    refuse_unknown(config.slices, rows)
    own = fold == trained.fold and config.split != EVERY
    heard = _trained_on(state, store, rows, own, config.overlap)
    device = pick_device(config.device)
    model = checkpoints.model_of(state).to(device)
    calibration = checkpoints.calibration_of(state)
    used = asked_for(calibration) if config.calibrated else None
    preparation = Preparation.of(state)
    waves = Waves(store, rows, preparation.frames, preparation.fill, device)
    with on_threads(spare_threads(model, config.threads)):
        heard_by = Tempered(model, used.temperature) if used else model
        logits = predict(heard_by, waves, config, preparation.windows, progress)
        robustness = None
        if config.robustness:
            fresh = Waves(store, rows[~heard], preparation.frames, preparation.fill, device)
            robustness = curves(heard_by, fresh, config, preparation.windows, progress_of_curves)
    result, apart = (
        summarise(
            store,
            rows[part],
            logits[part],
            model.frontend.describe(),
            config.precision,
            config.metrics,
            config.resamples,
            used.thresholds if used else (),
        )
        if part.any()
        else None
        for part in (~heard, heard)
    )
    assert result is not None
    notes = [left_out, _note(state, rows, heard, apart), *result.measured.notes]
    note = "; ".join(filter(None, notes))
    return replace(
        result,
        calibration=calibration,
        calibrated=config.calibrated,
        robustness=robustness,
        slices=slices(result, config.slices),
        apart=apart,
        note=note,
    )


def _rows(state: dict[str, Any], store: ClipStore, fold: int, split: str) -> pd.DataFrame:
    """The clips to evaluate on. Raises StoreError when there is none, ConfigError for a split that there is not."""
    drawn, trained = state.get("development") or [], checkpoints.config_of(state)
    if split == DEVELOPMENT and drawn:
        return store.index[store.index["clip"].isin(drawn)]
    if split == DEVELOPMENT and trained.validation == DEVELOPMENT:
        return divide(trained, store)[1]
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
        own_fold
        and origin.clips == fingerprint(store.index)
        and not checkpoints.config_of(state).learned_from()
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
            f"only one of them has: {', '.join(missing)}. Evaluate on a store of the same data set, or on the classes "
            "that both have: classes=shared."
        )
    if state["sample_rate"] != store.sample_rate:
        raise CheckpointError(
            f"The model was trained at {state['sample_rate']} Hz, the store is at {store.sample_rate} Hz; "
            f"preprocess with sample_rate={state['sample_rate']}."
        )
