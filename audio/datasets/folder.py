"""Any tree with a folder a class: `dog/x.wav`, `train/dog/x.wav`, `dog/train/x.wav`, `fold1/dog/x.wav`.

Folders named like splits (train, validation, test and their usual other names) are the split, folders named like folds
(`fold1`) the folds; otherwise folds are drawn, stratified by class. A folder that only wraps the others, as archives
have it, is looked through. Folders inside a class belong to it.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from audio.datasets.contract import Clip, DataSet, audio_files, unlike
from audio.datasets.layout import FOLD, SPLITS, from_one
from audio.errors import DatasetError

LAYOUT = "a folder a class (dog/1.wav, rain/2.flac), or these under train/, validation/ and test/"
Folders = tuple[str, ...]


def read(root: Path, seed: int) -> list[Clip]:
    """A clip a file; the label is the outermost folder that is neither a split nor a fold."""
    paths = {path: path.relative_to(root).parts[:-1] for path in audio_files(root)}
    paths = {path: folders for path, folders in paths.items() if folders}  # those at the top have no label
    wrapped = _wrappers(list(paths.values()))
    paths = {path: folders[wrapped:] for path, folders in paths.items()}
    _refuse_mixture(root, {folders[0] for folders in paths.values() if len(folders) > 1})
    split, fold = (_level(list(paths.values()), known) for known in (_split, _fold))
    clips = []
    for path, folders in paths.items():
        labels = [name for level, name in enumerate(folders) if level not in (split, fold)]
        if labels:
            where = _split(folders[split]) if split is not None else None
            number = _fold(folders[fold]) if fold is not None else None
            clips.append(Clip(path, (labels[0],), fold=int(number or -1), split=where or ""))
    if not clips:
        raise unlike(root, "a folder-per-class tree", LAYOUT)
    return from_one(clips)


def _wrappers(folders: Sequence[Folders]) -> int:
    """Outer folders that hold all the others and nothing else."""
    count = 0
    while (
        folders
        and len({f[count : count + 1] for f in folders}) == 1
        and all(len(f) > count + 1 for f in folders)
    ):
        count += 1
    return count


def _split(name: str) -> str | None:
    return SPLITS.get(name.lower())


def _fold(name: str) -> str | None:
    found = FOLD.fullmatch(name.lower())
    return found[1] if found else None


def _level(folders: Sequence[Folders], known: Callable[[str], str | None]) -> int | None:
    """The level of folders that all have such a name, different ones; None when there is none."""
    for level in (0, 1):
        names = {known(f[level]) if len(f) > level else None for f in folders}
        if len(names) > 1 and None not in names:
            return level
    return None


def _refuse_mixture(root: Path, tops: set[str]) -> None:
    """Refuse classes beside splits: it can't be told which of them is meant."""
    splits = sorted(name for name in tops if _split(name))
    others = sorted(tops - set(splits))
    if len({_split(name) for name in splits}) > 1 and others:
        raise DatasetError(
            f"{root} has folders named like splits ({', '.join(splits)}) beside others ({', '.join(others[:6])}). "
            "Leave only the splits there, each with a folder a class, or only the classes."
        )


FOLDER = DataSet("folder", "Folder per class", read, LAYOUT)
