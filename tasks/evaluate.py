"""A model on the clips it has never seen, down to every clip.

    python -m tasks.evaluate
    python -m tasks.evaluate --model_id ID --speeds "[0.9, 1.0, 1.1]"

Reported: accuracy and macro-F1, the confusion matrix, a table of classes, and the artifact `clips`: a row for every
held-out clip with its prediction, loss and the address of its sound, worst mistakes first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audio.config import EvaluateConfig, Group
from tasks.running.session import Run, job, session

if TYPE_CHECKING:
    from audio.evaluation.evaluate import EvaluationResult

INPUTS, RUNNING = Group("Inputs"), Group("Running")


@dataclass
class EvaluateParameters(EvaluateConfig):
    """A model on the clips it has never seen."""

    model_id: str = INPUTS("", "ClearML model; empty: the output of the project's newest finished training")
    dataset_id: str = INPUTS(
        "", "ClearML dataset with a clip store; empty: the one that the model was trained on"
    )
    audio_limit: int = RUNNING(
        500, "held-out clips whose sound is uploaded, worst mistakes first; 0: none", 0
    )

    def check(self) -> None:
        """Raises ConfigError: a device or a metric that is not there."""
        from audio.devices import pick_device
        from audio.registry import metrics

        for name in self.metrics:
            metrics.entry(name)
        pick_device(self.device)

    def check_inputs(self) -> None:
        """Raises NothingThere, CheckpointError, ConfigError: a model, dataset, fold or split that is not there."""
        from tasks import lookup
        from tasks.client import folds

        project = lookup.here()
        lookup.refuse_unusable(self.model_id, self.dataset_id, project)
        heard = lookup.dataset_of(lookup.model(self.model_id, project), self.dataset_id, project)
        folds.refuse(heard, [self.fold] if self.fold else [])
        folds.refuse_split(heard, self.split)


def main(arguments: Sequence[str] | None = None) -> None:
    with session(job("evaluate"), EvaluateParameters, arguments, __doc__) as run:
        from audio.clips.store import ClipStore
        from audio.evaluation.evaluate import evaluate
        from tasks import lookup
        from tasks.running import progress

        project = run.task.get_project_name()
        model = lookup.model(run.parameters.model_id, project)
        run.task.set_input_model(model_id=model.id)
        run.parameters.dataset_id = lookup.dataset_of(model, run.parameters.dataset_id, project)
        _, folder = lookup.pinned_dataset(run)
        run.task.set_user_properties(model_id=model.id)
        path = lookup.heard_with(run, model)
        result = evaluate(
            path,
            ClipStore.open(folder),
            run.parameters,
            progress=progress.counted("clips", share=(0, 0.3 if run.parameters.robustness else 0.8)),
            progress_of_curves=progress.counted("disturbed clips", share=(0.3, 0.8)),
        )
        _report(run, result)
        run.line.persist("uploading the table of clips", lambda: _upload_clips(run, result))
        told = run.line.persist("uploading the report", lambda: _upload_report(run, result))
        run.line.persist("uploading the model card", lambda: _upload_card(run, model, path, result, told))
        print(result.text())
        if result.note:
            print(f"NOTE: {result.note}")
            run.task.set_user_properties(note=result.note)


def _report(run: Run[EvaluateParameters], result: "EvaluationResult") -> None:
    from tasks.reporting import judged

    logger = run.logger
    if result.apart:
        logger.report_single_value("accuracy on clips it was trained on", result.apart.accuracy)
    judged.report_figures(logger, result)
    judged.report_calibration(logger, result)
    judged.report_robustness(logger, result)
    judged.report_slices(logger, result)
    judged.report_confusions(logger, result)
    logger.report_confusion_matrix(
        "confusion matrix",
        "test",
        result.confusion,
        iteration=0,
        xaxis="predicted",
        yaxis="true",
        xlabels=result.classes,
        ylabels=result.classes,
        yaxis_reversed=True,
    )
    run.task.set_configuration_object("frontend", config_dict=result.frontend)


def _upload_clips(run: Run[EvaluateParameters], result: "EvaluationResult") -> None:
    """Sounds as debug samples, then the table that points to them."""
    from tasks.reporting import clips
    from tasks.running import progress

    wrong = result.clips["label"] != result.clips["prediction"]
    ordered = result.clips.assign(wrong=wrong).sort_values(["wrong", "loss"], ascending=False, kind="stable")
    worst_first = list(ordered["clip"].head(run.parameters.audio_limit))
    shown = progress.counted("sounds uploaded", share=(0.8, 1))
    table = clips.with_sounds(
        run.task.id, run.logger, result.clips, result.store, worst_first, progress=shown
    )
    run.task.upload_artifact(clips.TABLE, table, wait_on_upload=True)


def _upload_report(run: Run[EvaluateParameters], result: "EvaluationResult") -> dict[str, Any]:
    from tasks.reporting import report

    asked = run.parameters
    about = {
        "model": run.task.get_user_properties().get("model_id", {}).get("value", ""),
        "data set": asked.dataset_id,
        "split": asked.split,
        "fold": "the one that the model held out" if asked.fold is None else str(asked.fold),
        "speeds": ", ".join(f"{speed:g}" for speed in asked.speeds),
        "computed in": result.precision,
        "resamples": str(result.measured.resamples),
    }
    return report.write(run.task, run.folder, result, about)


def _upload_card(
    run: Run[EvaluateParameters], model: Any, path: Path, result: "EvaluationResult", told: dict[str, Any]
) -> None:
    """A card with these figures; it becomes the model's where its own data set was heard."""
    from tasks.reporting import card

    own = model.get_metadata("dataset_id") in (None, "", run.parameters.dataset_id)
    made = card.card_of(model, path, result.store if own else None, [card.evaluated(told)])
    card.keep(run.task, run.folder, made, [model] if own else [])


if __name__ == "__main__":
    main()
