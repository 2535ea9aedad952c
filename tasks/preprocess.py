"""Recordings to a clip store, registered as a new version of a ClearML dataset.

    python -m tasks.preprocess --dataset synthetic
    python -m tasks.preprocess --dataset esc10 --data /path/to/ESC-10
    python -m tasks.preprocess --dataset folder --data /path/to/folders-by-class --sample_rate 16000

Reported: clips of each class, durations, what was skipped and why, duplicates and other faults of the set, and a few
clips to listen to and look at. Files that have not changed since the data set's newest version are taken over from it.
The new version has the artifact `clips`, a row for every clip, and the sounds of some, as many of each class.
"""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audio.config import Group, PreprocessConfig
from audio.errors import AudioError
from audio.named import one_line
from tasks.errors import NothingThere
from tasks.running.session import Run, job, session

if TYPE_CHECKING:
    from audio.clips.store import ClipStore
    from audio.preprocessing.preprocess import PreprocessReport

EXAMPLE_SECONDS = 60.0  # s of a long clip that are an example
LISTED = 20  # lines of a list on the console
ROWS_SHOWN = 1000  # of the tables of skipped files and the like
FINDINGS_SHOWN = 200  # rows of the table on the page
VERSION = Group("Dataset version")


@dataclass
class PreprocessParameters(PreprocessConfig):
    """Recordings to a clip store, registered as a new version of a ClearML dataset."""

    dataset_name: str = VERSION(
        "", "ClearML dataset that gets the new version; empty: the name of the data set"
    )
    examples: int = VERSION(8, "clips reported as audio, waveform and mel spectrogram", 0)
    audio_limit: int = VERSION(500, "clips whose sound is uploaded, spread over the classes; 0: none", 0)
    inspect: bool = VERSION(
        True, "look for duplicates, leaks across splits, silence, clipping, odd durations"
    )
    reuse: bool = VERSION(True, "take files that did not change over from the newest version of the dataset")

    def check(self) -> None:
        """Raises DatasetError: there is no such data set, or no such folder."""
        from audio.preprocessing.listing import folder_of

        folder_of(self)


def main(arguments: Sequence[str] | None = None) -> None:
    with session(job("preprocess"), PreprocessParameters, arguments, __doc__) as run:
        from audio.clips.store import ClipStore
        from audio.preprocessing.preprocess import preprocess
        from tasks.running import progress

        folder = _folder(run.parameters)
        earlier = _earlier(run)
        shown = progress.counted("clips", share=(0, 0.8))
        report = preprocess(run.parameters, folder, progress=shown, reuse_from=earlier)
        store = ClipStore.open(folder)
        _say(report)
        _report(run, report, store)
        if run.parameters.inspect:
            _report_findings(run, store)
        dataset_id = _register(run, report, store)
        run.task.set_user_properties(dataset_id=dataset_id)
        print(f"dataset {dataset_id}")
        shutil.rmtree(folder, ignore_errors=True)


def _folder(parameters: PreprocessParameters) -> Path:
    """Where the store is made: the same for the same settings, so that a killed run continues where it stood."""
    from clearml.config import get_cache_dir

    settings = json.dumps(asdict(parameters), sort_keys=True)
    return Path(get_cache_dir()) / "stores" / hashlib.sha256(settings.encode()).hexdigest()[:16]


def _name(parameters: PreprocessParameters) -> str:
    """Of the ClearML dataset that gets the new version."""
    return parameters.dataset_name or parameters.dataset


def _earlier(run: Run[PreprocessParameters]) -> Path | None:
    """The newest version of the dataset, to take unchanged clips from; None when there is none that can be read."""
    from audio.clips.store import ClipStore
    from tasks import lookup

    if not run.parameters.reuse:
        return None
    project = run.task.get_project_name()
    try:
        dataset_id, folder = lookup.dataset_folder(
            lookup.newest_dataset(project, _name(run.parameters)), project
        )
        ClipStore.open(folder)
    except NothingThere:
        return None
    except (AudioError, OSError, ValueError) as fault:
        print(f"note: nothing is taken over from the dataset's newest version: {fault}")
        return None
    run.task.set_user_properties(earlier_dataset_id=dataset_id)
    return folder


def _say(report: "PreprocessReport") -> None:
    print(
        f"{report.clips} clips, {report.seconds / 60:.1f} minutes at {report.sample_rate} Hz, "
        f"{len(report.classes)} classes, in {report.elapsed:.1f} s"
    )
    if report.reused:
        print(f"{report.reused} of them were taken over: their files have not changed")
    if report.drawn:
        kept = (
            f"; {report.drawn['kept']} clips keep that of an earlier version" if report.drawn["kept"] else ""
        )
        print(f"the data set has no folds: {report.drawn['count']} were drawn{kept}")
    if report.flatters:
        print(f"note: {report.flatters}")
    if report.skipped:
        _list("files were skipped", report.skipped)
    if report.noted:
        _list("recordings are to be looked at", report.noted)
    if report.left_out:
        _list("files of sound are no clip of this data set", report.left_out)
    if report.others:
        other = ", ".join(f"{count} {kind}" for kind, count in sorted(report.others.items()))
        print(f"files in the folder that are not sound: {other}")


def _list(what: str, rows: list[tuple[str, str]]) -> None:
    print(f"{len(rows)} {what}:")
    for name, reason in rows[:LISTED]:
        print(f"  {one_line(name)}: {reason}")
    if len(rows) > LISTED:
        print(f"  and {len(rows) - LISTED} more, in the task's tables")


def _report(run: Run[PreprocessParameters], report: "PreprocessReport", store: "ClipStore") -> None:
    import pandas as pd

    from tasks.reporting import reports

    logger = run.logger
    reports.report_counts(logger, "clips per class", "clips", report.per_class, "class")
    if report.per_fold:
        reports.report_counts(logger, "clips per fold", "clips", report.per_fold, "fold")
    reports.report_distribution(logger, "durations", "clips", store.index["duration"].to_numpy(), "s")
    for title, series, rows in (
        ("skipped files", "skipped", report.skipped),
        ("noted recordings", "noted", report.noted),
        ("files left out", "left out", report.left_out),
    ):
        shown = pd.DataFrame(rows[:ROWS_SHOWN], columns=["file", "reason"])
        reports.report_rows(logger, title, series, shown)
    for name, value in (
        ("clips", report.clips),
        ("minutes", report.seconds / 60),
        ("skipped files", len(report.skipped)),
        ("noted recordings", len(report.noted)),
        ("files left out", len(report.left_out)),
        ("files that are not sound", sum(report.others.values())),
        ("reused clips", report.reused),
        ("clips per second", report.clips_per_second),
    ):
        logger.report_single_value(name, float(value))
    _report_examples(logger, store, run.parameters.examples)


def _report_findings(run: Run[PreprocessParameters], store: "ClipStore") -> None:
    """What is wrong with the set: how often, a table of the first findings, all of them as an artifact."""
    from audio.inspection.inspect import inspect
    from tasks.reporting import reports
    from tasks.running import progress

    found = inspect(store, progress=progress.counted("clips inspected", share=(0.8, 0.88)))
    run.logger.report_single_value("findings", float(len(found.findings)))
    reports.report_rows(run.logger, "findings", "data set", found.findings.head(FINDINGS_SHOWN))
    run.task.upload_artifact("findings", found.findings, wait_on_upload=True)
    if len(found.findings):
        reports.report_counts(run.logger, "findings of each kind", "clips", found.counts(), "kind")
        print("found: " + ", ".join(f"{count} {kind}" for kind, count in found.counts().items()))


def _report_examples(logger: Any, store: "ClipStore", count: int) -> None:
    """Clips of as many classes as possible, to listen to and look at."""
    from audio.clips.table import in_turn
    from audio.reporting.figures import mel_figure, waveform_figure
    from tasks.reporting import reports

    for clip in in_turn(store.index)[:count]:
        waveform, rate = store.waveform(clip, EXAMPLE_SECONDS), store.sample_rate
        title = f"{store.index.loc[clip, 'label']}: {clip}"
        reports.report_audio(logger, "examples: audio", clip, waveform, rate)
        reports.report_figure(logger, "examples: waveform", clip, waveform_figure(waveform, rate, title))
        reports.report_figure(logger, "examples: mel", clip, mel_figure(waveform, rate, title))


def _register(run: Run[PreprocessParameters], report: "PreprocessReport", store: "ClipStore") -> str:
    """Upload the store as the next version of its dataset; gives the version's id."""
    from clearml import Dataset, Task

    from tasks.client import folds

    dataset = Dataset.create(
        dataset_name=_name(run.parameters),
        dataset_project=run.task.get_project_name(),
        description=f"{report.dataset.get('title', run.parameters.dataset)}: {report.clips} clips at "
        f"{report.sample_rate} Hz, made by task {run.task.id}",
    )
    try:
        dataset.add_files(str(report.folder), verbose=False)
        dataset.upload(show_progress=False, preview=False)
        _upload_clips(dataset, store, run.parameters.audio_limit)
        folds.write_on(Task.get_task(task_id=dataset.id), store)
        dataset.finalize()
    except BaseException:  # Ctrl-C too: the SDK takes a version that was stopped for a whole one
        Task.get_task(task_id=dataset.id).mark_failed(force=True, status_message="the upload broke off")
        raise
    return str(dataset.id)


def _upload_clips(dataset: Any, store: "ClipStore", audio_limit: int) -> None:
    """What the version's page lists and plays: a table of all clips, and the sounds of some."""
    from audio.clips.table import clip_table, in_turn
    from tasks.reporting import clips
    from tasks.running import progress

    table = clip_table(store, store.index, progress=progress.counted("clips listed", share=(0.88, 0.92)))
    table = clips.with_sounds(
        dataset.id,
        dataset.get_logger(),
        table,
        store,
        in_turn(store.index)[:audio_limit],
        progress=progress.counted("sounds uploaded", share=(0.92, 1)),
    )
    dataset.set_metadata(table, clips.TABLE, ui_visible=False)


if __name__ == "__main__":
    main()
