"""Any tree with a folder a class: `train/dog/x.wav`, or `dog/x.wav`.

When the top folders are named like splits (train, validation, test and their usual other names), they
are the split; otherwise folds are drawn, stratified by class.
"""

from pathlib import Path

from audio.datasets.contract import Clip, DataSet, audio_files, unlike

LAYOUT = "a folder a class (dog/1.wav, rain/2.flac), or these under train/, validation/ and test/"
SPLITS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}


def read(root: Path, seed: int) -> list[Clip]:
    """A clip a file; the label is the folder it lies in (below the split's folder)."""
    paths = [p.relative_to(root).parts for p in audio_files(root)]
    tops = {parts[0].lower() for parts in paths if len(parts) > 1}
    split = len(tops) > 1 and tops <= set(SPLITS)
    clips = []
    for parts in paths:
        inner = parts[1:] if split else parts
        if len(inner) > 1:
            clips.append(
                Clip(root.joinpath(*parts), (inner[0],), split=SPLITS[parts[0].lower()] if split else "")
            )
    if not clips:
        raise unlike(root, "a folder-per-class tree", LAYOUT)
    return clips


FOLDER = DataSet("folder", "Folder per class", read, LAYOUT)
