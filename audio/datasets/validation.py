"""Hold a folder against what a data set's authors published: number of clips and labels, folds, readable files."""

from pathlib import Path

from audio.datasets.contract import Clip, DataSet
from audio.io.reading import Undecodable, open_sound
from audio.named import printable


def validate(dataset: DataSet, root: Path) -> list[str]:
    """What is not as published, a sentence each; none when all is well. Raises DatasetError for another layout."""
    clips = dataset.read(root, 0)
    return [*_counts(dataset, clips), *_files(root, clips)]


def _counts(dataset: DataSet, clips: list[Clip]) -> list[str]:
    labels = {label for clip in clips for label in clip.labels}
    folds = {clip.fold for clip in clips if clip.fold}
    stated = [
        ("clips", len(clips), dataset.clips),
        ("labels", len(labels), dataset.classes),
        ("folds", len(folds), dataset.folds),
    ]
    return [f"{found} {what}, published are {due}" for what, found, due in stated if due and found != due]


def _files(root: Path, clips: list[Clip]) -> list[str]:
    """Files that are absent, empty or not sound, by their headers."""
    problems = []
    for path in dict.fromkeys(clip.path for clip in clips):
        name = printable(str(path.relative_to(root) if path.is_relative_to(root) else path))
        if not path.exists():
            problems.append(f"{name} is listed but not there")
            continue
        try:
            with open_sound(path):
                pass
        except Undecodable as error:
            problems.append(f"{name} cannot be opened: {error}")
    return problems
