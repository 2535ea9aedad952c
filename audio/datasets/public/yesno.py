"""YESNO: sixty recordings of one man saying "yes" or "no" eight times in Hebrew; eight labels a recording.

OpenSLR resource 1. The file name tells them: `0_1_1_0_1_0_1_1.wav`, 1 for yes. A recording's labels are the places
where "yes" is said, `yes 1` to `yes 8`, so that the set is a multi-label one.
"""

import re
from pathlib import Path

from audio.datasets.contract import Archive, Clip, DataSet, audio_files, unlike

LAYOUT = "60 files like 0_1_1_0_1_0_1_1.wav, at the top or in waves_yesno/"
FILE_NAME = re.compile(r"[01](_[01]){7}")


def read(root: Path, seed: int) -> list[Clip]:
    """A clip a recording, labelled with the places of its yeses."""
    clips = []
    for path in audio_files(root):
        if FILE_NAME.fullmatch(path.stem):
            said = path.stem.split("_")
            clips.append(Clip(path, tuple(f"yes {i}" for i, word in enumerate(said, 1) if word == "1")))
    if not clips:
        raise unlike(root, "YESNO", LAYOUT)
    return clips


YESNO = DataSet(
    "yesno",
    "YESNO",
    read,
    LAYOUT,
    homepage="https://www.openslr.org/1/",
    clips=60,
    classes=8,
    multi_label=True,
    archives=(
        Archive(
            "http://www.openslr.org/resources/1/waves_yesno.tar.gz",
            "sha256:c3f49e0cca421f96b75b41640749167b52118f232498667ca7a5f9416aef8e73",
            "waves_yesno",
        ),
    ),
)
