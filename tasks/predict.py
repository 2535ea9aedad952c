"""What a model hears in one sound file: the likeliest labels, as single values, a table and an artifact.

    python -m tasks.predict --url siren.wav
    python -m tasks.predict --model_id ID --url http://127.0.0.1:8080/files/siren.wav

It is what the page starts when somebody drops a file on a model or speaks into the microphone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audio.config import EvaluateConfig, Group, Place, hold, same_as
from tasks.errors import NothingThere
from tasks.running.session import Run, job, session

INPUTS, ANSWER = Group("Inputs"), Group("Answer")


@dataclass
class PredictParameters:
    """What a model hears in one sound file."""

    url: Place = INPUTS("", "sound file: an address, or a path on the machine that runs the task")
    model_id: str = INPUTS("", "ClearML model; empty: the output of the project's newest finished training")
    top: int = ANSWER(10, "labels that are reported", 1)
    hop: float | None = ANSWER(
        None, "between the windows of a long file; none: half a window", 0.001, unit="s"
    )
    calibrated: bool = same_as(EvaluateConfig, "calibrated", group=ANSWER.name)
    device: str = same_as(EvaluateConfig, "device")
    plugins: list[Place] = same_as(EvaluateConfig, "plugins")

    def __post_init__(self) -> None:
        hold(self)

    def check(self) -> None:
        """Raises NothingThere, Undecodable, ConfigError: no sound there, or no such device."""
        from audio.devices import pick_device
        from audio.io.reading import Undecodable, open_sound

        try:
            with open_sound(sound(self.url)) as opened:
                next(iter(opened.blocks(0, 1)), None)
        except Undecodable as fault:
            raise Undecodable(f"url {self.url} can't be heard: {fault}") from fault
        pick_device(self.device)

    def check_inputs(self) -> None:
        """Raises NothingThere, CheckpointError: a model that is not there, or is of no use."""
        from tasks import lookup

        lookup.refuse_unusable(self.model_id, None, lookup.here())


def main(arguments: Sequence[str] | None = None) -> None:
    with session(job("predict"), PredictParameters, arguments, __doc__) as run:
        from audio.inference.predictor import Predictor
        from tasks import lookup

        path = sound(run.parameters.url)
        model = lookup.model(run.parameters.model_id, run.task.get_project_name())
        run.task.set_input_model(model_id=model.id)
        found = Predictor(
            lookup.heard_with(run, model),
            run.parameters.device,
            run.parameters.hop,
            calibrated=run.parameters.calibrated,
        ).file(path)
        _report(run, found.top(run.parameters.top), found)


def sound(url: str) -> Path:
    """The file on this machine. Raises NothingThere."""
    from clearml import StorageManager

    from tasks.lookup import refuse_unreachable

    if not url.strip():
        raise NothingThere("url is empty: give the address or the path of a sound file")
    if Path(url).is_dir():
        raise NothingThere(
            f"url {url} is a folder: give one sound file. Whole folders are heard by python -m audio.predict."
        )
    if Path(url).exists():
        return Path(url)
    if "://" not in url:
        raise NothingThere(f"url {url}: there is no such file on this machine")
    refuse_unreachable(url)
    try:
        copy = StorageManager.get_local_copy(url, extract_archive=False)
    except Exception as fault:  # the SDK raises what its storage drivers do
        raise NothingThere(f"url {url}: it can't be fetched: {' '.join(str(fault).split())[:200]}") from fault
    if not copy or not Path(copy).is_file():
        raise NothingThere(f"url {url}: nothing is there, or it can't be fetched from this machine")
    return Path(copy)


def _report(run: Run[PredictParameters], top: list[tuple[str, float]], found: Any) -> None:
    import pandas as pd

    from tasks.reporting import reports

    for label, probability in top:
        run.logger.report_single_value(label, round(probability, 5))
    rows = pd.DataFrame(top, columns=["label", "probability"]).round(5)
    reports.report_rows(run.logger, "prediction", "labels", rows)
    run.task.upload_artifact("windows", found.table(), wait_on_upload=True)
    print("   ".join(f"{label} {probability:.1%}" for label, probability in top))
    for note in found.notes:
        print(f"note: {note}")


if __name__ == "__main__":
    main()
