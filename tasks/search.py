"""A search for hyperparameters: clones of the train template with edited values, put on a queue, the best of them told.

    python -m tasks.search --space "learning_rate=log:0.0003..0.01, dropout=0.0..0.5, mixup=0|0.5|0.8"
    python -m tasks.search --trials 30 --concurrent 2 --epochs 40 --dataset_id ID

Trials run wherever agents listen to the queue. They are compared on the development fold, never on the test fold; the
best of many is a maximum and so flatters itself: what a paper reports comes from tasks.evaluate on the held-out fold.
With the package optuna (requirements-extra.txt) its TPE sampler proposes values and poor trials are ended early;
without it values are drawn at random. A search that is stopped stops its trials.
"""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from audio.command_line import spoken
from audio.config import Group, Place, TrainConfig, hold, same_as
from tasks import carried, folds, identify, lookup, names, parameters, register
from tasks import space as spaces
from tasks.errors import BadParameter, NoResult, NothingThere
from tasks.session import Run, job, session

POLL_MINUTES = 0.05  # between looks at the trials
REMIND = 60.0  # s between lines that say that trials wait for an agent
SPACE, INPUTS, TRIALS = Group("What is searched"), Group("Inputs"), Group("Trials")
TEST_SIDES = ("test", "held-out")  # that nothing may be chosen by


@dataclass
class SearchParameters:
    """A search for hyperparameters of the train task."""

    space: str = SPACE(
        spaces.USUAL, "values of each parameter: low..high, log:low..high (logarithmic), or a|b|c"
    )
    base_task_id: str = INPUTS("", "train task that is cloned; empty: the template")
    dataset_id: str = INPUTS("", "ClearML dataset of all trials; empty: as in the base task")
    epochs: int = same_as(TrainConfig, "epochs", default=20, help="passes of a trial", group=TRIALS.name)
    trials: int = TRIALS(20, "trainings in all", 1)
    concurrent: int = TRIALS(2, "trainings at a time", 1)
    hours: float = TRIALS(12.0, "after which no trial is started and the search ends", 0.001, unit="h")
    objective: str = SPACE("accuracy/validation", "scalar to be made best, as quantity/split")
    sign: str = SPACE("max", "which value is the best, the largest or the smallest", choices=("max", "min"))
    best: int = SPACE(3, "trials whose parameters are shown", 1)
    queue: str = TRIALS(names.QUEUE, "queue that the trials are put on")
    plugins: list[Place] = same_as(TrainConfig, "plugins", help="files, folders or modules of all trials")

    def __post_init__(self) -> None:
        hold(self)
        quantity, slash, split = self.objective.partition("/")
        if not (quantity and slash and split) or "/" in split:
            raise BadParameter(
                f"objective is {self.objective!r}; it must be quantity/split, as accuracy/validation."
            )
        if split in TEST_SIDES:
            raise BadParameter(
                f"objective is {self.objective!r}, which would choose on the test clips; use {quantity}/validation."
            )
        spaces.ranges(self.space)

    def check_inputs(self) -> None:
        """Raises NothingThere, ConfigError: a base task, a dataset, a queue or a model that is not there."""
        base = _base(self.base_task_id)
        fold = str(base["hyperparams"]["Args"].get("fold", {}).get("value") or "")
        folds.refuse(dataset_id(self, base), [int(fold)] if fold.isdecimal() else [])
        identify.queue(self.queue)
        carried.refuse_absent(self.plugins, base, "base_task_id")
        models = [value for one in spaces.ranges(self.space) if one.name == "model" for value in one.choices]
        if models:
            from audio.models import find

            for model in models:
                find(model)


def _base(base_task_id: str) -> dict[str, Any]:
    """The task that trials are clones of. Raises NothingThere: there is none, or it is no training of this project."""
    base_task_id = base_task_id.strip() or register.template("train")
    found = identify.task(base_task_id)
    if not found:
        said = identify.what_instead(base_task_id, "train task")
        raise NothingThere(
            f"base_task_id {base_task_id!r} {said}. Give the id of a train task, or leave it empty for the template."
        )
    arguments = (found.get("hyperparams") or {}).get("Args") or {}
    if found["type"] != "training" or "learning_rate" not in arguments:
        raise NothingThere(
            f"base_task_id {base_task_id!r} is {found['name']}, a task of type {found['type']} and not a training of "
            "this project. Give the id of a train task, or leave it empty for the template."
        )
    return found


def dataset_id(wanted: SearchParameters, base: dict[str, Any]) -> str:
    """The dataset of all trials: the given one, the base task's, or the newest. Raises NothingThere."""
    own = base["hyperparams"]["Args"].get("dataset_id", {}).get("value") or ""
    return lookup.dataset(wanted.dataset_id.strip() or str(own), lookup.here())


def main(arguments: Sequence[str] | None = None) -> None:
    with session(job("search"), SearchParameters, arguments, __doc__) as run:
        from tasks import findings, trials
        from tasks.optimizer import Ending
        from tasks.stopping import StopRequest

        ending, stop = Ending(), StopRequest(run.task)
        base = _pin(run)
        _say_what_waits(run)
        optimizer = _optimizer(run, base, ending)
        optimizer.set_report_period(POLL_MINUTES)
        try:
            optimizer.start()
            _wait(run, ending, stop)
        except KeyboardInterrupt:
            _end(run, optimizer, ending)
            findings.report_finished(run)
            raise
        except BaseException:
            _end(run, optimizer, ending)
            raise
        _end(run, optimizer, ending)
        if stop():
            findings.report_finished(run)
            stop.kept()
            return
        findings.report(run, trials.of(run.task.id))
        if ending.fault:
            raise NoResult(f"The search ended early: {ending.fault}")


def _pin(run: Run[SearchParameters]) -> str:
    """One dataset version for all trials, whatever is made while they run; gives the id of the base task."""
    wanted, base = run.parameters, _base(run.parameters.base_task_id)
    wanted.dataset_id = dataset_id(wanted, base)
    parameters.write_to(run.task, wanted)
    run.task.set_user_properties(dataset_id=wanted.dataset_id, base_task_id=base["id"])
    return str(base["id"])


def _say_what_waits(run: Run[SearchParameters]) -> bool:
    """Say when no agent listens to the queue; gives whether one does."""
    queue = run.parameters.queue
    if identify.listeners(identify.queue(queue), besides=run.task.id):
        return True
    print(
        f"note: no agent listens to the queue {queue}, so that no trial runs. Start one: "
        + spoken(f"python -m agents.start --queue {queue}"),
        flush=True,
    )
    return False


def _wait(run: Run[SearchParameters], ending: Any, stop: Any) -> None:
    """Until the optimizer is through, the time is over, or the server wants the search to end."""
    from tasks import progress, trials

    pace = progress.Pace()
    deadline = time.monotonic() + 3600 * run.parameters.hours
    remind = time.monotonic() + REMIND
    while not (ending.done.wait(60 * POLL_MINUTES) or stop()):
        run.outbox.post("trials", lambda: _tell(run, pace))
        if time.monotonic() > deadline:
            print(f"{run.parameters.hours:g} hours are over: trials that run are stopped.")
            return
        if time.monotonic() > remind:
            remind = time.monotonic() + REMIND
            if not any(one.status == "in_progress" for one in trials.of(run.task.id)):
                _say_what_waits(run)


def _tell(run: Run[SearchParameters], pace: Any) -> None:
    """How many of the trials have ended, in the background: the server may be away."""
    from tasks import progress, trials

    ended = sum(one.status not in trials.OPEN for one in trials.of(run.task.id))
    progress.tell(ended, run.parameters.trials, pace)


def _end(run: Run[SearchParameters], optimizer: Any, ending: Any) -> None:
    """Nothing of the search runs on: its trials are stopped, and again once no thread can start another."""
    from tasks import trials

    why = f"the search {run.task.id} has ended"
    ending.asked.set()
    stopped = trials.stop_all(run.task.id, why)
    optimizer.stop(wait_for_reporter=False)
    ending.done.wait(trials.PATIENCE)
    stopped += trials.stop_all(run.task.id, why)
    if stopped and (left := trials.wait_until_stopped(run.task.id)):
        print(f"note: {left} trials were told to stop and have not yet; their agents end them.")


def _optimizer(run: Run[SearchParameters], base: str, ending: Any) -> Any:
    from clearml.automation import HyperParameterOptimizer

    from tasks.optimizer import parameter, strategy

    wanted = run.parameters
    title, series = wanted.objective.split("/")
    searched = {one.name: one for one in spaces.ranges(wanted.space)}
    return HyperParameterOptimizer(
        base_task_id=base,
        hyper_parameters=[*map(parameter, searched.values()), *_fixed(wanted, searched)],
        objective_metric_title=title,
        objective_metric_series=series,
        objective_metric_sign=wanted.sign,
        optimizer_class=strategy(ending, f"the search {run.task.id} has ended", list(searched)),
        max_number_of_concurrent_tasks=wanted.concurrent,
        execution_queue=wanted.queue,
        spawn_project=run.task.get_project_name(),
        pool_period_min=POLL_MINUTES,
        total_max_jobs=wanted.trials,
        min_iteration_per_job=max(1, wanted.epochs // 4),
        max_iteration_per_job=2 * wanted.epochs,  # a trial ends by itself
        time_limit_per_job=60 * wanted.hours,
    )


def _fixed(wanted: SearchParameters, searched: Collection[str]) -> list[Any]:
    """What all trials share: the length of the training, and a development fold to be compared on."""
    from tasks.optimizer import constant

    values: dict[str, Any] = {"epochs": wanted.epochs, "validation": "development", "debug_samples_every": 0}
    values["dataset_id"] = wanted.dataset_id
    return [constant(name, value) for name, value in values.items() if name not in searched]


if __name__ == "__main__":
    main()
