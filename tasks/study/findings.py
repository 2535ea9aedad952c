"""What a search has found: its best trials, what the best figure is worth, and what became of the others."""

import json
from collections.abc import Sequence
from typing import Any

from tasks.running.session import Run
from tasks.study import repeats
from tasks.study import space as spaces
from tasks.study.repeats import Setting

BEST = (
    "Best"  # the section of parameters that holds the best trial's: ${search.parameters.Best/learning_rate}
)
ARTIFACT = "best parameters"


class Curve:
    """Draws the trials' figures and the best so far while the search runs; telling one again changes nothing."""

    def __init__(self, run: Run[Any]) -> None:
        self._run, self._told = run, 0

    def __call__(self, settings: Sequence[Setting]) -> None:
        wanted = self._run.parameters
        done = sorted((one for one in settings if one.has(wanted.objective)), key=lambda one: one.ended)
        for name, sign in zip(wanted.objective, wanted.signs, strict=True):
            better, top = (max if sign == "max" else min), None
            for count, one in enumerate(done, 1):
                mean = one.mean(name)
                top = mean if top is None else better(top, mean)
                if count > self._told:
                    self._run.logger.report_scalar(name, "trial", mean, count)
                    self._run.logger.report_scalar(name, "best so far", top, count)
        self._told = len(done)


def report_finished(run: Run[Any], rounds: Any) -> None:
    """What there is of a search that was stopped: its trials were stopped with it, and those that finished count."""
    print(
        "The search was stopped, and its trials with it. Put on a queue again, it goes on with them.",
        flush=True,
    )
    settings = rounds.look()
    if repeats.best(settings, run.parameters.objective, run.parameters.signs):
        _report(run, rounds, settings)


def report(run: Run[Any], rounds: Any) -> None:
    """The best trials and the lost ones as tables; the best one's parameters as configuration of this task.

    Raises NoResult when no trial finished with the objective.
    """
    _report(run, rounds, rounds.look())


def _report(run: Run[Any], rounds: Any, settings: Sequence[Setting]) -> None:
    import pandas as pd

    from tasks.reporting import reports
    from tasks.study import plots as searchplots
    from tasks.study import trials

    objectives = run.parameters.objective
    runs = [one for setting in settings for one in setting.runs.values()]
    lost = [one for one in runs if not one.finished]
    if lost:
        rows = pd.DataFrame({"task": t.id, "status": t.status, "reason": trials.reason(t)} for t in lost)
        reports.report_rows(run.logger, "trials without a result", ", ".join(objectives), rows)
    for name in objectives:
        trials.refuse_no_result(runs, name)
    ranked = repeats.best(settings, objectives, run.parameters.signs)
    searched = [one.name for one in spaces.ranges(run.parameters.space)]
    table = pd.DataFrame(_row(one, objectives, searched) for one in ranked)
    reports.report_rows(run.logger, "trials, the best first", ", ".join(objectives), table)
    for setting in settings:
        rounds.study.tell(setting, objectives)
    searchplots.report(run.logger, ranked, objectives, run.parameters.signs, searched, rounds.study)
    print(table.head(run.parameters.best).to_string(index=False))
    if len(settings) < run.parameters.trials:
        print(
            f"{len(settings)} trials were started of {run.parameters.trials}; values that were tried before are not "
            "again."
        )
    if lost:
        print(f"{len(lost)} of {len(runs)} trials have no result: {trials.ends(runs)}.")
    if ranked:
        _keep_best(run, ranked, searched)


def _row(one: Setting, objectives: Sequence[str], searched: Sequence[str]) -> dict[str, Any]:
    """A trial as a row: the task of its first training, its figures, its values where it was searched."""
    row: dict[str, Any] = {"trial": one.number, "task": one.first.id}
    for name in objectives:
        row[name] = one.mean(name)
        if len(one.runs) > 1:
            row |= {f"{name}, std": one.std(name), "trainings": len(one.runs)}
    return row | {name: one.parameters.get(name) for name in searched}


def worth(best: Setting, objective: str, count: int, sign: str) -> str:
    """The best figure in a sentence, and what it is worth."""
    extreme, biased = ("largest", "upwards") if sign == "max" else ("smallest", "downwards")
    several = f", the {extreme} of {count} noisy figures and therefore biased {biased}" if count > 1 else ""
    return (
        f"The best of {count} trials has {objective} {best.told(objective)}: a figure of the development fold"
        f"{several}. For one to report, hear the held-out fold once: "
        f"python -m tasks.evaluate --model_id {best.model or 'ID'}"
    )


def near(ranked: Sequence[Setting], objective: str) -> str:
    """How many trials can't be told from the best, by its spread over its own trainings; empty: that is not known."""
    best = ranked[0]
    if len(best.runs) < 2:
        return ""
    error = best.std(objective) / len(best.runs) ** 0.5
    count = sum(abs(one.mean(objective) - best.mean(objective)) <= error for one in ranked[1:])
    return f"{count} other trials lie within its standard error of {error:.2g}." if count else ""


def _keep_best(run: Run[Any], ranked: list[Setting], searched: list[str]) -> None:
    """The best trial's values on this task, with what its figure is worth."""
    best, objective, count = ranked[0], run.parameters.objective[0], len(ranked)
    advice = worth(best, objective, count, run.parameters.signs[0])
    if doubt := near(ranked, objective):
        advice += f"\n{doubt}"
    print(advice)
    run.task.set_comment(advice)
    values = {name: best.parameters[name] for name in searched if name in best.parameters}
    run.task.set_configuration_object("best", config_dict=values)
    run.task.set_parameters_as_dict({BEST: values})
    kept = {
        "parameters": values,
        "task": best.first.id,
        "model": best.model,
        "objective": {name: {"mean": best.mean(name), "values": [one.values[name] for one in best.runs.values()]}
                      for name in run.parameters.objective},
    }  # fmt: skip
    run.line.persist(
        "uploading the best parameters",
        lambda: run.task.upload_artifact(ARTIFACT, kept, wait_on_upload=True, preview=json.dumps(values)),
    )
    run.task.set_user_properties(best_task_id=best.first.id, best_model_id=best.model)
    run.logger.report_single_value(f"{objective}, best of {count}", best.mean(objective))
    if run.parameters.publish:
        _publish(run, best)


def _publish(run: Run[Any], best: Setting) -> None:
    """The model of the best trial; of several trainings the first one's, not the luckiest's."""
    from clearml import Model

    if not best.model:
        print("note: the best trial has no model, so that none is published.")
        return
    run.line.persist("publishing the best model", lambda: Model(model_id=best.model).publish())
    print(f"The model {best.model} of the best trial is published.")
