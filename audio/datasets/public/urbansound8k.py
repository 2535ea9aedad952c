"""UrbanSound8K: 8,732 street sounds of up to four seconds in ten official folds.

J. Salamon, C. Jacoby, J. P. Bello, "A Dataset and Taxonomy for Urban Sound Research", ACM Multimedia 2014. Sample
rates, channels and bit depths are as uploaded to Freesound and differ from file to file. Slices of one recording
(fsID) share a fold; results on other splits are not comparable with published ones.
"""

import csv
from pathlib import Path

from audio.datasets.contract import Archive, Clip, DataSet, columns, in_words, unlike

LAYOUT = "metadata/UrbanSound8K.csv and audio/fold1/… to audio/fold10/…"
COLUMNS = ("slice_file_name", "fsID", "fold", "class")


def read(root: Path, seed: int) -> list[Clip]:
    """The slices that the table lists, in its order, with the authors' folds."""
    table = root / "metadata" / "UrbanSound8K.csv"
    if not table.is_file():
        raise unlike(root, "UrbanSound8K", LAYOUT)
    with table.open(newline="") as lines:
        reader = csv.DictReader(lines)
        columns(table, reader.fieldnames, COLUMNS)
        return [
            Clip(
                root / "audio" / f"fold{row['fold']}" / row["slice_file_name"],
                (row["class"],),
                fold=int(row["fold"]),
                source=row["fsID"],
                columns=in_words(row),
            )
            for row in reader
        ]


URBANSOUND8K = DataSet(
    "urbansound8k",
    "UrbanSound8K",
    read,
    LAYOUT,
    licence="CC BY-NC 3.0",
    homepage="https://urbansounddataset.weebly.com/urbansound8k.html",
    folds=10,
    clips=8732,
    classes=10,
    archives=(
        Archive(
            "https://zenodo.org/records/1203745/files/UrbanSound8K.tar.gz",
            "md5:9aa69802bbf37fb986f71ec1483a196e",
            "UrbanSound8K",
        ),
    ),
)
