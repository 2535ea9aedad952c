"""Free Spoken Digit Dataset: ten English digits by six speakers, fifty takes each, 8 kHz.

Z. Jackson et al., github.com/Jakobovski/free-spoken-digit-dataset. The official test set is takes 0 to 4 of every
digit and speaker, the rest is for training.
"""

import re
from pathlib import Path

from audio.datasets.contract import Archive, Clip, DataSet, audio_files, unlike

LAYOUT = "recordings/ with files like 7_jackson_32.wav"
FILE_NAME = re.compile(r"(\d)_([a-z]+)_(\d+)")
TEST_TAKES = 5


def read(root: Path, seed: int) -> list[Clip]:
    """A clip a take, with the official split."""
    clips = []
    for path in audio_files(root):
        if name := FILE_NAME.fullmatch(path.stem):
            split = "test" if int(name[3]) < TEST_TAKES else "train"
            clips.append(Clip(path, (name[1],), split=split, columns={"speaker": name[2], "take": name[3]}))
    if not clips:
        raise unlike(root, "the Free Spoken Digit Dataset", LAYOUT)
    return clips


FSDD = DataSet(
    "fsdd",
    "Free Spoken Digits",
    read,
    LAYOUT,
    licence="CC BY-SA 4.0",
    homepage="https://github.com/Jakobovski/free-spoken-digit-dataset",
    clips=3000,
    classes=10,
    archives=(
        Archive(
            "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/tags/v1.0.10.tar.gz",
            "",
            "free-spoken-digit-dataset-1.0.10",
        ),
    ),
)
