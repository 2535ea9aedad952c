"""Cross-validation: every fold of a data set held out in turn, with one or several seeds, as papers report it.

    python -m tasks.crossvalidate
    python -m tasks.crossvalidate --dataset_id ID --seeds "0, 1, 2" --epochs 160

Reported: accuracy with its spread over folds and seeds and the error of the number of clips, each fold's figures, the
table of classes and the confusion matrix. The configuration is one for all folds, and nothing is chosen on a test fold;
`chosen_on` says which folds helped to choose the configuration itself.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from audio.config import LARGEST_SEED, EvaluateConfig, Group, TrainConfig, same_as
from tasks.running.session import Run, job, session

if TYPE_CHECKING:
    from audio.evaluation.crossvalidation import CrossValidation

GROUP = Group("Cross-validation")


@dataclass
class CrossvalidateParameters(TrainConfig):
    """A configuration on every fold; `fold` and `seed` are those of the lists."""

    dataset_id: str = GROUP(
        "", "ClearML dataset with a clip store; empty: the newest finished one of the project"
    )
    folds: list[int] = GROUP([], "held out in turn; empty: all", 1)
    seeds: list[int] = GROUP(
        [0], "every fold is trained once with each", 0, LARGEST_SEED, filled="give one or several, as seeds=1"
    )
    test_speeds: list[float] = same_as(
        EvaluateConfig, "speeds", group=GROUP.name, filled="give one or several, as test_speeds=1"
    )
    chosen_on: list[int] = GROUP([], "folds that chose the settings; 0: none; empty: unsaid", 0)
    debug_samples_every: int = same_as(
        TrainConfig,
        "debug_samples_every",
        default=0,
        help="epochs between audio and spectrogram samples of each training; 0: never",
    )

    def check(self) -> None:
        """Raises ConfigError: a model, a front end, a file or a device that is not there."""
        from audio import models
        from audio.devices import pick_device
        from tasks import lookup

        models.check(lookup.without_ids(self))  # whose files are asked for once the server is
        pick_device(self.device)

    def check_inputs(self) -> None:
        """Raises NothingThere, ConfigError: a dataset, or a fold of it, that is not there."""
        from tasks import lookup
        from tasks.client import folds

        folds.refuse(lookup.dataset(self.dataset_id, lookup.here()), self.folds, drawn=True)
        lookup.with_files(self)


def main(arguments: Sequence[str] | None = None) -> None:
    with session(job("crossvalidate"), CrossvalidateParameters, arguments, __doc__) as run:
        from audio.clips.store import ClipStore
        from audio.evaluation.crossvalidation import crossvalidate
        from tasks import lookup
        from tasks.running.checkpoints import claim
        from tasks.running.stopping import StopRequest

        stop = StopRequest(run.task)
        claim(run.task, run.folder)
        _, folder = lookup.pinned_dataset(run)
        found = crossvalidate(
            run.line.persist("fetching models", lambda: lookup.with_files(run.parameters)),
            ClipStore.open(folder),
            run.folder,
            seeds=run.parameters.seeds,
            folds=run.parameters.folds,
            speeds=run.parameters.test_speeds,
            chosen_on=stated(run.parameters.chosen_on),
            writer_of=_writers(run),
            should_stop=stop,
            progress=_progress(run),
        )
        if found is None:
            print(
                "Stopped by the server; on this machine, finished folds are kept for when it is enqueued again."
            )
            stop.kept()
            return
        _report(run, found)
        print(found.text())


def stated(chosen_on: Sequence[int]) -> list[int] | None:
    """The folds that chose the settings; none of them for 0, and None when nothing was said."""
    return [fold for fold in chosen_on if fold] if chosen_on else None


class Named:
    """A SummaryWriter whose charts say which training they are of."""

    def __init__(self, writer: Any, name: str) -> None:
        self._writer, self._name = writer, name

    def __getattr__(self, method: str) -> Any:
        write = getattr(self._writer, method)
        if not method.startswith("add_"):
            return write
        return lambda tag, *values, **options: write(f"{tag}, {self._name}", *values, **options)


def _writers(run: Run[CrossvalidateParameters]) -> Callable[[int, int], Any]:
    from tasks.running import journal
    from tasks.running.writing import SteadyWriter

    writer = SteadyWriter(run.folder / journal.FOLDER)
    several = len(run.parameters.seeds) > 1
    return lambda seed, fold: Named(writer, f"fold {fold}" + (f", seed {seed}" if several else ""))


def _progress(run: Run[CrossvalidateParameters]) -> Callable[[int, int, dict[str, float]], None]:
    from tasks.running import progress

    pace = progress.Pace()

    def told(done: int, total: int, result: dict[str, float]) -> None:
        for name in ("accuracy", "macro_f1"):
            run.logger.report_scalar(
                name, f"seed {result['seed']}", result[name], iteration=int(result["fold"])
            )
        progress.tell(done, total, pace)
        print(
            f"{done}/{total}  fold {result['fold']}, seed {result['seed']}: accuracy {result['accuracy']:.2%}, "
            f"{result['seconds']:.0f} s",
            flush=True,
        )

    return told


def _report(run: Run[CrossvalidateParameters], found: "CrossValidation") -> None:
    from audio.evaluation.confused import most_confused
    from tasks.reporting import reports

    figures = {
        **{name: getattr(found, name) for name in ("accuracy", "macro_f1", "clips", "binomial_error")},
        **{name: getattr(found, name) for name in ("spread_over_folds", "spread_over_seeds")},
        **{f"{name}s": found.runs[name].nunique() for name in ("fold", "seed")},
        "accuracy, 95 % from": found.interval[0],
        "accuracy, 95 % to": found.interval[1],
    }
    if found.measured:
        figures |= {n: one.value for n, one in found.measured.figures.items() if n not in figures}
    further = [name for name in run.parameters.metrics if name in found.runs and name not in figures]
    figures |= {name: float(found.runs[name].mean()) for name in further}
    if found.unused is not None:
        figures["accuracy on folds that chose no setting"] = found.unused
    for name, value in figures.items():
        if math.isfinite(value):  # one fold, or one seed, has no spread
            run.logger.report_single_value(name, value)
    run.logger.report_confusion_matrix(
        "confusion matrix",
        "all folds",
        found.confusion,
        iteration=0,
        xaxis="predicted",
        yaxis="true",
        xlabels=found.classes,
        ylabels=found.classes,
        yaxis_reversed=True,
    )
    if found.measured:
        table = found.measured.per_class.sort_values("recall").reset_index().round(4)
        reports.report_rows(run.logger, "classes", "all folds", table)
        reports.report_rows(
            run.logger, "figures", "all folds, with 95 % intervals", reports.figures_table(found.measured)
        )
    pairs = most_confused(found.confusion, found.classes)
    reports.report_rows(run.logger, "most confused", "all folds", pairs.round(4))
    reports.report_rows(run.logger, "folds", "all", found.runs.round(4))
    upload = partial(run.task.upload_artifact, "folds", found.runs, wait_on_upload=True)
    run.line.persist("uploading the table of folds", upload)


if __name__ == "__main__":
    main()
