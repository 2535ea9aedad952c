"""Cross-validation over the folds of a data set: every fold is held out in turn, with one or several seeds.

The mean and its spread are what papers report, and nothing is chosen on a test fold: the configuration is the same for
all folds. Every finished fold is written down, and one that was interrupted goes on from its last checkpoint, so that a
second call with the same folder continues.
"""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from audio.config import EvaluateConfig, TrainConfig
from audio.errors import ConfigError
from audio.evaluation import EvaluationResult, evaluate
from audio.generations import generations
from audio.identity import fingerprint as clips_of
from audio.replicas import plain
from audio.splits import with_drawn_folds
from audio.store import ClipStore
from audio.training import train
from audio.writers import NullWriter

DRAWN = "drawn-folds"  # store with folds, where the data set has none: by recording and label, never the test split
DONE = "result.json"  # written last: a fold without it is unfinished


@dataclass
class CrossValidation:
    """The folds' figures together."""

    runs: pd.DataFrame  # a row for each seed and fold: seed, fold, clips, accuracy, macro_f1, loss, seconds
    confusion: np.ndarray  # counts over all runs, (true class, predicted class)
    classes: list[str]

    @property
    def accuracy(self) -> float:
        """The mean over seeds of the mean over folds."""
        return float(self.runs.groupby("seed")["accuracy"].mean().mean())

    @property
    def spread_over_folds(self) -> float:
        """Standard deviation of the folds' accuracies (each the mean of its seeds); 0 for one fold."""
        return spread(self.runs.groupby("fold")["accuracy"].mean())

    @property
    def spread_over_seeds(self) -> float:
        """Standard deviation of the seeds' accuracies (each the mean of its folds); 0 for one seed."""
        return spread(self.runs.groupby("seed")["accuracy"].mean())

    @property
    def per_class(self) -> pd.DataFrame:
        """Precision, recall, F1 and support of each class over all runs, the hardest first."""
        hits, support, answers = np.diag(self.confusion), self.confusion.sum(1), self.confusion.sum(0)
        columns = {
            "precision": hits / np.maximum(answers, 1),
            "recall": hits / np.maximum(support, 1),
            "f1": 2 * hits / np.maximum(support + answers, 1),
            "support": support,
        }
        return pd.DataFrame(columns, index=pd.Index(self.classes, name="class")).sort_values("recall")

    def text(self) -> str:
        """The figures as a person reads them."""
        folds, seeds = self.runs["fold"].nunique(), self.runs["seed"].nunique()
        by_fold = self.runs.groupby("fold")["accuracy"].mean()
        return "\n".join(
            [
                f"accuracy {self.accuracy:.2%}, mean of {folds} folds and {seeds} seeds",
                f"spread   ± {self.spread_over_folds:.2%} over folds, ± {self.spread_over_seeds:.2%} over seeds",
                "folds    " + "  ".join(f"{fold}: {value:.1%}" for fold, value in by_fold.items()),
                "",
                self.per_class.round(3).to_string(),
            ]
        )


def spread(values: pd.Series) -> float:
    """Standard deviation of a sample; 0 for a single value."""
    return float(values.std(ddof=1)) if len(values) > 1 else 0.0


def crossvalidate(
    config: TrainConfig,
    store: ClipStore,
    folder: str | Path,
    *,
    seeds: Sequence[int] = (0,),
    folds: Sequence[int] = (),
    speeds: Sequence[float] = (1.0,),
    writer_of: Callable[[int, int], Any] = lambda seed, fold: NullWriter(),
    should_stop: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int, dict[str, float]], None] = lambda done, total, run: None,
) -> CrossValidation | None:
    """Train and evaluate on every fold with every seed; None when `should_stop` ended it early.

    `folds` of the store, all when empty; `speeds` at which a held-out clip is heard. `folder` receives checkpoints and
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
    jobs = [replace(config, seed=seed, fold=fold) for seed in seeds for fold in chosen]
    runs = []
    for done, job in enumerate(jobs, 1):
        place = Path(folder) / f"seed{job.seed}-fold{job.fold}-{fingerprint(job, store, speeds)}"
        if not (place / DONE).exists():
            writer = writer_of(job.seed, job.fold)
            if not _run(job, store, place, writer, list(speeds), should_stop):
                return None
        runs.append(json.loads((place / DONE).read_text()))
        progress(done, len(jobs), {k: v for k, v in runs[-1].items() if k != "confusion"})
    confusion = np.sum([run.pop("confusion") for run in runs], axis=0)
    return CrossValidation(pd.DataFrame(runs), confusion, list(store.classes))


def fingerprint(config: TrainConfig, store: ClipStore, speeds: Sequence[float]) -> str:
    """Changes with anything that changes a fold's result."""
    about = [plain(config), list(speeds), store.manifest, clips_of(store.index)]
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
    result = train(
        config,
        store,
        writer=writer,
        checkpoint_dir=place,
        resume_from=last if any(generations(last)) else None,
        should_stop=should_stop,
        progress=lambda *_: None,
    )
    if result.stopped:
        return False
    heard = EvaluateConfig(speeds=speeds, device=config.device, threads=config.threads)
    found = evaluate(result.model_path, store, heard)
    if found.note:
        print(f"note: fold {config.fold}, seed {config.seed}: {found.note}", flush=True)
    half = place / (DONE + ".part")
    half.write_text(json.dumps(row(config, found, time.monotonic() - started)))
    half.replace(place / DONE)
    for one in list(generations(last)):
        one.unlink()
    return True


def row(config: TrainConfig, found: EvaluationResult, seconds: float) -> dict[str, Any]:
    """A fold's result."""
    return {
        "seed": config.seed,
        "fold": config.fold,
        "clips": len(found.clips),
        "accuracy": found.accuracy,
        "macro_f1": found.macro_f1,
        "loss": found.loss,
        "seconds": round(seconds, 1),
        "confusion": found.confusion.tolist(),
    }
