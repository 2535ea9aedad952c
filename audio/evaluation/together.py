"""What a cross-validation finds: the folds' figures together, and how far folds, seeds and chance move them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from audio.metrics.intervals import Judged
from audio.metrics.statistics import binomial_error, class_table, macro_f1, standard_deviation, wilson


@dataclass
class CrossValidation:
    """The folds' figures together. `±` is a standard deviation: over folds, over seeds, or of the clips' binomial."""

    runs: pd.DataFrame  # a row for each seed and fold: seed, fold, clips, accuracy, macro_f1, loss, seconds
    confusion: np.ndarray  # counts over all runs, (true class, predicted class)
    counted: dict[str, list[int]]  # `counts` of audio.metrics.statistics, added up over all runs
    classes: list[str]
    chosen_on: list[int] | None = None  # folds that the settings were chosen on; None: nobody has said
    measured: Judged | None = None  # the figures of papers, of all folds' answers together

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
                *self._measured(),
                f"settings {self._chosen()}",
                "folds    " + "  ".join(f"{fold}: {value:.1%}" for fold, value in by_fold.items()),
                "",
                self.per_class.round(3).to_string(),
            ]
        )

    def _measured(self) -> list[str]:
        """The figures of all answers together, with their intervals."""
        if self.measured is None:
            return []
        named = [name for name in ("ece", "ece_calibrated") if name in self.runs]
        ece = [
            f"ECE {', calibrated '.join(f'{self.runs[name].mean():.3f}' for name in named)} (mean of runs)"
        ]
        told = (f"{name} {one}" for name, one in self.measured.figures.items() if name != "accuracy")
        return [
            f"together {', '.join(told)} (95 % intervals over {self.measured.recordings} recordings)",
            *ece[: len(named)],
        ]

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
