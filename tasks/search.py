"""A search for hyperparameters: clones of the train template with edited values, put on a queue, the best of them told.

    python -m tasks.search --space "learning_rate=log:0.0003..0.01, dropout=0.0..0.5, mixup=0|0.5|0.8"
    python -m tasks.search --trials 30 --concurrent 2 --epochs 40 --dataset_id ID

    python -m tasks.search --sampler grid --space "model=cnn|crnn, mixup=0|0.5 if model=crnn" --seeds "0, 1, 2"

Trials run wherever agents listen to the queue. They are compared on the development fold, never on the test fold; the
best of many is a maximum and so flatters itself: what a paper reports comes from tasks.evaluate on the held-out fold.
Optuna proposes the values and ends poor trials early. A search that is stopped stops its trials; one that is put on a
queue again goes on with them, on any machine.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audio.command_line import spoken
from audio.config import LARGEST_SEED, Group, Place, TrainConfig, hold, same_as
from tasks import lookup, register
from tasks.arguments import parameters
from tasks.client import folds as of_datasets
from tasks.client import identify, names
from tasks.errors import BadParameter, NoResult, NothingThere
from tasks.running.session import Run, job, session
from tasks.study import optimizer, repeats, trials
from tasks.study import space as spaces

if TYPE_CHECKING:
    from tasks.running.stopping import StopRequest
    from tasks.study.rounds import Rounds

POLL = 3.0  # s between looks at the trials
REMIND = 60.0  # s between lines that say that trials wait for an agent
SPACE, INPUTS, TRIALS = Group("What is searched"), Group("Inputs"), Group("Trials")
TEST_SIDES = ("test", "held-out")  # that nothing may be chosen by


@dataclass
class SearchParameters:
    """A search for hyperparameters of the train task."""

    space: str = SPACE(
        spaces.USUAL,
        "values of each parameter: low..high, log:low..high (logarithmic), a|b|c, or one that is fixed; "
        "behind it: if NAME=a|b",
    )
    sampler: str = SPACE("tpe", "what proposes values; grid tries every one", choices=optimizer.SAMPLERS)
    prune: str = SPACE(
        "median", "what ends a trial early that others were better than", choices=optimizer.PRUNERS
    )
    base_task_id: str = INPUTS("", "train task that is cloned; empty: the template")
    dataset_id: str = INPUTS("", "ClearML dataset of all trials; empty: as in the base task")
    epochs: int = same_as(TrainConfig, "epochs", default=20, help="passes of a trial", group=TRIALS.name)
    trials: int = TRIALS(20, "settings that are tried in all", 1)
    seeds: list[int] = TRIALS(
        [],
        "each setting is trained with each, and their mean compared; empty: the base task's",
        0,
        LARGEST_SEED,
    )
    folds: list[int] = TRIALS(
        [], "development folds that each setting is compared on in turn; empty: the base task's", 1
    )
    concurrent: int = TRIALS(2, "trainings at a time", 1)
    hours: float = TRIALS(12.0, "after which no trial is started and the search ends", 0.001, unit="h")
    trial_hours: float | None = TRIALS(
        None, "after which a training is ended; none: no limit", 0.0001, unit="h"
    )
    objective: list[str] = SPACE(
        ["accuracy/validation"],
        "scalars to be made best, as quantity/split; the first decides",
        filled="give one or several, as accuracy/validation",
    )
    sign: list[str] = SPACE(
        ["max"],
        "which value is the best, the largest or the smallest; one for all, or one for each objective",
        choices=("max", "min"),
        filled="give max or min",
    )
    best: int = SPACE(3, "trials whose parameters are shown", 1)
    publish: bool = SPACE(False, "publish the model of the best trial")
    queue: str = TRIALS(names.QUEUE, "queue that the trials are put on")
    plugins: list[Place] = same_as(TrainConfig, "plugins", help="files, folders or modules of all trials")

    def __post_init__(self) -> None:
        hold(self)
        for one in self.objective:
            _refuse_objective(one)
        if len(self.sign) not in (1, len(self.objective)):
            raise BadParameter(
                f"sign has {len(self.sign)} values and objective {len(self.objective)}: give one for all, or one each."
            )
        for name in ("seeds", "folds", "objective"):
            if len(set(getattr(self, name))) < len(getattr(self, name)):
                raise BadParameter(f"{name} has a value twice: give each once.")
        space = spaces.ranges(self.space)
        if self.seeds and any(one.name == "seed" for one in space):
            raise BadParameter("seed is in space and there are seeds: take it out of one of them.")
        optimizer.refuse(space, self.sampler, self.prune, len(self.objective))

    @property
    def signs(self) -> list[str]:
        """For each objective, which value is the best."""
        return self.sign * len(self.objective) if len(self.sign) == 1 else self.sign

    def check(self) -> None:
        """Raises BadParameter: a package is not installed."""
        optimizer.refuse_absent(self.sampler)

    def check_inputs(self) -> None:
        """Raises NothingThere, ConfigError: a base task, a dataset, a queue or a model that is not there."""
        base = _base(self.base_task_id)
        fold = str(base["hyperparams"]["Args"].get("fold", {}).get("value") or "")
        held_out = [int(fold)] if fold.isdecimal() else []
        if set(held_out) & set(self.folds):
            raise BadParameter(f"folds has {fold}, which the base task holds out for the test: leave it out.")
        of_datasets.refuse(dataset_id(self, base), [*held_out, *self.folds])
        identify.queue(self.queue)
        models = [value for one in spaces.ranges(self.space) if one.name == "model" for value in one.choices]
        if models:
            from audio.models import find

            for model in models:
                find(model)


def _refuse_objective(objective: str) -> None:
    quantity, slash, split = objective.partition("/")
    if not (quantity and slash and split) or "/" in split:
        raise BadParameter(f"objective is {objective!r}; it must be quantity/split, as accuracy/validation.")
    if split in TEST_SIDES:
        raise BadParameter(
            f"objective is {objective!r}, which would choose on the test clips; use {quantity}/validation."
        )


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
        from tasks.running.stopping import StopRequest
        from tasks.study import findings

        stop = StopRequest(run.task)
        rounds = _rounds(run)
        _say_what_waits(run)
        fault: Exception | None = None
        try:
            rounds.recover()
            _wait(run, rounds, stop)
        except KeyboardInterrupt:
            rounds.end()
            findings.report_finished(run, rounds)
            raise
        except Exception as error:
            fault = error
        rounds.end()
        if stop():
            findings.report_finished(run, rounds)
            stop.kept()
            return
        findings.report(run, rounds)
        if fault:
            raise NoResult(f"The search ended early: {fault}") from fault


def _rounds(run: Run[SearchParameters]) -> "Rounds":
    """The search as it stands; one dataset version for all trials, whatever is made while they run."""
    from tasks.study.rounds import Rounds, pinned_base

    wanted = run.parameters
    base = _base(pinned_base(run.task, wanted.base_task_id))
    wanted.dataset_id = dataset_id(wanted, base)
    parameters.write_to(run.task, wanted)
    run.task.set_user_properties(dataset_id=wanted.dataset_id, base_task_id=base["id"])
    run.task._set_runtime_properties({"base": base["id"]})
    space = spaces.ranges(wanted.space)
    begun = len(trials.of(run.task.id))  # a search that goes on draws other values than it began with
    seed = (int(run.task.id[:8], 16) + begun) % LARGEST_SEED
    study = optimizer.Study(
        space, wanted.signs, wanted.sampler, wanted.prune, max(1, wanted.epochs // 4), seed
    )
    plan = repeats.plan(wanted.seeds, wanted.folds)
    return Rounds(run, base, space, plan, _fixed(wanted, space), study, identify.queue(wanted.queue))


def _fixed(wanted: SearchParameters, space: Sequence[spaces.Range]) -> dict[str, Any]:
    """What all trials share: the length of the training, and a development fold to be compared on."""
    values: dict[str, Any] = {"epochs": wanted.epochs, "validation": "development", "debug_samples_every": 0}
    values |= {"dataset_id": wanted.dataset_id} | ({"plugins": wanted.plugins} if wanted.plugins else {})
    return {name: value for name, value in values.items() if name not in {one.name for one in space}}


def _say_what_waits(run: Run[SearchParameters]) -> None:
    """Say when no agent listens to the queue."""
    queue = run.parameters.queue
    if not identify.listeners(identify.queue(queue), besides=run.task.id):
        print(
            f"note: no agent listens to the queue {queue}, so that no trial runs. Start one: "
            + spoken(f"python -m agents.start --queue {queue}"),
            flush=True,
        )


def _wait(run: Run[SearchParameters], rounds: "Rounds", stop: "StopRequest") -> None:
    """Rounds until nothing is left to do, the time is over, or the server wants the search to end."""
    from tasks.running import progress
    from tasks.study import findings

    pace, tell = progress.Pace(), findings.Curve(run)
    deadline = time.monotonic() + 3600 * run.parameters.hours
    remind = time.monotonic() + REMIND
    while rounds.step(stop) and not stop():
        settings = rounds.settings()
        tell(settings)
        progress.tell(sum(not one.running for one in settings), run.parameters.trials, pace)
        if time.monotonic() > deadline:
            print(f"{run.parameters.hours:g} hours are over: trials that run are stopped.")
            return
        if time.monotonic() > remind:
            remind = time.monotonic() + REMIND
            if not any(run.status == "in_progress" for one in settings for run in one.runs.values()):
                _say_what_waits(run)
        stop.wait(POLL)
    tell(rounds.settings())


if __name__ == "__main__":
    main()
