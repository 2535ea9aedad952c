"""Cross-validation over the folds of a data set: every fold is held out in turn, with one or several seeds.

The mean and its spread are what papers report, and nothing is chosen on a test fold: the configuration is the same for
all folds. Every finished fold is written down, and one that was interrupted goes on from its last checkpoint, so that a
second call with the same folder continues.
"""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from audio.checkpoints.generations import generations
from audio.checkpoints.origin import Origin
from audio.clips.identity import fingerprint as clips_of
from audio.clips.splits import held_out
from audio.clips.store import ClipStore
from audio.config import EvaluateConfig, TrainConfig, plain
from audio.errors import AudioError, ConfigError
from audio.evaluation.evaluate import EvaluationResult, evaluate
from audio.evaluation.pooled import KEPT, judged_together, keep
from audio.evaluation.together import CrossValidation
from audio.io.decoding import content_of
from audio.metrics.reliability import calibration_error
from audio.preprocessing.folds import with_drawn_folds
from audio.reporting.writers import NullWriter
from audio.training.train import train

DRAWN = "drawn-folds"  # store with folds, where the data set has none: by recording and label, never the test split
DONE = "result.json"  # written last: a fold without it is unfinished
MODEL = "model.pt"
TABLES = ("confusion", "counted")  # of a fold's result


__all__ = ["DONE", "MODEL", "CrossValidation", "crossvalidate", "fingerprint", "refuse_start"]


def crossvalidate(
    config: TrainConfig,
    store: ClipStore,
    folder: str | Path,
    *,
    seeds: Sequence[int] = (0,),
    folds: Sequence[int] = (),
    speeds: Sequence[float] = (1.0,),
    chosen_on: Sequence[int] | None = None,
    writer_of: Callable[[int, int], Any] = lambda seed, fold: NullWriter(),
    should_stop: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int, dict[str, float]], None] = lambda done, total, run: None,
) -> CrossValidation | None:
    """Train and evaluate on every fold with every seed; None when `should_stop` ended it early.

    `folds` of the store, all when empty; `speeds` at which a held-out clip is heard; `chosen_on`: the folds that the
    settings were chosen on, as far as that is known. `folder` receives checkpoints and
    results. `writer_of(seed, fold)` gives the writer of a training; `progress(done, total, run)` is told of every
    finished one. Raises ConfigError (the store has no such folds) and what `train` and `evaluate` raise.
    """
    if not store.folds and "train" in store.splits:
        store = with_drawn_folds(store, Path(folder) / DRAWN)
        print(
            f"note: the data set has no folds: {len(store.folds)} were drawn from its training clips",
            flush=True,
        )
    chosen = list(folds) or store.folds
    if not chosen or not set(chosen) <= set(store.folds):
        raise ConfigError(
            f"folds {list(folds)} can't be held out in turn: the store has folds {store.folds}."
        )
    refuse_start(config, store, chosen)
    jobs = [replace(config, seed=seed, fold=fold) for seed in seeds for fold in chosen]
    runs: list[dict[str, Any]] = []
    places: list[Path] = []
    for done, job in enumerate(jobs, 1):
        place = Path(folder) / f"seed{job.seed}-fold{job.fold}-{fingerprint(job, store, speeds)}"
        if not _finished(place):
            writer = writer_of(job.seed, job.fold)
            if not _run(job, store, place, writer, list(speeds), should_stop):
                return None
        runs.append(json.loads((place / DONE).read_text()))
        places.append(place)
        progress(done, len(jobs), {k: v for k, v in runs[-1].items() if k not in TABLES})
    confusion, counted = (([run.pop(name) for run in runs]) for name in TABLES)
    added = {name: np.sum([one[name] for one in counted], axis=0).tolist() for name in counted[0]}
    stated = None if chosen_on is None else sorted(set(chosen_on))
    _, measured = judged_together(places, store)
    return CrossValidation(
        pd.DataFrame(runs), np.sum(confusion, axis=0), added, list(store.classes), stated, measured
    )


def _content(path: str) -> str:
    """A hash of a file's content, wherever it lies; empty for no file, the path for one that can't be read."""
    try:
        return content_of(Path(path).expanduser()) if path else ""
    except AudioError:
        return path


def refuse_start(config: TrainConfig, store: ClipStore, folds: Sequence[int]) -> None:
    """Before the first fold is trained: weights and teachers that any of the folds must not learn from.

    Raises ConfigError that names the folds, of whose clips they were trained on some; with overlap=apart they are
    told, and left out of those folds' figures, unless they are all clips of a fold.
    """
    files = config.learned_from()
    if not files:
        return
    origin = Origin.of(store, store.index.iloc[:0], files)
    heard = {fold: origin.heard(held_out(store, fold)) for fold in folds}
    told = [f"fold {fold}: {mask.sum()} of {len(mask)}" for fold, mask in heard.items() if mask.any()]
    whole = [str(fold) for fold, mask in heard.items() if mask.all()]
    if told and (whole or config.overlap == "refuse"):
        apart = "" if whole else ", or use overlap=apart, which leaves these clips out of the figures"
        raise ConfigError(
            f"{config.named_files()} was trained on clips that are held out ({'; '.join(told)}): "
            f"a result on them says nothing{_nothing_left(whole)}. Hold out other folds (`folds`), or start from "
            f"weights of other recordings{apart}."
        )
    if told:
        print(
            f"NOTE: `weights` were trained on held-out clips, left out of the figures: {'; '.join(told)}",
            flush=True,
        )
    elif not origin.complete:
        print(
            f"NOTE: nothing proves that {', '.join(files)} was not trained on clips that are held out",
            flush=True,
        )


def _nothing_left(folds: Sequence[str]) -> str:
    """Why clips can't be left out of the figures of folds that hold out no others."""
    return f", and of fold {', '.join(folds)} no other clip is left" if folds else ""


def _finished(place: Path) -> bool:
    """Whether a fold's result is there; one of before answers were kept is evaluated again."""
    there = (place / DONE).exists() and (place / KEPT).exists()
    return there and "counted" in json.loads((place / DONE).read_text())


def fingerprint(config: TrainConfig, store: ClipStore, speeds: Sequence[float]) -> str:
    """Changes with anything that changes a fold's result: the weights it starts from by what is in their file."""
    settings = plain(config) | {"weights": _content(config.weights)}
    settings["teacher"] = [_content(one) for one in config.teacher]
    about = [settings, list(speeds), store.manifest, clips_of(store.index)]
    return hashlib.sha256(json.dumps(about, sort_keys=True, default=str).encode()).hexdigest()[:12]


def _run(
    config: TrainConfig,
    store: ClipStore,
    place: Path,
    writer: Any,
    speeds: list[float],
    should_stop: Callable[[], bool],
) -> bool:
    """One fold: train, evaluate, write its result. False when it was stopped."""
    started = time.monotonic()
    last = place / "last.pt"
    trained = (place / DONE).exists() and (place / MODEL).exists()  # by a version that wrote less down
    result = (
        None
        if trained
        else train(
            config,
            store,
            writer=writer,
            checkpoint_dir=place,
            resume_from=last if any(generations(last)) else None,
            should_stop=should_stop,
            progress=lambda *_: None,
        )
    )
    if result and result.stopped:
        return False
    heard = EvaluateConfig(
        speeds=speeds,
        device=config.device,
        threads=config.threads,
        overlap=config.overlap,
        metrics=config.metrics,
        resamples=0,
    )
    found = evaluate(place / MODEL, store, heard)
    if found.note:
        print(f"note: fold {config.fold}, seed {config.seed}: {found.note}", flush=True)
    keep(place, list(found.judged.index), found.logits)
    half = place / (DONE + ".part")
    half.write_text(json.dumps(row(config, found, time.monotonic() - started)))
    half.replace(place / DONE)
    for one in list(generations(last)):
        one.unlink()
    return True


def row(config: TrainConfig, found: EvaluationResult, seconds: float) -> dict[str, Any]:
    """A fold's result."""
    calibrated = found.at_its_temperature()
    more = (
        {"ece": found.ece}
        if calibrated is None
        else {
            "ece": found.ece,
            "ece_calibrated": calibration_error(calibrated),
            "temperature": found.calibration.temperature if found.calibration else 1.0,
        }
    )
    return {
        **found.figures,
        **more,
        "seed": config.seed,
        "fold": config.fold,
        "clips": len(found.clips),
        "independent": round(found.independent, 3),
        "accuracy": found.accuracy,
        "macro_f1": found.macro_f1,
        "loss": found.loss,
        "seconds": round(seconds, 1),
        "confusion": found.confusion.tolist(),
        "counted": found.counted,
    }
