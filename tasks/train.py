"""A dataset version to a model, watched epoch by epoch.

    python -m tasks.train
    python -m tasks.train --epochs 5 --learning_rate 0.001 --model resnet18
    python -m tasks.train --dataset_id ID --fold 2 --seed 1
    python -m tasks.train --processes 2    # sharing every batch; the same: torchrun --nproc-per-node 2 -m tasks.train

Scalars, sounds and spectrograms go through TensorBoard's SummaryWriter. The last checkpoint is kept on the server:
a task that was aborted, or whose agent died, goes on from there when it is enqueued again.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from audio.config import Group, TrainConfig
from tasks.running.session import Run, job, session

if TYPE_CHECKING:
    from audio.training.train import TrainResult
    from tasks.running.checkpoints import CheckpointKeeper

INPUTS, RUNNING = Group("Inputs"), Group("Running")
KEEPING = 90.0  # s that a run which ends early takes at most to upload its checkpoint


@dataclass
class TrainParameters(TrainConfig):
    """A dataset version to a model."""

    dataset_id: str = INPUTS(
        "", "ClearML dataset with a clip store; empty: the newest finished one of the project"
    )
    checkpoint_seconds: float = RUNNING(
        30.0, "between uploads of the checkpoint that a stopped task resumes from", 0, unit="s"
    )

    def check(self) -> None:
        """Raises ConfigError: a model, a front end, a file or a device that is not there."""
        from audio import models
        from audio.devices import pick_device
        from audio.errors import ConfigError
        from tasks import lookup

        if self.objective != "labels" and type(self) is TrainParameters:
            raise ConfigError(f"objective={self.objective} is a task of its own: python -m tasks.pretrain")
        models.check(lookup.without_ids(self))  # whose files are asked for once the server is
        pick_device(self.device)

    def check_inputs(self) -> None:
        """Raises NothingThere, ConfigError: a dataset, or a fold of it, that is not there."""
        from tasks import lookup
        from tasks.client import folds

        folds.refuse(lookup.dataset(self.dataset_id, lookup.here()), [self.fold])
        lookup.with_files(self)


def main(arguments: Sequence[str] | None = None) -> None:
    if int(os.environ.get("RANK", "0")):  # by torchrun, beside the first process, which alone is the task
        from audio.training.replica import join

        return join()
    with session(job("train"), TrainParameters, arguments, __doc__) as run:
        carry_out(run)


def carry_out(run: Run[Any]) -> None:
    """Train as a run's parameters say, and put what comes of it on the server."""
    from audio.clips.store import ClipStore
    from audio.training.train import train
    from tasks import lookup
    from tasks.running import journal, progress
    from tasks.running.checkpoints import CheckpointKeeper, claim, restore
    from tasks.running.stopping import StopRequest
    from tasks.running.writing import SteadyWriter

    stop = StopRequest(run.task)
    claim(run.task, run.folder)
    checkpoint = restore(run.task, run.folder, run.line)
    dataset_id, folder = lookup.pinned_dataset(run, resumed=checkpoint is not None)
    keeper = CheckpointKeeper(run.task, run.outbox, run.parameters.checkpoint_seconds)
    try:
        result = train(
            run.line.persist("fetching models", lambda: lookup.with_files(run.parameters)),
            ClipStore.open(folder),
            writer=SteadyWriter(run.folder / journal.FOLDER),
            checkpoint_dir=run.folder,
            resume_from=checkpoint,
            should_stop=stop,
            on_checkpoint=keeper,
            progress=progress.epochs(),
            bar=sys.stderr.isatty(),
        )
    except BaseException as fault:
        _keep(run, keeper, fault)
        raise
    if result.stopped:
        epoch = keeper.keep(KEEPING)
        print(f"Stopped by the server; epoch {epoch} is kept. Enqueue the task again to go on from there.")
        stop.kept()
    journal.write_history(run.folder / journal.FOLDER, result.history)
    run.line.wait("The training is done; its model waits to be uploaded.")
    publish(run, run.parameters, result, dataset_id)


def _keep(run: Run[TrainParameters], keeper: "CheckpointKeeper", fault: BaseException) -> None:
    """What is trained is kept, also when it was interrupted or failed: on the server, if that answers."""
    epoch = keeper.keep(KEEPING if run.line.there() else 0)
    if epoch and not isinstance(fault, KeyboardInterrupt):
        print(f"Epoch {epoch} is kept. Enqueue the task again to go on from there.", flush=True)


def publish(run: Run[Any], settings: TrainConfig, result: "TrainResult", dataset_id: str) -> None:
    """The chosen weights as the task's output model, with what is needed to use it."""
    from clearml import OutputModel

    run.task.set_configuration_object("frontend", config_dict=result.frontend)
    model = OutputModel(
        task=run.task,
        name=_name(settings, dataset_id),
        framework="PyTorch",
        label_enumeration={name: number for number, name in enumerate(result.classes)},
        config_dict=result.frontend,
    )
    upload = partial(
        model.update_weights,
        str(result.model_path),
        auto_delete_file=False,
        iteration=result.chosen_epoch,
        async_enable=False,
    )
    run.line.persist("uploading the model", upload)
    model.set_metadata("dataset_id", dataset_id, "str")
    if settings.validation == "development":
        run.task.upload_artifact("parts", result.parts, wait_on_upload=True)
    model.set_metadata("fold", str(settings.fold), "int")
    for tag, value in result.metrics.items():
        if not tag.endswith("/train"):  # to choose by, wherever models are listed
            model.set_metadata(tag, f"{value:.6g}", "float")
        run.logger.report_single_value(tag, value)
    if result.gain is not None:
        from tasks.reporting import reports

        reports.report_rows(run.logger, "gain", "beside what it was made from", result.gain)
    run.task.set_user_properties(model_id=model.id)
    print(f"model {model.id}")


def _name(parameters: TrainConfig, dataset_id: str) -> str:
    """What the model is, for a list of many: `cnn on logmel, esc10 fold 1`."""
    from clearml import Task

    dataset: Any = Task.get_task(task_id=dataset_id).name
    labels = "" if parameters.objective == "labels" else ", without labels"
    return f"{parameters.model} on {parameters.frontend}, {dataset} fold {parameters.fold}{labels}"


if __name__ == "__main__":
    main()
