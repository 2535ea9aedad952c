"""Any set of recordings that a table lists: columns `path`, `label` and, where there are any, `fold`, `split`,
`source`, `start`, `end`; `audio.datasets.tables` knows the other names that these go by.

Paths are relative to the table, or to a folder near it, or absolute; a bare file name is looked for below the table's
folder. Several labels are joined with `|` or `;`. `start` and `end` are seconds, so that many clips can be cut from one
long recording; these share it as their source unless the table says otherwise.
"""

import math
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from audio.datasets.contract import Clip, DataSet, audio_files, unlike
from audio.datasets.layout import SPLITS, fold_number, from_one
from audio.datasets.tables import Table, is_table, read_table
from audio.errors import DatasetError

LAYOUT = "a CSV file, or a folder with one (or with train.csv and test.csv), with the columns path and label"
USUAL = ("manifest", "metadata", "labels", "index")


def read(root: Path, seed: int) -> list[Clip]:
    """A clip a row, in the table's order."""
    clips = []
    for path, split in _find(root):
        table, places = read_table(path), Places(path, root)
        clips += [
            replace(_clip(table, number, values, places, split), columns=cells)
            for (number, values), cells in zip(table.rows, table.cells, strict=True)
        ]
    if not clips:
        raise DatasetError(f"{root} lists no recording: there are no rows below the header.")
    _refuse_gaps(root, clips)
    return from_one(clips)


def _find(root: Path) -> list[tuple[Path, str]]:
    """The tables to read, each with the split that its name tells (mostly none)."""
    if root.is_file():
        return [(root, "")]
    for folder in (root, *(sorted(p for p in root.iterdir() if p.is_dir()))):
        found = sorted(p for p in folder.iterdir() if p.suffix.lower() in (".csv", ".tsv") and p.is_file())
        if len(found) > 1 and all(p.stem.lower() in SPLITS for p in found):
            return [(p, SPLITS[p.stem.lower()]) for p in found]
        usual = [p for p in found if p.stem.lower() in USUAL]
        if len(found) == 1 or usual:
            return [((usual or found)[0], "")]
        tables = [p for p in found if is_table(p)]
        if len(tables) == 1:
            return [(tables[0], "")]
    raise unlike(root, "a CSV manifest", LAYOUT)


class Places:
    """Finds the files that a table names."""

    def __init__(self, table: Path, root: Path):
        self.below = root if root.is_dir() else table.parent
        here = dict.fromkeys((table.parent, self.below, table.parent.parent))
        self.folders = [folder / inner for folder in here for inner in ("", "audio")]
        self.names: dict[str, list[Path]] = {}

    def find(self, name: str) -> Path:
        """The file of that name; when there is none, where it was expected."""
        for text in dict.fromkeys(_spellings(name)):
            for folder in self.folders:
                if (folder / text).is_file():
                    return folder / text
        found = self._by_name().get(Path(name.strip().replace("\\", "/")).name, [])
        return found[0] if len(found) == 1 else self.folders[0] / name.strip()

    def _by_name(self) -> dict[str, list[Path]]:
        """Files below the table's folder, by their names with and without the suffix."""
        if not self.names:
            self.names = {"": []}
            for path in audio_files(self.below):
                for name in (path.name, path.stem):
                    self.names.setdefault(name, []).append(path)
        return self.names


def _spellings(name: str) -> Iterator[str]:
    """What a file of that name in a table may be called: as it stands, with the other slashes, its accents in one sign
    or in two, in the bytes of an old encoding."""
    for text in (name, name.strip(), name.strip().replace("\\", "/")):
        yield text
        for form in ("NFC", "NFD"):
            same = unicodedata.normalize(form, text)
            yield same
            for encoding in ("cp1252", "latin-1"):
                with suppress(UnicodeEncodeError):
                    yield os.fsdecode(same.encode(encoding))


def _clip(table: Table, number: int, values: dict[str, str], places: Places, split: str) -> Clip:
    """One row; a mistake in it is told with its line number."""

    def refuse(problem: str) -> NoReturn:
        raise DatasetError(f"{table.path}, line {number}: {problem}.")

    if not values["path"]:
        refuse("the path is empty")
    try:
        fold = fold_number(values.get("fold", ""))
        start, end = _seconds(values.get("start", "")) or 0.0, _seconds(values.get("end", ""))
    except ValueError as error:
        refuse(f"fold, start and end must be numbers ({error})")
    if fold < -1 or start < 0 or (end is not None and end <= start):
        refuse("fold and start must not be negative, end must be after start")
    said = values.get("split", "")
    if said and said.lower() not in SPLITS:
        refuse(f"split is {said!r}; it can be {', '.join(sorted(set(SPLITS.values())))}")
    return Clip(
        path=places.find(values["path"]),
        labels=_labels(values["label"], table.plural),
        fold=fold,
        split=SPLITS[said.lower()] if said else split,
        source=values.get("source") or values["path"].strip(),
        start=start,
        end=end,
    )


def _seconds(text: str) -> float | None:
    """Seconds; None for nothing. Raises ValueError, for NaN and infinity too."""
    if not text:
        return None
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text!r} is no time; leave it empty for the file's own start or end")
    return number


def _labels(text: str, plural: bool) -> tuple[str, ...]:
    names = re.split("[|;,]" if plural else "[|;]", text)
    return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))


def _refuse_gaps(root: Path, clips: list[Clip]) -> None:
    """Refuse a table in which only some clips have a fold, or in which one has no label where all have just one."""
    folds = Counter(clip.fold >= 0 for clip in clips)
    if len(folds) > 1:
        raise DatasetError(
            f"{root}: {folds[False]} of {len(clips)} clips have no fold; give it to all or to none."
        )
    several = any(len(clip.labels) > 1 for clip in clips)
    bare = [clip for clip in clips if not clip.labels]
    if bare and not several:
        raise DatasetError(f"{root}: {len(bare)} clips have no label, the first is {bare[0].path.name}.")


MANIFEST = DataSet("csv", "CSV manifest", read, LAYOUT)
