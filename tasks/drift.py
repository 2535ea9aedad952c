"""Whether what an endpoint is asked about has drifted from what its model was judged on: a report, to be scheduled.

    python -m tasks.drift --kept kept
    soundyard schedule add drifting --cron "0 6 * * *" --task drift kept=/data/kept days=7

`kept` is the folder of `soundyard serve-model --keep`. Its sounds are heard with the model and held against clips that
the model was not trained on: loudness and spectrum of the sounds, and the model's answers, overall and class by class.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audio.config import EvaluateConfig, Group, Place, hold, same_as
from audio.errors import ConfigError
from tasks.errors import NothingThere
from tasks.running.session import Run, job, session

if TYPE_CHECKING:
    from audio.clips.store import ClipStore
    from audio.serving.watching.described import Described
    from audio.serving.watching.drift import Drift

INPUTS, DECISION = Group("Inputs"), Group("Decision")


@dataclass
class DriftParameters:
    """Whether what an endpoint is asked about has drifted from what its model was judged on."""

    kept: Place = INPUTS("", "folder of soundyard serve-model --keep, on the machine that runs the task")
    days: float = INPUTS(0.0, "that requests are not older than; 0: all", 0)
    model_id: str = INPUTS(
        "", "ClearML model, also an ONNX one; empty: the output of the project's newest training"
    )
    dataset_id: str = INPUTS("", "ClearML dataset of the clips; empty: the one that the model was trained on")
    fold: int = INPUTS(0, "whose clips the requests are held against; 0: the one that the model held out", 0)
    most: int = INPUTS(
        1000, "requests, and clips, that are heard: the newest of them, and evenly over the clips", 20
    )
    level: float = DECISION(0.05, "largest p at which a difference counts, of all together", 0, 1)
    least: float = DECISION(0.1, "population stability index (PSI) that counts as drift", 0)
    device: str = same_as(EvaluateConfig, "device")
    plugins: list[Place] = same_as(EvaluateConfig, "plugins")

    def __post_init__(self) -> None:
        hold(self)

    def check(self) -> None:
        """Raises NothingThere, ConfigError: no requests there, or no such device."""
        from audio.devices import pick_device

        requests(self.kept, self.days, self.most)
        pick_device(self.device)

    def check_inputs(self) -> None:
        """Raises NothingThere, CheckpointError: a model or a dataset that is not there, or is of no use."""
        from tasks import lookup

        lookup.refuse_unusable(self.model_id, None, lookup.here(), exported=True)


def main(arguments: Sequence[str] | None = None) -> None:
    with session(job("drift"), DriftParameters, arguments, __doc__) as run:
        from audio.clips.store import ClipStore
        from audio.inference.predictor import Predictor
        from audio.serving.watching.described import described
        from audio.serving.watching.drift import drift
        from tasks import lookup

        asked, project = run.parameters, run.task.get_project_name()
        sounds = requests(asked.kept, asked.days, asked.most)
        model = lookup.model(asked.model_id, project, exported=True)
        run.task.set_input_model(model_id=model.id)
        asked.dataset_id = lookup.dataset_of(model, asked.dataset_id, project)
        _, folder = lookup.pinned_dataset(run)
        predictor = Predictor(lookup.heard_with(run, model), asked.device)
        store = ClipStore.open(folder)
        if store.sample_rate != predictor.sample_rate:
            raise ConfigError(
                f"The model hears {predictor.sample_rate} Hz, the clips of dataset {asked.dataset_id} are at "
                f"{store.sample_rate} Hz: give one at the model's rate."
            )
        clips = described(predictor, _clips(store, model, asked))
        heard = described(predictor, ((path, path) for path in sounds))
        found = drift(clips, heard, asked.level, asked.least)
        run.line.persist("uploading the report", lambda: _report(run, found, heard))
        print(found.text())


def requests(kept: str, days: float, most: int) -> list[Path]:
    """The newest sounds of a folder, oldest first. Raises NothingThere."""
    from audio.serving.watching.keeping import TABLE

    table = Path(kept) / TABLE
    if not kept.strip() or not table.is_file():
        raise NothingThere(
            f"kept {kept!r} has no {TABLE}: give the folder of soundyard serve-model --keep FOLDER."
        )
    since = datetime.now(timezone.utc) - timedelta(days=days) if days else None
    found = []
    with table.open(encoding="utf-8", errors="replace", newline="") as file:
        for row in csv.DictReader(file):
            path = Path(kept) / (row.get("path") or "")
            if path.is_file() and (since is None or _when(row.get("at") or "") >= since):
                found.append(path)
    if not found:
        raise NothingThere(f"kept {kept!r} lists no sound{f' of the last {days:g} days' if days else ''}.")
    return found[-most:]


def _when(text: str) -> datetime:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return datetime.min.replace(tzinfo=timezone.utc)
    return when if when.tzinfo else when.replace(tzinfo=timezone.utc)


def _clips(store: "ClipStore", model: Any, asked: DriftParameters) -> Iterator[tuple[Any, object]]:
    """Waveforms that the model was not trained on, each with its recording."""
    import numpy as np

    from audio.clips.splits import held_out, recordings

    fold = asked.fold or int(model.get_metadata("fold") or 0)
    rows = held_out(store, fold)
    some = rows.iloc[np.linspace(0, len(rows) - 1, min(asked.most, len(rows))).astype(int)]
    of = recordings(store.index)
    for clip in some["clip"]:
        yield store.waveform(clip), of[clip]


def _report(run: Run[DriftParameters], found: "Drift", heard: "Described") -> None:
    """The figures, the tables, and a page of all."""
    from tasks.reporting import report, reports

    logger = run.logger
    logger.report_single_value("drifted", len(found.drifted))
    for row in found.quantities.itertuples():
        logger.report_scalar("psi", row.quantity, row.psi, iteration=0)
    reports.report_rows(logger, "drift", "quantities", found.quantities.round(4))
    reports.report_rows(logger, "drift", "classes", found.classes.round(4))
    told = [
        report.Section("What was found", [found.text()]),
        report.Section("Quantities", QUANTITIES, *report.table(found.quantities)),
        report.Section("Classes", CLASSES, *report.table(found.classes)),
        report.Section(
            "How it was made", [f"{name}: {value}" for name, value in asdict(run.parameters).items()]
        ),
    ]
    if heard.unheard:
        told[0].text.append(f"{len(heard.unheard)} requests can't be heard, the first: {heard.unheard[0]}")
    report.keep(run.task, run.folder, told)
    run.task.set_comment(found.text())


QUANTITIES = [
    "Medians of clips and requests; the largest distance of their cumulative curves; the population stability index "
    "(PSI) above what chance makes, with a 95 % interval over recordings; and how likely chance makes any distance "
    "so large.",
    "Drifted: p is at most `level` and the index at least `least`.",
]
CLASSES = [
    "Shares of what the model names, the difference with a 95 % interval, and by what the sounds that are taken for "
    "a class differ most. Every request counts as a recording of its own.",
]

if __name__ == "__main__":
    main()
