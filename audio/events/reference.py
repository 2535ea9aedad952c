"""Events that people have marked, read from whatever they marked them with.

A table for all recordings (CSV or tab-separated, with or without a header; this program's JSON), or a folder with one
for each recording: labels of Audacity, selections of Raven, or such a table, named as the recording (`a.wav.txt`,
`a.txt`, `a.Table.1.selections.txt`).
"""

import csv
import io
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from audio.errors import DatasetError
from audio.events.tracking import Event
from audio.named import printable

COLUMNS = {  # names by which columns go, the best first; compared in lower case
    "file": (
        "begin path",
        "file",
        "filename",
        "file_name",
        "path",
        "audio_filename",
        "recording",
        "begin file",
    ),
    "onset": ("onset", "event_onset", "file offset (s)", "begin time (s)", "start", "start_time", "begin"),
    "offset": ("offset", "event_offset", "end time (s)", "end", "end_time", "stop"),
    "label": ("label", "event_label", "annotation", "class", "category", "species", "common name", "tag"),
}
SUFFIXES = (".txt", ".tsv", ".csv")

Marked = dict[Path, list[Event]]


def read(path: Path, recordings: Sequence[Path]) -> Marked:
    """The marked events of recordings; those that are not spoken of are left out. Raises DatasetError."""
    name = printable(str(path))
    if path.is_dir():
        found = {one: _one(table) for one in recordings if (table := _table_of(one, path))}
        if not found:
            raise DatasetError(
                f"The folder {name} has no table that is named as a recording, such as {recordings[0].name}.txt."
            )
        return found
    rows = _rows(path)
    if all(file is None for file, _ in rows):
        if len(recordings) != 1:
            raise DatasetError(
                f"{name} does not say of which recording its events are: give it a column `file`, or a folder with a "
                "table for each recording."
            )
        return {recordings[0]: [event for _, event in rows if event]}
    by_name: dict[str, list[Event]] = defaultdict(list)
    for file, event in rows:
        by_name[file or ""] += [event] if event else []
    matched = _matched(by_name, recordings)
    if not matched:
        raise DatasetError(
            f"{name} names no recording that was heard; the first it names is {next(iter(by_name))!r}."
        )
    return matched


def _matched(by_name: dict[str, list[Event]], recordings: Sequence[Path]) -> Marked:
    """A recording is meant by its path, by the end of it, or by its name, where no other one is."""
    ends: dict[tuple[str, ...], list[Path]] = defaultdict(list)
    for one in recordings:
        parts = tuple(printable(str(one)).replace("\\", "/").split("/"))
        for at in range(len(parts)):
            ends[parts[at:]].append(one)
    found: Marked = {}
    for name, events in by_name.items():
        parts = tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))
        for at in range(len(parts)):
            if len(meant := ends.get(parts[at:], [])) == 1:
                found.setdefault(meant[0], []).extend(events)
                break
    return found


def _table_of(recording: Path, folder: Path) -> Path | None:
    """That of a recording in a folder, which may have the recordings' folders in it."""
    for end in range(1, len(recording.parts) + 1):
        place = folder.joinpath(*recording.parts[len(recording.parts) - end :])
        for stem in (place.name, place.stem):
            for suffix in (*SUFFIXES, ".selections.txt", ".Table.1.selections.txt"):
                if (table := place.with_name(stem + suffix)).is_file() and table.parent.is_dir():
                    return table
        if recording.parts[len(recording.parts) - end] == recording.anchor:
            break
    return None


def _one(path: Path) -> list[Event]:
    return [event for _, event in _rows(path) if event]


def _rows(path: Path) -> list[tuple[str | None, Event | None]]:
    """File and event of each row; either may be missing. Raises DatasetError."""
    name = printable(str(path))
    try:
        text = path.read_bytes().decode("utf-8-sig", "surrogateescape")
    except OSError as error:
        raise DatasetError(f"{name} can't be read: {error.strerror or error}.") from error
    if path.suffix.lower() == ".json":
        return _of_json(text, name)
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith(("\\", "#"))]
    if not lines:
        return []
    separator = max("\t;,", key=lines[0].count)
    table = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=separator))
    header = [cell.strip().lower() for cell in table[0]]
    places = {
        what: next((header.index(one) for one in names if one in header), None)
        for what, names in COLUMNS.items()
    }
    if places["onset"] is None and places["label"] is None:
        places = _without_header(table[0], name)
        body = enumerate(table, 1)
    else:
        missing = [what for what in ("onset", "offset", "label") if places[what] is None]
        if missing:
            raise DatasetError(
                f"{name} has no column for {' and '.join(missing)}; it has {', '.join(table[0])}."
            )
        body = enumerate(table[1:], 2)
    return [_row(row, places, f"{name}, line {number}") for number, row in body]


def _without_header(first: list[str], name: str) -> dict[str, int | None]:
    """Columns by their number: Audacity's, or with the file's name before them, as DCASE has them."""
    for shift in (0, 1):
        if len(first) >= 3 + shift and all(_number(cell) is not None for cell in first[shift : shift + 2]):
            file = 0 if shift else None
            return {"file": file, "onset": shift, "offset": shift + 1, "label": shift + 2}
    raise DatasetError(
        f"{name} is no table of events: it begins with {first!r}; expected columns onset, offset and label (s), or "
        "file, onset, offset and label."
    )


def _row(row: list[str], places: dict[str, int | None], where: str) -> tuple[str | None, Event | None]:
    cells = {
        what: row[at].strip() if at is not None and at < len(row) else None for what, at in places.items()
    }
    if not cells["onset"] and not cells["offset"]:
        return cells["file"] or None, None  # the recording has none
    return cells["file"] or None, _event(cells["onset"], cells["offset"], cells["label"], where)


def _of_json(text: str, name: str) -> list[tuple[str | None, Event | None]]:
    found: list[tuple[str | None, Event | None]] = []
    try:
        for number, one in enumerate(json.loads(text), 1):
            found.append((one["file"], None))
            for event in one["events"]:
                where = f"{name}, recording {number}"
                found.append((one["file"], _event(event["onset"], event["offset"], event["label"], where)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(
            f"{name} is no JSON of events: {error}; expected a list of "
            '{"file": …, "events": [{"onset": …, "offset": …, "label": …}]}.'
        ) from error
    return found


def _event(onset: Any, offset: Any, label: Any, where: str) -> Event:
    first, last = _number(onset), _number(offset)
    if first is None or last is None or not 0 <= first <= last or not label:
        raise DatasetError(
            f"{where}: onset {onset!r}, offset {offset!r}, label {label!r}; expected seconds, the second not before "
            "the first, and a label."
        )
    return Event(first, last, str(label), 1.0, 1.0)


def _number(cell: Any) -> float | None:
    try:
        number = float(cell)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def labels_of(marked: Iterable[list[Event]]) -> list[str]:
    """The labels that are marked, sorted."""
    return sorted({event.label for events in marked for event in events})
