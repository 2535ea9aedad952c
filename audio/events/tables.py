"""Tables of events: CSV, JSON, labels of Audacity and selections of Raven, each written recording by recording."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from audio.events.hearing import Found
from audio.events.tracking import Event
from audio.named import one_line, printable

FORMATS = ("csv", "json", "audacity", "raven")
EACH = ("audacity", "raven")  # formats with a file for each recording
ENDINGS = {"csv": ".csv", "json": ".json", "audacity": ".txt", "raven": ".selections.txt"}
COLUMNS = ("file", "onset", "offset", "label", "score", "mean", "error")
HEADER = ",".join(COLUMNS) + "\n"
RAVEN = (
    "Selection", "View", "Channel", "Begin Time (s)", "End Time (s)", "Low Freq (Hz)", "High Freq (Hz)",
    "Begin File", "Label", "Score",
)  # fmt: skip
HIGHEST = 100_000  # Hz, where nothing is known of it: Raven shows the whole band
DIGITS = 4  # of times and probabilities


def as_rows(source: Path, events: list[Event]) -> Iterator[str]:
    """Lines of CSV without their header."""
    yield _separated(rows_of(Found(source, 0.0, events)), ",")


def rows_of(found: Found) -> Iterator[tuple[object, ...]]:
    """The rows of one recording; one with the reason where it can't be heard."""
    name = printable(str(found.path))
    if found.error:
        yield name, "", "", "", "", "", printable(found.error)
    for one in found.events:
        numbers = (one.onset, one.offset), (one.score, one.mean)
        (onset, offset), (score, mean) = ([f"{number:.{DIGITS}f}" for number in pair] for pair in numbers)
        yield name, onset, offset, one.label, score, mean, ""


def as_csv(recordings: Iterable[Found]) -> Iterator[str]:
    """A row for each event, and one with the reason for each recording that can't be heard."""
    yield HEADER
    for found in recordings:
        yield _separated(rows_of(found), ",")


def as_json(recordings: Iterable[Found]) -> Iterator[str]:
    """A list with an entry for each recording: also those without events."""
    between = "[\n"
    for found in recordings:
        yield between + json.dumps(told_of(found), ensure_ascii=False)
        between = ",\n"
    yield "[]\n" if between == "[\n" else "\n]\n"


def told_of(found: Found) -> dict[str, Any]:
    """One recording and its events, JSON-ready."""
    events = [
        {
            "onset": round(one.onset, DIGITS),
            "offset": round(one.offset, DIGITS),
            "label": one.label,
            "score": round(one.score, DIGITS),
            "mean": round(one.mean, DIGITS),
        }
        for one in found.events
    ]
    told: dict[str, Any] = {
        "file": printable(str(found.path)),
        "duration": round(found.duration, DIGITS),
        "events": events,
    }
    told |= {"notes": found.notes} if found.notes else {}
    return told | ({"error": printable(found.error)} if found.error else {})


def as_audacity(recordings: Iterable[Found]) -> Iterator[str]:
    """What Audacity imports as a label track: onset, offset and label between tabs."""
    for found in recordings:
        for one in found.events:
            yield f"{one.onset:.6f}\t{one.offset:.6f}\t{one_line(one.label)}\n"


def as_raven(recordings: Iterable[Found]) -> Iterator[str]:
    """What Raven opens as a selection table; times are those of the recording."""
    yield _separated([RAVEN], "\t")
    number = 0
    for found in recordings:
        for one in found.events:
            number += 1
            times = f"{one.onset:.6f}", f"{one.offset:.6f}"
            name = one_line(printable(found.path.name))
            cells = (
                number,
                "Spectrogram 1",
                1,
                *times,
                0,
                HIGHEST,
                name,
                one_line(one.label),
                f"{one.score:.4f}",
            )
            yield "\t".join(map(str, cells)) + "\n"


WRITERS: dict[str, Callable[[Iterable[Found]], Iterator[str]]] = {
    "csv": as_csv,
    "json": as_json,
    "audacity": as_audacity,
    "raven": as_raven,
}


def table_beside(path: Path, common: Path, kind: str) -> Path:
    """Where in a folder of tables that of a recording lies: as the recording does below `common`."""
    try:
        place = path.relative_to(common)
    except ValueError:
        place = Path(path.name)
    return place.with_name(place.name + ENDINGS[kind])


def _separated(rows: Iterable[Iterable[object]], separator: str) -> str:
    lines = io.StringIO()
    csv.writer(lines, delimiter=separator, lineterminator="\n").writerows(rows)
    return lines.getvalue()
