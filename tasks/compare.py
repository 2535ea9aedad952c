"""A new model beside the published one, on the same held-out clips: is it better, and is it to be published?

    python -m tasks.compare
    python -m tasks.compare --model_id ID --against ID --level 0.05

Reported: both accuracies with their intervals, who is right where the other is wrong, McNemar's test and a bootstrap by
recordings, and the decision with its reason. Where nothing is published yet, the model has to reach `least_accuracy`.
`tasks.publish` acts on the decision.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audio.config import EvaluateConfig, Group, same_as
from tasks.client import decisions
from tasks.running.session import Run, job, session

if TYPE_CHECKING:
    import pandas as pd

    from audio.evaluation.evaluate import EvaluationResult
    from audio.metrics.paired import Paired

INPUTS, DECISION = Group("Inputs"), Group("Decision")


@dataclass
class CompareParameters(EvaluateConfig):
    """A new model beside the published one, on the same clips."""

    model_id: str = INPUTS("", "the new ClearML model; empty: the output of the newest finished training")
    against: str = INPUTS("", "model to compare with; empty: the project's published one; none: nothing")
    dataset_id: str = INPUTS("", "ClearML dataset of the clips; empty: the new model's own")
    level: float = DECISION(0.05, "largest p at which a gain counts; 1: any gain", 0, 1)
    least_accuracy: float = DECISION(0.0, "that a model must have to be published, as a share", 0, 1)
    overlap: str = same_as(EvaluateConfig, "overlap", default="apart")

    def check_inputs(self) -> None:
        """Raises NothingThere, CheckpointError: a model or a dataset that is not there, or is of no use."""
        from tasks import lookup

        lookup.refuse_unusable(self.model_id, self.dataset_id, lookup.here())
        if self.against.strip() not in ("", decisions.NONE):
            lookup.refuse_unusable(self.against, None, lookup.here())


def main(arguments: Sequence[str] | None = None) -> None:
    with session(job("compare"), CompareParameters, arguments, __doc__) as run:
        from audio.metrics.paired import paired
        from tasks import lookup

        project = run.task.get_project_name()
        new = lookup.model(run.parameters.model_id, project)
        run.parameters.dataset_id = lookup.dataset_of(new, run.parameters.dataset_id, project)
        _, folder = lookup.pinned_dataset(run)
        old = _old(run, new.id, project)
        run.task.set_user_properties(model_id=new.id, against_id=old.id if old else "")
        result, fold = _heard(run, new, str(folder), run.parameters.fold)
        _report_model(run, "new", result)
        both = None
        if old is not None and old.id != new.id:
            before = _before(run, old, str(folder), fold)
            common = _common(result, before)
            if before is not None and len(common):
                right, right_old = (common[name].to_numpy(bool) for name in ("right", "right_old"))
                both = paired(right, right_old, list(common["recording"]))
                _report_both(run, both)
                _report_gains(run, result, before, common)
        decision = decide(run.parameters, result.accuracy, both, old.id if old else "", new.id)
        decisions.write(run, decision)
        print(f"{decision.word}: {decision.reason}")


def decide(
    wanted: CompareParameters, accuracy: float, both: "Paired | None", old: str, new: str
) -> decisions.Decision:
    """Whether the new model is to be published, and why; `both` is None where there was nothing to compare with."""
    if accuracy < wanted.least_accuracy:
        return decisions.keep(f"its accuracy {accuracy:.2%} is below the least, {wanted.least_accuracy:.2%}")
    if old and old == new:
        return decisions.keep("it is the published model")
    if not old:
        return decisions.publish(f"there is nothing to compare it with; its accuracy is {accuracy:.2%}")
    if both is None:
        return decisions.keep("no clip is left that neither of the two was trained on")
    told = (
        f"{both.gain * 100:+.2f} points (95 % interval {both.interval[0] * 100:+.2f} to {both.interval[1] * 100:+.2f}) "
        f"on {both.clips} clips of {both.recordings} recordings; right where the other is wrong: {both.only_new} "
        f"against {both.only_old}; p = {both.p_mcnemar:.3g} (McNemar), {both.p_bootstrap:.3g} (bootstrap)"
    )
    if both.better(wanted.level):
        return decisions.publish(f"it is better: {told}")
    why = "not better" if both.gain <= 0 else f"not surely better (level {wanted.level:g})"
    return decisions.keep(f"it is {why}: {told}")


def _old(run: Run[CompareParameters], new: str, project: str) -> Any:
    """The model to compare with; None where there is none."""
    from tasks import lookup

    wanted = run.parameters.against.strip()
    if wanted == decisions.NONE:
        return None
    found = wanted or lookup.published_model(project)
    return lookup.model(found, project) if found else None


def _heard(
    run: Run[CompareParameters], model: Any, folder: str, fold: int | None
) -> tuple["EvaluationResult", int | None]:
    """A model's answers, and the fold that they are of: the given one, or the one that it held out."""
    from dataclasses import replace

    from audio.checkpoints import checkpoint
    from audio.clips.store import ClipStore
    from audio.evaluation.evaluate import evaluate
    from tasks import lookup

    path, store = lookup.heard_with(run, model), ClipStore.open(folder)
    if fold is None and store.folds:
        fold = checkpoint.config_of(checkpoint.load(path)).fold
    return evaluate(path, store, replace(run.parameters, fold=fold)), fold


def _before(
    run: Run[CompareParameters], old: Any, folder: str, fold: int | None
) -> "EvaluationResult | None":
    """The published model's answers; None where it was trained on all of the clips."""
    from audio.errors import NothingUnheard

    try:
        before, _ = _heard(run, old, folder, fold)
    except NothingUnheard as error:
        print(f"NOTE: published: {error}")
        return None
    _report_model(run, "published", before)
    return before


def _common(result: "EvaluationResult", before: "EvaluationResult | None") -> "pd.DataFrame":
    """The clips that neither was trained on: `right`, `right_old`, `recording`, a row each; perhaps none."""
    if before is None:
        return result.judged.iloc[:0]
    return result.judged.join(before.judged, how="inner", rsuffix="_old")


def _report_gains(
    run: Run[CompareParameters],
    result: "EvaluationResult",
    before: "EvaluationResult",
    common: "pd.DataFrame",
) -> None:
    """The difference of every figure with its interval, and the curves of both under disturbances."""
    import pandas as pd

    from audio.metrics.paired import gains
    from tasks.reporting import judged, reports

    new, old = (one.answers.of(one.judged.index.get_indexer(common.index)) for one in (result, before))
    found = gains(new, old, list(common["recording"]))
    rows = [(name, one.value, one.low, one.high) for name, one in found.items()]
    table = pd.DataFrame(rows, columns=["figure", "gain", "from", "to"]).round(4)
    reports.report_rows(run.logger, "gains", "new minus published, with 95 % intervals", table)
    if result.robustness is not None and before.robustness is not None:
        curves = {"new": result.robustness, "published": before.robustness}
        for kind, figure in judged.robustness_figures(curves).items():
            run.logger.report_plotly("robustness", kind, figure, iteration=0)


def _report_model(run: Run[CompareParameters], which: str, result: "EvaluationResult") -> None:
    figures = {"accuracy": result.accuracy, "macro_f1": result.macro_f1, "loss": result.loss}
    low, high = result.interval
    for name, value in {**figures, "accuracy, 95 % from": low, "accuracy, 95 % to": high}.items():
        run.logger.report_single_value(f"{name}, {which}", value)
    for name, value in figures.items():
        run.logger.report_scalar(name, which, value, iteration=0)
    print(f"{which}: {result.text()}")
    if result.note:
        print(f"NOTE: {which}: {result.note}")


def _report_both(run: Run[CompareParameters], both: "Paired") -> None:
    import pandas as pd

    from tasks.reporting import reports

    figures = {
        "clips": both.clips,
        "recordings": both.recordings,
        "right: only the new one": both.only_new,
        "right: only the published one": both.only_old,
        "gain, points": round(both.gain * 100, 3),
        "gain, 95 % from": round(both.interval[0] * 100, 3),
        "gain, 95 % to": round(both.interval[1] * 100, 3),
        "p, McNemar (exact)": float(f"{both.p_mcnemar:.3g}"),
        "p, bootstrap by recordings": float(f"{both.p_bootstrap:.3g}"),
    }
    for name, value in figures.items():
        run.logger.report_single_value(name, value)
    rows = pd.DataFrame({"figure": list(figures), "value": list(figures.values())})
    reports.report_rows(run.logger, "comparison", "on the same clips", rows)


if __name__ == "__main__":
    main()
