"""Optuna's study of a search: which values come next, and which training is not worth going on with.

The trainings on the server are the truth: a study is told again what has run, from their parameters and curves, so that
a search whose process was killed goes on from there on any machine.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from tasks.arguments import parameters
from tasks.errors import BadParameter
from tasks.study.repeats import Setting
from tasks.study.space import Range, points

SAMPLERS = ("tpe", "cmaes", "grid", "random")
PRUNERS = ("median", "asha", "none")
TRIES = 50  # to find values that were not tried before

Values = dict[str, Any]


class Study:
    """Proposes values and compares curves. `seed` makes its proposals the same again."""

    def __init__(
        self,
        space: Sequence[Range],
        signs: Sequence[str],
        sampler: str,
        prune: str,
        earliest: int,
        seed: int,
    ) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)  # each trial is told by its name
        self._space, self._sampler, self._prune = list(space), sampler, prune
        self._optuna = optuna.create_study(
            directions=["maximize" if sign == "max" else "minimize" for sign in signs],
            sampler=_sampler(sampler, seed),
            pruner=_pruner(prune, earliest),
        )
        self._trials: dict[int, Any] = {}
        self._tried: set[tuple[tuple[str, str], ...]] = set()
        self._told: set[int] = set()
        self._steps: dict[int, int] = {}

    @property
    def prunes(self) -> bool:
        return self._prune != "none"

    def knows(self, number: int) -> bool:
        return number in self._trials

    def propose(self, number: int) -> Values | None:
        """The values of a trial to come, by name; None when every combination has been tried."""
        from optuna.trial import TrialState

        if self._sampler == "grid":
            point = next((one for one in points(self._space) if _key(one) not in self._tried), None)
            if point is None:
                return None
            self._optuna.enqueue_trial(point)
        for _ in range(TRIES):
            trial = self._optuna.ask()
            values = self._suggested(trial)
            if _key(values) not in self._tried:
                self._tried.add(_key(values))
                self._trials[number] = trial
                return values
            self._optuna.tell(trial, state=TrialState.FAIL)
        return None

    def recall(self, setting: Setting, curve: Mapping[int, float]) -> None:
        """Take in a trial of an earlier run of the search, with the curve that its first training has so far."""
        values = self._read(setting.parameters)
        self._tried.add(_key(values))
        if any(not one.contains(values[one.name]) for one in self._space if one.name in values):
            return  # the space was edited since
        self._optuna.enqueue_trial(values)
        self._trials[setting.number] = self._optuna.ask()
        self._suggested(self._trials[setting.number])
        self.poor(setting.number, curve)

    def poor(self, number: int, curve: Mapping[int, float]) -> bool:
        """Whether a trial whose first training has this curve, by epoch, is worse than others were."""
        trial = self._trials.get(number)
        if trial is None or not self.prunes:
            return False
        found = False
        for step in sorted(one for one in curve if one > self._steps.get(number, -1)):
            trial.report(curve[step], step)
            self._steps[number] = step
            found = found or bool(trial.should_prune())
        return found

    def tell(self, setting: Setting, objectives: Sequence[str]) -> bool:
        """Take in how a trial has ended, once; gives whether it was news."""
        from optuna.trial import TrialState

        trial = self._trials.get(setting.number)
        if setting.number in self._told or setting.running or not (setting.lost or setting.whole):
            return False
        self._told.add(setting.number)
        if trial is None:
            return True
        if setting.has(objectives):
            self._optuna.tell(trial, [setting.mean(name) for name in objectives])
        elif setting.pruned and self._steps.get(setting.number) is not None:
            self._optuna.tell(trial, state=TrialState.PRUNED)
        else:
            self._optuna.tell(trial, state=TrialState.FAIL)
        return True

    def importance(self) -> list[dict[str, float]]:
        """For each objective, how much of its variance each parameter explains (fANOVA); empty: too little is known.

        Parameters that are searched under a condition are left out: not every trial has them.
        """
        import optuna

        done = self._optuna.get_trials(deepcopy=False, states=[optuna.trial.TrialState.COMPLETE])
        always = [
            one.name
            for one in self._space
            if not one.when and len({str(t.params.get(one.name)) for t in done}) > 1
        ]
        if len(done) < 4 or len(always) < 2:
            return []
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
        found = []
        for position in range(len(self._optuna.directions)):
            if len({one.values[position] for one in done}) < 2:
                return []
            found.append(
                optuna.importance.get_param_importances(
                    self._optuna,
                    evaluator=evaluator,
                    params=always,
                    target=partial(_figure, position=position),
                )
            )
        return found

    def _suggested(self, trial: Any) -> Values:
        values: Values = {}
        for one in self._space:
            if one.holds(values):
                values[one.name] = _suggest(trial, one)
        return values

    def _read(self, texts: Mapping[str, str]) -> Values:
        """The values that were proposed for a training, from its parameters."""
        values: Values = {}
        for one in self._space:
            if one.name in texts and one.holds(values):
                text = texts[one.name]
                values[one.name] = text if one.choices else int(float(text)) if one.whole else float(text)
        return values


def refuse(space: Sequence[Range], sampler: str, prune: str, objectives: int) -> None:
    """Raise BadParameter for what contradicts each other, before anything is made."""
    endless = [one.name for one in space if not one.steps]
    if sampler == "grid" and endless:
        raise BadParameter(
            f"sampler is grid, and {', '.join(endless)} is a range of real numbers, which has no grid: list "
            f"its values, as {endless[0]}=a|b|c, or take sampler=random."
        )
    searched = [one for one in space if len(one.steps) != 1]
    if sampler == "cmaes" and (words := [one.name for one in searched if one.choices or one.when]):
        raise BadParameter(
            f"sampler is cmaes, which searches ranges of numbers, and {', '.join(words)} is listed or conditional: "
            f"write low..high for it, or take sampler=tpe."
        )
    if sampler == "cmaes" and objectives > 1:
        raise BadParameter("sampler is cmaes, which has one objective; with several take sampler=tpe.")
    if prune != "none" and objectives > 1:
        raise BadParameter(
            f"prune is {prune}, which compares one objective, and there are {objectives}: take prune=none."
        )


def refuse_absent(sampler: str) -> None:
    """Raise BadParameter when a package that a sampler needs is not installed."""
    from importlib.util import find_spec

    needed = ["optuna", *(["cmaes"] if sampler == "cmaes" else [])]
    if absent := [name for name in needed if find_spec(name) is None]:
        raise BadParameter(
            f"sampler={sampler} needs {' and '.join(absent)}: pip install -r requirements-extra.txt"
            + (", or take sampler=tpe." if absent == ["cmaes"] else ".")
        )


def _sampler(name: str, seed: int) -> Any:
    from optuna import samplers

    if name == "tpe":
        return samplers.TPESampler(seed=seed, constant_liar=True)
    if name == "cmaes":
        return samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False)
    return samplers.RandomSampler(seed=seed)  # a grid's points are put before it


def _pruner(name: str, earliest: int) -> Any:
    from optuna import pruners

    if name == "median":
        return pruners.MedianPruner(n_warmup_steps=earliest)
    if name == "asha":
        return pruners.SuccessiveHalvingPruner(min_resource=earliest, reduction_factor=3)
    return pruners.NopPruner()


def _suggest(trial: Any, one: Range) -> Any:
    if one.choices:
        return trial.suggest_categorical(one.name, one.texts)
    if one.whole:
        return trial.suggest_int(one.name, int(one.low), int(one.high), log=one.log)
    return trial.suggest_float(one.name, one.low, one.high, log=one.log)


def _figure(trial: Any, position: int) -> float:
    return float(trial.values[position])


def _key(values: Values) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, parameters.write(value)) for name, value in values.items()))
