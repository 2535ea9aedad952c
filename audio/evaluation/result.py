"""What an evaluation finds: figures with intervals, the confusion matrix, and a row for every clip."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from audio.clips.splits import recordings
from audio.clips.store import ClipStore
from audio.clips.table import clip_table
from audio.metrics.calibration import Calibration
from audio.metrics.figures import Answers, figures
from audio.metrics.intervals import RESAMPLES, Judged, judged
from audio.metrics.objective import loss_of, probabilities
from audio.metrics.reliability import calibration_error, chances_of
from audio.metrics.statistics import (
    class_table,
    confusion_matrix,
    counts,
    independent,
    wilson,
)

TOP = 5
IN_TEXT = ("mean_average_precision", "auroc")  # figures told in a line beside accuracy and macro-F1


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
    calibration: Calibration | None = None  # that the checkpoint keeps
    robustness: pd.DataFrame | None = None  # `curves` of audio.evaluation.robustness, if they were asked for
    slices: pd.DataFrame = field(default_factory=pd.DataFrame)  # `slices` of audio.evaluation.slices
    calibrated: bool = False  # whether the answers are at its temperature
    measured: Judged = field(
        kw_only=True
    )  # the figures of papers, with their intervals, overall and by class
    answers: Answers = field(kw_only=True)  # of the clips in the order of `judged`
    logits: np.ndarray = field(kw_only=True)  # float32 (clips, classes), likewise

    @property
    def interval(self) -> tuple[float, float]:
        """In which the accuracy lies on recordings like these, with a confidence of 95 % (Wilson's interval)."""
        return wilson(self.accuracy, self.independent)

    def text(self) -> str:
        """The figures in a line, as a person reads them."""
        low, high = self.interval
        shared = f" of {self.recordings} recordings" if self.recordings < len(self.clips) else ""
        papers = {name: one.value for name, one in self.measured.figures.items() if name in IN_TEXT}
        told = {name: value for name, value in (papers | self.figures).items() if not np.isnan(value)}
        more = "".join(f", {name} {value:.4g}" for name, value in told.items())
        ece = f"ECE {self.ece:.3f}{' calibrated' if self.calibrated else ''}"
        return (
            f"accuracy {self.accuracy:.2%} (95 % interval {low:.1%} to {high:.1%}, n = {len(self.clips)} clips{shared}"
            f"), macro-F1 {self.macro_f1:.2%}, loss {self.loss:.3f}, {ece}{more}; "
            f"computed in {self.precision}"
        )

    @property
    def ece(self) -> float:
        """Expected calibration error of the answers."""
        return calibration_error(self.answers)

    def at_its_temperature(self) -> Answers | None:
        """The answers as the checkpoint's calibration has them; None where it has none, or they are that already.

        Of a clip that was heard in several windows, or at several speeds, it takes their mean as one answer.
        """
        if self.calibration is None or self.calibrated:
            return None
        chance = chances_of(self.calibration.logits(self.logits), self.answers.multi_label)
        limits = np.array(self.calibration.thresholds) if self.calibration.thresholds else None
        return replace(self.answers, probabilities=chance, thresholds=limits)

    def waveform(self, clip: str) -> np.ndarray:
        """Of one clip, float32 `(num_samples,)` at `store.sample_rate`."""
        return self.store.waveform(clip)


def summarise(
    store: ClipStore,
    rows: pd.DataFrame,
    logits: Tensor,
    frontend: dict[str, Any],
    precision: str = "fp32",
    metrics: Sequence[str] = (),
    resamples: int = RESAMPLES,
    thresholds: Sequence[float] = (),
) -> EvaluationResult:
    """The figures and the table from every clip's logits `(clips, classes)`; `metrics` names further figures.

    `thresholds` are those of several labels; empty: a half.
    """
    multi, targets = store.multi_label, store.targets(rows)
    loss = loss_of(logits, torch.from_numpy(targets), multi)
    probability, truth = probabilities(logits, multi).numpy(), targets > 0.5
    limits = np.array(thresholds) if len(thresholds) else None
    answers = Answers(truth, probability, multi, store.classes, limits)
    own = figures(["accuracy", "macro_f1"], answers)
    counted = counts(truth, answers.given)
    clips = judged_table(store, rows, probability, loss.numpy())
    right, sources = (truth == answers.given).all(1), recordings(rows)
    return EvaluationResult(
        accuracy=own["accuracy"],
        macro_f1=own["macro_f1"],
        loss=float(loss.mean()),
        confusion=confusion_matrix(truth, probability, multi, 0.5 if limits is None else limits),
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
        measured=judged(answers, list(sources), resamples),
        answers=answers,
        logits=logits.numpy(),
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
