"""One setting of a search, trained once or with several seeds and folds: their mean and spread, not the luckiest run.

A *trial* is a setting; each training of it is a task of its own. A trial counts when all its trainings have finished:
the mean of those that happened to survive would be another quantity.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from tasks.study.trials import OPEN, Trial

PRUNED = "others were better at this epoch"  # the reason that an early end is given
TRIAL, REPEAT, STUDY = "trial", "repeat", "study"  # properties of a training

Plan = list[dict[str, Any]]  # for each repeat, the parameters in which it differs from the others


def plan(seeds: Sequence[int], folds: Sequence[int]) -> Plan:
    """Every fold with every seed; one training as the base task has it where none are given."""
    of_folds = [{"development_fold": fold} for fold in folds] or [{}]
    of_seeds = [{"seed": seed} for seed in seeds] or [{}]
    return [{**fold, **seed} for fold, seed in product(of_folds, of_seeds)]


@dataclass(frozen=True)
class Setting:
    """The trainings of one trial, by repeat."""

    number: int
    runs: dict[int, Trial]
    wanted: int  # how many trainings make it whole

    @property
    def parameters(self) -> dict[str, str]:
        return next(iter(self.runs.values())).parameters

    @property
    def pruned(self) -> bool:
        return any(one.status == "stopped" and one.reason == PRUNED for one in self.runs.values())

    @property
    def lost(self) -> bool:
        """Whether a training has ended without finishing."""
        return any(not one.finished and one.status not in OPEN for one in self.runs.values())

    @property
    def running(self) -> bool:
        return any(one.status in OPEN for one in self.runs.values())

    @property
    def whole(self) -> bool:
        return len(self.runs) >= self.wanted and all(one.finished for one in self.runs.values())

    @property
    def missing(self) -> list[int]:
        """The repeats that have not begun; none of a trial that is given up."""
        return [] if self.lost else [one for one in range(self.wanted) if one not in self.runs]

    @property
    def ended(self) -> float:
        """When the last training ended, s since 1970."""
        return max(one.dates.get("completed", 0.0) for one in self.runs.values())

    @property
    def model(self) -> str:
        """The model of the first repeat, whichever came out best."""
        return self.first.model

    @property
    def first(self) -> Trial:
        return self.runs[min(self.runs)]

    def has(self, objectives: Sequence[str]) -> bool:
        """Whether every training has finished and reported all of them."""
        return self.whole and all(name in one.values for one in self.runs.values() for name in objectives)

    def mean(self, objective: str) -> float:
        return statistics.fmean(one.values[objective] for one in self.runs.values())

    def std(self, objective: str) -> float:
        """Standard deviation over the repeats; NaN of a single one."""
        values = [one.values[objective] for one in self.runs.values()]
        return statistics.stdev(values) if len(values) > 1 else float("nan")

    def told(self, objective: str) -> str:
        """`0.8731`, or `0.8731 ± 0.012 over 3 trainings`."""
        mean = f"{self.mean(objective):.4g}"
        if len(self.runs) == 1:
            return mean
        return f"{mean} ± {self.std(objective):.2g} over {len(self.runs)} trainings"


def grouped(found: Sequence[Trial], wanted: int) -> list[Setting]:
    """The trials, by number; of two trainings that are the same repeat of one trial, the one that was made first."""
    groups: dict[int, dict[int, Trial]] = {}
    for one in sorted(found, key=lambda one: one.dates.get("created", 0.0)):
        number, repeat = one.marks.get(TRIAL, ""), one.marks.get(REPEAT, "")
        if number.isdecimal() and repeat.isdecimal():
            groups.setdefault(int(number), {}).setdefault(int(repeat), one)
    return [Setting(number, groups[number], wanted) for number in sorted(groups)]


def best(settings: Sequence[Setting], objectives: Sequence[str], signs: Sequence[str]) -> list[Setting]:
    """Those that are whole and reported the objectives, the best mean first: a lost one is never best.

    With several objectives those that no other beats in all of them stand first, by the first objective.
    """
    whole = [one for one in settings if one.has(objectives)]
    worth = {
        one.number: [
            one.mean(name) * (1 if sign == "max" else -1)
            for name, sign in zip(objectives, signs, strict=True)
        ]
        for one in whole
    }
    beaten = {
        one.number
        for one in whole
        if any(
            all(a >= b for a, b in zip(worth[other.number], worth[one.number], strict=True))
            and worth[other.number] != worth[one.number]
            for other in whole
        )
    }
    several = len(objectives) > 1
    return sorted(whole, key=lambda one: (several and one.number in beaten, -worth[one.number][0]))
