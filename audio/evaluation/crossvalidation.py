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

from audio.checkpoints.generations import generations
from audio.checkpoints.origin import Origin
from audio.clips.identity import fingerprint as clips_of
from audio.clips.splits import held_out
from audio.clips.store import ClipStore
from audio.config import EvaluateConfig, TrainConfig, plain
from audio.errors import AudioError, ConfigError
from audio.evaluation.evaluate import EvaluationResult, evaluate
from audio.io.decoding import content_of
from audio.metrics.statistics import binomial_error, class_table, macro_f1, standard_deviation, wilson
from audio.preprocessing.folds import with_drawn_folds
from audio.reporting.writers import NullWriter
from audio.training.train import train

DRAWN = "drawn-folds"  # store with folds, where the data set has none: by recording and label, never the test split
DONE = "result.json"  # written last: a fold without it is unfinished
MODEL = "model.pt"
TABLES = ("confusion", "counted")  # of a fold's result


@dataclass
class CrossValidation:
    """The folds' figures together. `±` is a standard deviation: over folds, over seeds, or of the clips' binomial."""

    runs: pd.DataFrame  # a row for each seed and fold: seed, fold, clips, accuracy, macro_f1, loss, seconds
    confusion: np.ndarray  # counts over all runs, (true class, predicted class)
    counted: dict[str, list[int]]  # `counts` of audio.metrics.statistics, added up over all runs
    classes: list[str]
    chosen_on: list[int] | None = None  # folds that the settings were chosen on; None: nobody has said

    @property
    def accuracy(self) -> float:
        """The mean over seeds of the mean over folds."""
        return float(self.runs.groupby("seed")["accuracy"].mean().mean())

    @property
    def macro_f1(self) -> float:
        """Of all runs' answers together."""
        return macro_f1(self.counted)

    @property
    def spread_over_folds(self) -> float:
        """Standard deviation of the folds' accuracies (each the mean of its seeds); NaN for one fold."""
        return standard_deviation(self.runs.groupby("fold")["accuracy"].mean())

    @property
    def spread_over_seeds(self) -> float:
        """Standard deviation of the seeds' accuracies (each the mean of its folds); NaN for one seed."""
        return standard_deviation(self.runs.groupby("seed")["accuracy"].mean())

    @property
    def clips(self) -> int:
        """Clips that were held out, each counted once however many seeds there are."""
        return int(self.runs.groupby("fold")["clips"].first().sum())

    @property
    def binomial_error(self) -> float:
        """Standard deviation of the accuracy for the number of clips alone."""
        return binomial_error(self._share, self.clips)

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the clips' accuracy, all folds together."""
        return wilson(self._share, self.independent)

    @property
    def independent(self) -> float:
        """Clips, each of a recording of its own, that tell as much; all of them for folds that an older version ran."""
        if "independent" not in self.runs:
            return self.clips
        counted = self.runs["independent"].fillna(self.runs["clips"])
        return float(counted.groupby(self.runs["fold"]).mean().sum())

    @property
    def _share(self) -> float:
        """Of all clips, the right ones: what the mean of folds is when they are of one size."""
        return float((self.runs["accuracy"] * self.runs["clips"]).sum() / self.runs["clips"].sum())

    @property
    def unused(self) -> float | None:
        """Accuracy on the folds that no setting was chosen on; None when there are none, or nobody has said."""
        if not self.chosen_on:
            return None
        rest = self.runs[~self.runs["fold"].isin(self.chosen_on)]
        return float(rest["accuracy"].mean()) if len(rest) else None

    @property
    def per_class(self) -> pd.DataFrame:
        """Precision, recall, F1 and support of each class over all runs, the hardest first."""
        return class_table(self.counted, self.classes).sort_values("recall")

    def text(self) -> str:
        """The figures as a person reads them."""
        by_fold = self.runs.groupby("fold")["accuracy"].mean()
        folds, seeds = len(by_fold), self.runs["seed"].nunique()
        low, high = self.interval
        return "\n".join(
            [
                f"accuracy {self.accuracy:.2%}, mean of {folds} fold{'s' * (folds > 1)} and {seeds} "
                f"seed{'s' * (seeds > 1)}; macro-F1 {self.macro_f1:.2%}",
                f"spread   {_deviation(self.spread_over_folds, folds, 'folds')}; "
                f"{_deviation(self.spread_over_seeds, seeds, 'seeds')}",
                f"clips    ± {self.binomial_error:.2%} binomial standard deviation of n = {self.clips} clips; "
                f"95 % interval {low:.1%} to {high:.1%} (Wilson{self._shared()})",
                f"settings {self._chosen()}",
                "folds    " + "  ".join(f"{fold}: {value:.1%}" for fold, value in by_fold.items()),
                "",
                self.per_class.round(3).to_string(),
            ]
        )

    def _shared(self) -> str:
        """What the interval takes into account beside the number of clips."""
        if self.independent >= self.clips:
            return ""
        return f"; clips of one recording count as {self.independent / self.clips:.2f} each"

    def _chosen(self) -> str:
        """Which folds chose the settings, as far as it was said."""
        if self.chosen_on is None:
            return "it was not said on which clips they were chosen (chosen_on); on these, the figures are too good"
        if not self.chosen_on:
            return "chosen on none of these folds"
        named = ", ".join(map(str, self.chosen_on))
        rest = (
            "no fold is left that they were not"
            if self.unused is None
            else f"the others have {self.unused:.2%}"
        )
        return f"chosen on folds {named}; {rest}"


def _deviation(value: float, count: int, what: str) -> str:
    if count < 2:
        return f"one {what[:-1]} tells of no spread over {what}"
    return f"± {value:.2%} standard deviation of n = {count} {what}"


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
    for done, job in enumerate(jobs, 1):
        place = Path(folder) / f"seed{job.seed}-fold{job.fold}-{fingerprint(job, store, speeds)}"
        if not _finished(place):
            writer = writer_of(job.seed, job.fold)
            if not _run(job, store, place, writer, list(speeds), should_stop):
                return None
        runs.append(json.loads((place / DONE).read_text()))
        progress(done, len(jobs), {k: v for k, v in runs[-1].items() if k not in TABLES})
    confusion, counted = (([run.pop(name) for run in runs]) for name in TABLES)
    added = {name: np.sum([one[name] for one in counted], axis=0).tolist() for name in counted[0]}
    stated = None if chosen_on is None else sorted(set(chosen_on))
    return CrossValidation(pd.DataFrame(runs), np.sum(confusion, axis=0), added, list(store.classes), stated)


def _content(path: str) -> str:
    """A hash of a file's content, wherever it lies; empty for no file, the path for one that can't be read."""
    try:
        return content_of(Path(path).expanduser()) if path else ""
    except AudioError:
        return path


def refuse_start(config: TrainConfig, store: ClipStore, folds: Sequence[int]) -> None:
    """Before the first fold is trained: weights that any of the folds must not start from.

    Raises ConfigError that names the folds, of whose clips `weights` were trained on some; with overlap=apart they are
    told, and left out of those folds' figures, unless they are all clips of a fold.
    """
    if not config.weights:
        return
    origin = Origin.of(store, store.index.iloc[:0], config.weights)
    heard = {fold: origin.heard(held_out(store, fold)) for fold in folds}
    told = [f"fold {fold}: {mask.sum()} of {len(mask)}" for fold, mask in heard.items() if mask.any()]
    whole = [str(fold) for fold, mask in heard.items() if mask.all()]
    if told and (whole or config.overlap == "refuse"):
        apart = "" if whole else ", or use overlap=apart, which leaves these clips out of the figures"
        raise ConfigError(
            f"{config.weights}, which `weights` names, was trained on clips that are held out ({'; '.join(told)}): "
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
            f"NOTE: nothing proves that {config.weights} was not trained on clips that are held out",
            flush=True,
        )


def _nothing_left(folds: Sequence[str]) -> str:
    """Why clips can't be left out of the figures of folds that hold out no others."""
    return f", and of fold {', '.join(folds)} no other clip is left" if folds else ""


def _finished(place: Path) -> bool:
    """Whether a fold's result is there; one of before classes were counted is evaluated again."""
    return (place / DONE).exists() and "counted" in json.loads((place / DONE).read_text())


def fingerprint(config: TrainConfig, store: ClipStore, speeds: Sequence[float]) -> str:
    """Changes with anything that changes a fold's result: the weights it starts from by what is in their file."""
    settings = plain(config) | {"weights": _content(config.weights)}
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
    )
    found = evaluate(place / MODEL, store, heard)
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
        **found.figures,
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
