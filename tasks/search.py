"""A search for hyperparameters: clones of the train template with edited values, put on a queue, the best of them told.

    python -m tasks.search --space "learning_rate=log:0.0003..0.01, dropout=0.0..0.5, mixup=0|0.5|0.8"
    python -m tasks.search --trials 30 --concurrent 2 --epochs 40 --dataset_id ID

Trials run wherever agents listen to the queue. They are compared on the development fold, never on the test fold.
With the package optuna (requirements-extra.txt) its TPE sampler proposes values and poor trials are ended early;
without it values are drawn at random.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from audio.config import TrainConfig
from tasks import names, parameters, register
from tasks.errors import BadParameter
from tasks.session import Run, job, session

SPACE = "learning_rate=log:0.0003..0.01, dropout=0.1..0.5, mixup=0|0.5|0.8"
POLL_MINUTES = 0.05  # between looks at the trials


@dataclass
class SearchParameters:
    """A search for hyperparameters of the train task."""

    space: str = SPACE  # values of each parameter: low..high, log:low..high (logarithmic), or a|b|c
    base_task_id: str = ""  # train task that is cloned; empty: the template
    dataset_id: str = ""  # ClearML dataset of all trials; empty: as in the base task
    epochs: int = 20  # of a trial
    trials: int = 20  # trainings in all
    concurrent: int = 2  # trainings at a time
    hours: float = 12.0  # h after which no trial is started and the search ends
    objective: str = "accuracy/validation"  # scalar to be made best, as quantity/split
    sign: str = "max"  # whether the best is the largest (max) or the smallest (min) value
    best: int = 3  # trials whose parameters are shown
    queue: str = names.QUEUE  # queue that the trials are put on

    def __post_init__(self) -> None:
        if self.sign not in ("max", "min"):
            raise BadParameter(f"sign is {self.sign!r}; it can be max, min.")
        for name in ("trials", "concurrent", "epochs", "best"):
            if getattr(self, name) < 1:
                raise BadParameter(f"{name} is {getattr(self, name)}; it must be at least 1.")
        if self.objective.count("/") != 1:
            raise BadParameter(
                f"objective is {self.objective!r}; it must be quantity/split, as accuracy/validation."
            )
        ranges(self.space)


@dataclass(frozen=True)
class Range:
    """The values of one parameter: from `low` to `high`, or one of `choices`."""

    name: str
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False
    choices: tuple[Any, ...] = ()


def ranges(space: str) -> list[Range]:
    """What a text such as `learning_rate=log:0.001..0.1, model=cnn|crnn` stands for. Raises BadParameter."""
    kinds = parameters.kinds(TrainConfig)
    found = []
    for part in filter(None, re.split(r"[,;\s]+", space)):
        name, equals, values = part.partition("=")
        if not equals or name not in kinds:
            raise BadParameter(
                f"space: {part!r} is not name=values with the name of a parameter of the train task."
            )
        try:
            found.append(_range(name, values, kinds[name]))
        except ValueError as fault:
            raise BadParameter(f"space: {name}: {fault}") from fault
    if not found:
        raise BadParameter(f"space is empty; it should read like {SPACE!r}.")
    return found


def _range(name: str, values: str, kind: parameters.Kind) -> Range:
    log = values.startswith("log:")
    low, dots, high = values.removeprefix("log:").partition("..")
    if not dots:
        return Range(name, choices=tuple(parameters.read(one, kind) for one in values.split("|")))
    if kind.base not in (int, float) or kind.many:
        raise ValueError(f"{values!r} is a range of numbers, which {name} is not; write name=a|b|c")
    first, last = parameters.read(low, kind), parameters.read(high, kind)
    if not first < last or (log and first <= 0):
        raise ValueError(f"{values!r} must go from a smaller to a larger number" + " above 0" * log)
    return Range(name, first, last, log, kind.base is int)


def main(arguments: Sequence[str] | None = None) -> None:
    with session(job("search"), SearchParameters, arguments, __doc__) as run:
        from tasks.stopping import StopRequest

        stop = StopRequest(run.task)
        base = run.parameters.base_task_id or register.template("train")
        _pin(run, base)
        optimizer = _optimizer(run, base)
        optimizer.set_report_period(POLL_MINUTES)
        optimizer.set_time_limit(in_minutes=60 * run.parameters.hours)
        optimizer.start()
        try:
            while not (optimizer.wait(POLL_MINUTES) or optimizer.reached_time_limit() or stop()):
                pass
        finally:
            optimizer.stop(wait_for_reporter=False)  # trials that are under way are aborted
        _report(run, optimizer.get_top_experiments(top_k=run.parameters.best))
        if stop():
            stop.kept()


def _pin(run: Run[SearchParameters], base: str) -> None:
    """One dataset version for all trials, whatever is made while they run."""
    from clearml import Task

    from tasks import lookup

    wanted = run.parameters
    if "dataset_id" in {one.name for one in ranges(wanted.space)}:
        return
    own: Any = Task.get_task(task_id=base).get_parameter(f"{parameters.SECTION}/dataset_id")
    wanted.dataset_id = (
        wanted.dataset_id or str(own or "") or lookup.newest_dataset(run.task.get_project_name())
    )
    parameters.write_to(run.task, wanted)
    run.task.set_user_properties(dataset_id=wanted.dataset_id)


def _optimizer(run: Run[SearchParameters], base: str) -> Any:
    from clearml.automation import HyperParameterOptimizer

    wanted = run.parameters
    title, series = wanted.objective.split("/")
    return HyperParameterOptimizer(
        base_task_id=base,
        hyper_parameters=[*map(_parameter, ranges(wanted.space)), *_fixed(wanted)],
        objective_metric_title=title,
        objective_metric_series=series,
        objective_metric_sign=wanted.sign,
        optimizer_class=_strategy(),
        max_number_of_concurrent_tasks=wanted.concurrent,
        execution_queue=wanted.queue,
        spawn_project=run.task.get_project_name(),
        pool_period_min=POLL_MINUTES,
        total_max_jobs=wanted.trials,
        min_iteration_per_job=max(1, wanted.epochs // 4),
        max_iteration_per_job=2 * wanted.epochs,  # a trial ends by itself
        time_limit_per_job=60 * wanted.hours,
    )


def _strategy() -> Any:
    """Optuna's sampler where it is installed, else random draws."""
    try:
        from clearml.automation.optuna import OptimizerOptuna

        return OptimizerOptuna
    except ImportError:
        from clearml.automation import RandomSearch

        print(
            "note: optuna is not installed, values are drawn at random: pip install -r requirements-extra.txt"
        )
        return RandomSearch


def _parameter(one: Range) -> Any:
    """A range as the optimizer takes it."""
    from clearml.automation import DiscreteParameterRange, UniformIntegerParameterRange, UniformParameterRange
    from clearml.automation.parameters import LogUniformParameterRange

    name = f"{parameters.SECTION}/{one.name}"
    if one.choices:
        return DiscreteParameterRange(name, values=[parameters.write(value) for value in one.choices])
    if one.whole:
        return UniformIntegerParameterRange(name, int(one.low), int(one.high), include_max_value=True)
    if one.log:
        from math import log10

        return LogUniformParameterRange(name, log10(one.low), log10(one.high), include_max_value=True)
    return UniformParameterRange(name, one.low, one.high, include_max_value=True)


def _fixed(wanted: SearchParameters) -> list[Any]:
    """What all trials share: the length of the training, and a development fold to be compared on."""
    from clearml.automation import DiscreteParameterRange

    values = {"epochs": wanted.epochs, "validation": "development", "debug_samples_every": 0}
    if wanted.dataset_id:
        values["dataset_id"] = wanted.dataset_id
    own = {one.name for one in ranges(wanted.space)}
    return [
        DiscreteParameterRange(f"{parameters.SECTION}/{name}", values=[parameters.write(value)])
        for name, value in values.items()
        if name not in own
    ]


def _report(run: Run[SearchParameters], top: list[Any]) -> None:
    """The best trials as a table; the best one's parameters as configuration of this task."""
    import pandas as pd

    from tasks import reports

    title, series = run.parameters.objective.split("/")
    searched = [one.name for one in ranges(run.parameters.space)]
    rows = []
    for task in top:
        last = task.get_last_scalar_metrics().get(title, {}).get(series, {})
        values = {name: task.get_parameter(f"{parameters.SECTION}/{name}") for name in searched}
        rows.append({"task": task.id, run.parameters.objective: last.get("last"), **values})
    table = pd.DataFrame(rows)
    reports.report_rows(run.logger, "best trials", run.parameters.objective, table)
    print(table.to_string(index=False) if rows else "No trial has reported the objective.")
    if rows:
        run.task.set_configuration_object(
            "best", config_dict={k: v for k, v in rows[0].items() if k in searched}
        )
        run.task.set_user_properties(best_task_id=rows[0]["task"])
        if rows[0][run.parameters.objective] is not None:
            run.logger.report_single_value(run.parameters.objective, rows[0][run.parameters.objective])


if __name__ == "__main__":
    main()
