"""Long recordings with what is heard in them, and when: tables, and sound and events on a timeline in the page.

    python -m tasks.events --url night.flac
    python -m tasks.events --model_id ID --url recordings/ --threshold 0.7 --shortest 0.5

The parameters are those of `soundyard events`. The model may be an exported one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from audio.config import EvaluateConfig, Group, Place, hold, same_as
from audio.events.config import EventConfig
from audio.io.reading import Undecodable
from tasks.predict import sound
from tasks.running.session import Run, job, session

if TYPE_CHECKING:
    from audio.events.hearing import Found, Listening
    from tasks.reporting.recordings import Timeline

INPUTS, OUTPUT = Group("Inputs"), Group("Output")


@dataclass
class EventsParameters(EventConfig):
    """Long recordings with what is heard in them, and when."""

    url: Place = INPUTS(
        "", "sound file or a folder of them: a path on the machine that runs the task, or an address"
    )
    model_id: str = INPUTS(
        "", "ClearML model, also an ONNX one; empty: the output of the project's newest training"
    )
    audio_limit: int = OUTPUT(20, "recordings whose sound is uploaded, so that the page can play them", 0)
    calibrated: bool = same_as(EvaluateConfig, "calibrated", group=OUTPUT.name)
    device: str = same_as(EvaluateConfig, "device")
    plugins: list[Place] = same_as(EvaluateConfig, "plugins")

    def __post_init__(self) -> None:
        hold(self)

    def check(self) -> None:
        """Raises NothingThere, DatasetError, ConfigError: no sound there, or no such device."""
        from audio.devices import pick_device

        recordings(self.url)
        pick_device(self.device)

    def check_inputs(self) -> None:
        """Raises NothingThere, CheckpointError: a model that is not there, or is of no use."""
        from tasks import lookup

        lookup.refuse_unusable(self.model_id, None, lookup.here(), exported=True)


def main(arguments: Sequence[str] | None = None) -> None:
    with session(job("events"), EventsParameters, arguments, __doc__) as run:
        from audio.events.hearing import Detector
        from audio.events.workers import heard
        from tasks import lookup
        from tasks.reporting.recordings import Timeline, in_a_line
        from tasks.running import progress

        asked = run.parameters
        files = recordings(asked.url)
        model = lookup.model(asked.model_id, run.task.get_project_name(), exported=True)
        run.task.set_input_model(model_id=model.id)
        detector = Detector(lookup.heard_with(run, model), asked, asked.device, calibrated=asked.calibrated)
        if detector.predictor.runtime.frontend:
            run.task.set_configuration_object("frontend", config_dict=detector.predictor.runtime.frontend)
        timeline = Timeline(run.task.id, run.logger, detector.preparation.sample_rate)
        shown = progress.counted("recordings", share=(0, 0.9))
        told: list[Found] = []
        for done, (path, name) in enumerate(files, 1):
            told.append(heard(detector, path, _part(shown, done - 1, len(files))))
            timeline.add(told[-1], name, timeline.heard < asked.audio_limit)
            print(f"{name}: {in_a_line(told[-1])}", flush=True)
            shown(done, len(files))
        _report(run, told)
        run.line.persist("uploading the events", lambda: _upload(run, told, timeline, detector.classes))
        if all(found.error for found in told):
            raise Undecodable(f"Nothing of url {asked.url} can be heard: {told[0].error}")


def _part(shown: Callable[[float, int], None], before: int, files: int) -> "Listening":
    """Tells how much of a recording is heard, short of all of it: that is said when its events are told."""
    return lambda at, whole: shown(before + (round(min(0.99, at / whole), 2) if whole else 0), files)


def recordings(url: str) -> list[tuple[Path, str]]:
    """Files on this machine, each with the name that it is shown by. Raises NothingThere, DatasetError."""
    from audio.named import printable
    from audio.predict import sound_files

    folder = Path(url)
    if url.strip() and folder.is_dir():
        return [(path, printable(str(path.relative_to(folder)))) for path in sound_files([folder])]
    path = sound(url)
    return [(path, printable(url.rsplit("/", 1)[-1] if "://" in url else path.name))]


def _report(run: Run[EventsParameters], told: "list[Found]") -> None:
    from collections import Counter

    from tasks.reporting import reports

    counts = Counter(event.label for found in told for event in found.events)
    run.logger.report_single_value("recordings", len(told))
    run.logger.report_single_value("events", counts.total())
    run.logger.report_single_value("hours", round(sum(found.duration for found in told) / 3600, 4))
    if counts:
        reports.report_counts(run.logger, "events", "classes", dict(counts.most_common()), "class")


def _upload(
    run: Run[EventsParameters], told: "list[Found]", timeline: "Timeline", classes: list[str]
) -> None:
    """The table for programs, then what the page reads."""
    from audio.events.tables import as_csv
    from tasks.reporting.recordings import ARTIFACT

    table = run.folder / "events.csv"
    table.write_text("".join(as_csv(told)), "utf-8", "backslashreplace", "")
    run.task.upload_artifact("events", table, wait_on_upload=True)
    run.task.upload_artifact(ARTIFACT, timeline.write(run.folder, classes), wait_on_upload=True)


if __name__ == "__main__":
    main()
