"""What a run reported, as it lies on this machine's disk, and what of it the server lacks.

The SDK tries for ever to send scalars, and drops a picture or a sound whose upload fails; a killed process drops what
it had not sent. TensorBoard's files hold all of it, and a training's history the scalars of its earlier runs, on
whatever machine. Reporting the same point twice is harmless: the server keeps one.
"""

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tasks.running.outages import say

FOLDER = "tensorboard"  # in a run's folder
HISTORY = "history.json"  # in that folder
PAUSES = (0.0, 0.3, 1.0, 2.0)  # s before the server is asked, and asked again, for what has arrived
PAGE = 5000  # events asked for at a time

Point = tuple[str, str, int]  # title, series, iteration
DEFAULT_TITLES = {"image": "Images", "audio": "Audio"}


def write_history(folder: Path, history: list[dict[str, float]]) -> None:
    """Note the scalars of every epoch, those of earlier runs too."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / HISTORY).write_text(json.dumps(history))


def complete(task: Any, folder: Path) -> None:
    """Report what the server lacks of what the files hold. May be called again."""
    scalars, samples = _scalars(folder), {point for point, _, _ in _samples(folder)}
    if not scalars and not samples:
        return
    missing = _settled(task, set(scalars), samples)
    if not missing:
        return
    logger = task.get_logger()
    for title, series, iteration in sorted(missing & set(scalars)):
        logger.report_scalar(title, series, scalars[title, series, iteration], iteration)
    for point, content, suffix in _samples(folder):
        if point in missing:
            stream = io.BytesIO(content)
            logger.report_media(*point[:2], iteration=point[2], stream=stream, file_extension=suffix)
    left = _settled(task, set(scalars), samples)
    say(f"{len(missing) - len(left)} points and samples that had not reached the server were sent again.")
    if left:
        say(f"note: {len(left)} points and samples did not reach the server; they are in {folder}.")


def _settled(task: Any, scalars: set[Point], samples: set[Point]) -> set[Point]:
    """What is missing after everything under way has arrived."""
    missing: set[Point] = set()
    for pause in PAUSES:
        time.sleep(pause)
        task.flush(wait_for_uploads=True)  # returns early when the SDK's reporter was at an earlier portion
        missing = (scalars - _known(task, "training_stats_scalar")) if scalars else set()
        missing |= (samples - _known(task, "training_debug_image")) if samples else set()
        if not missing:
            break
    return missing


def _known(task: Any, kind: str) -> set[Point]:
    """The points of a kind that the server has."""
    from clearml.backend_api.session.client import APIClient

    found: set[Point] = set()
    scroll = None
    events = APIClient().events
    while True:
        page = events.get_task_events(task=task.id, event_type=kind, batch_size=PAGE, scroll_id=scroll)
        answer = page.response.to_dict()
        for event in answer["events"]:
            found.add((event["metric"], event["variant"], int(event["iter"])))
        if not answer["events"] or not answer.get("scroll_id"):
            return found
        scroll = answer["scroll_id"]


def _scalars(folder: Path) -> dict[Point, float]:
    """All scalars that were reported."""
    found: dict[Point, float] = {}
    if (folder / HISTORY).is_file():
        for epoch, values in enumerate(json.loads((folder / HISTORY).read_text()), 1):
            found |= {(*scalar_name(tag), epoch): value for tag, value in values.items()}
    for step, value in _values(folder):
        if value.WhichOneof("value") == "simple_value":
            point = (*scalar_name(value.tag), step)
            found[point] = value.simple_value
    return found


def _samples(folder: Path) -> Iterator[tuple[Point, bytes, str]]:
    """All sounds and pictures that were reported: where, what, and the kind of file."""
    for step, value in _values(folder):
        kind = value.WhichOneof("value")
        if kind == "image":
            yield (*sample_name(value.tag, kind), step), value.image.encoded_image_string, ".png"
        elif kind == "audio":
            yield (*sample_name(value.tag, kind), step), value.audio.encoded_audio_string, ".wav"


def _values(folder: Path) -> Iterator[tuple[int, Any]]:
    """`(step, value)` of everything in TensorBoard's files; what was being written when a process died is left out."""
    from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

    for path in sorted(folder.glob("events.out.tfevents.*")) if folder.is_dir() else []:
        for event in LegacyEventFileLoader(str(path)).Load():
            for value in event.summary.value:
                yield int(event.step), value


def scalar_name(tag: str) -> tuple[str, str]:
    """Title and series that the SDK gives to a scalar of TensorBoard: `loss/train` is loss, train."""
    title, _, series = tag.replace("/", "_", tag.count("/") - 1).partition("/")
    return (title, series) if series else (tag, tag)


def sample_name(tag: str, kind: str) -> tuple[str, str]:
    """Title and series that the SDK gives to a picture or a sound: the last three parts of the tag are the series."""
    parts = tag.split("/")
    count = min(3, max(1, len(parts) - 1))
    return "_".join(parts[:-count]) or DEFAULT_TITLES[kind], "_".join(parts[-count:])
