"""What a search has found: its best trials, what the best figure is worth, and what became of the others."""

from typing import Any

from tasks import space as spaces
from tasks.session import Run
from tasks.trials import Trial


def report_finished(run: Run[Any]) -> None:
    """What there is of a search that was stopped: its trials were stopped with it, and those that finished count."""
    from tasks import trials

    print("The search was stopped, and its trials with it.")
    found = trials.of(run.task.id)
    if trials.best(found, run.parameters.objective, run.parameters.sign):
        report(run, found)


def report(run: Run[Any], found: list[Trial]) -> None:
    """The best trials and the lost ones as tables; the best one's parameters as configuration of this task.

    Raises NoResult when no trial finished with the objective.
    """
    import pandas as pd

    from tasks import reports, trials

    objective = run.parameters.objective
    lost = [one for one in found if not one.finished]
    if lost:
        rows = pd.DataFrame({"task": t.id, "status": t.status, "reason": trials.reason(t)} for t in lost)
        reports.report_rows(run.logger, "trials without a result", objective, rows)
    trials.refuse_no_result(found, objective)
    ranked = trials.best(found, objective, run.parameters.sign)
    searched = [one.name for one in spaces.ranges(run.parameters.space)]
    table = pd.DataFrame(
        {"task": t.id, objective: t.values[objective], **{name: t.parameters.get(name) for name in searched}}
        for t in ranked[: run.parameters.best]
    )
    reports.report_rows(run.logger, "best trials", objective, table)
    print(table.to_string(index=False))
    if len(found) < run.parameters.trials:
        print(
            f"{len(found)} trials were started of {run.parameters.trials}; values that were tried before are not again."
        )
    if lost:
        print(f"{len(lost)} of {len(found)} trials have no result: {trials.ends(found)}.")
    _keep_best(run, ranked, searched)


def worth(best: Trial, objective: str, count: int, sign: str) -> str:
    """The best figure in a sentence, and what it is worth."""
    extreme, biased = ("largest", "upwards") if sign == "max" else ("smallest", "downwards")
    several = f", the {extreme} of {count} noisy figures and therefore biased {biased}" if count > 1 else ""
    return (
        f"The best of {count} trials has {objective} {best.values[objective]:.4g}: a figure of the development fold"
        f"{several}. For one to report, hear the held-out fold once: "
        f"python -m tasks.evaluate --model_id {best.model or 'ID'}"
    )


def _keep_best(run: Run[Any], ranked: list[Trial], searched: list[str]) -> None:
    """The best trial's values on this task, with what its figure is worth."""
    best, objective, count = ranked[0], run.parameters.objective, len(ranked)
    advice = worth(best, objective, count, run.parameters.sign)
    print(advice)
    run.task.set_comment(advice)
    run.task.set_configuration_object(
        "best", config_dict={name: best.parameters.get(name) for name in searched}
    )
    run.task.set_user_properties(best_task_id=best.id, best_model_id=best.model)
    run.logger.report_single_value(f"{objective}, best of {count}", best.values[objective])
