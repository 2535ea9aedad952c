"""Any set of recordings that a CSV file lists: columns `path`, `label` and, where there are any, `fold`, `split`,
`source`, `start`, `end`.

Paths are relative to the CSV file. Several labels are joined with `|`. `start` and `end` are seconds, so that many
clips can be cut from one long recording; these share it as their source unless the table says otherwise.
"""

import csv
from pathlib import Path
from typing import NoReturn

from audio.datasets.contract import Clip, DataSet, columns, unlike
from audio.datasets.folder import SPLITS
from audio.errors import DatasetError

LAYOUT = (
    "a CSV file, or a folder with one (manifest.csv if there are several), with the columns path and label"
)


def read(root: Path, seed: int) -> list[Clip]:
    """A clip a row, in the file's order."""
    table = _find(root)
    with table.open(newline="", encoding="utf-8-sig") as lines:
        reader = csv.DictReader(lines)
        columns(table, reader.fieldnames, ("path", "label"))
        return [_clip(table, number, row) for number, row in enumerate(reader, start=2)]


def _find(root: Path) -> Path:
    if root.is_file():
        return root
    found = sorted(root.glob("*.csv"))
    if (root / "manifest.csv") in found or len(found) == 1:
        return root / "manifest.csv" if len(found) > 1 else found[0]
    raise unlike(root, "a CSV manifest", LAYOUT)


def _clip(table: Path, number: int, row: dict[str, str]) -> Clip:
    """One row; a mistake in it is told with its line number."""

    def refuse(problem: str) -> NoReturn:
        raise DatasetError(f"{table}, line {number}: {problem}.")

    values = {
        key: (value or "").strip() for key, value in row.items() if isinstance(value, str) or value is None
    }
    if not values["path"]:
        refuse("the path is empty")
    try:
        fold = int(values.get("fold") or 0)
        start, end = float(values.get("start") or 0), float(values["end"]) if values.get("end") else None
    except ValueError as error:
        refuse(f"fold, start and end must be numbers ({error})")
    if fold < 0 or start < 0 or (end is not None and end <= start):
        refuse("fold and start must not be negative, end must be after start")
    split = values.get("split", "")
    if split and split.lower() not in SPLITS:
        refuse(f"split is {split!r}; it can be {', '.join(sorted(set(SPLITS.values())))}")
    return Clip(
        path=table.parent / values["path"],
        labels=tuple(name.strip() for name in values["label"].split("|") if name.strip()),
        fold=fold,
        split=SPLITS[split.lower()] if split else "",
        source=values.get("source") or values["path"],
        start=start,
        end=end,
    )


MANIFEST = DataSet("csv", "CSV manifest", read, LAYOUT)
