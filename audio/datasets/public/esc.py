"""ESC-50 and its subset ESC-10: five-second environmental recordings in five official folds.

K. J. Piczak, "ESC: Dataset for Environmental Sound Classification", ACM Multimedia 2015. Two layouts are
around: the current one with `meta/esc50.csv` and `audio/`, and the older one with a folder `NNN - Class`
a class. File names are `FOLD-SOURCE-TAKE…`: clips of one Freesound recording (SOURCE) share a fold.
"""

import csv
import re
from functools import partial
from pathlib import Path

from audio.datasets.contract import Archive, Clip, DataSet, audio_files, in_words, unlike

LAYOUT = "meta/esc50.csv with audio/1-100032-A-0.wav, or folders like '001 - Dog bark' with 1-100032-A.ogg"
CLASS_FOLDER = re.compile(r"\d{3} - (.+)")
FILE_NAME = re.compile(r"([1-5])-(\d+)-[A-Z]")


def read(title: str, only_esc10: bool, root: Path, seed: int) -> list[Clip]:
    """The clips of either layout, in the order of their names; folds are the authors'."""
    table = root / "meta" / "esc50.csv"
    clips = _from_table(root, table, only_esc10) if table.is_file() else _from_folders(root)
    if not clips:
        raise unlike(root, title, LAYOUT)
    return clips


def _from_table(root: Path, table: Path, only_esc10: bool) -> list[Clip]:
    with table.open(newline="") as lines:
        rows = [r for r in csv.DictReader(lines) if not only_esc10 or r["esc10"] == "True"]
    return [
        Clip(
            root / "audio" / r["filename"],
            (r["category"],),
            fold=int(r["fold"]),
            source=r["src_file"],
            columns=in_words(r),
        )
        for r in sorted(rows, key=lambda r: r["filename"])
    ]


def _from_folders(root: Path) -> list[Clip]:
    clips = []
    for path in audio_files(root):
        of_class, of_file = CLASS_FOLDER.fullmatch(path.parent.name), FILE_NAME.match(path.name)
        if of_class and of_file:
            clips.append(Clip(path, (of_class[1],), fold=int(of_file[1]), source=of_file[2]))
    return clips


def _describe(name: str, title: str, licence: str, only_esc10: bool) -> DataSet:
    home = "https://github.com/karolpiczak/ESC-50"
    reader = partial(read, title, only_esc10)
    archive = Archive(f"{home}/archive/refs/heads/master.zip", "", "ESC-50-master")
    classes = 10 if only_esc10 else 50
    return DataSet(
        name, title, reader, LAYOUT,
        licence=licence, homepage=home, folds=5, clips=40 * classes, classes=classes, archives=(archive,),
    )  # fmt: skip


ESC10 = _describe("esc10", "ESC-10", "CC BY 3.0", only_esc10=True)
ESC50 = _describe("esc50", "ESC-50", "CC BY-NC 3.0", only_esc10=False)
