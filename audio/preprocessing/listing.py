"""What is to be preprocessed: a data set's clips in its folder, their names, and a fingerprint of it all."""

import hashlib
import json
import math
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from audio import plugins
from audio.config import PreprocessConfig
from audio.datasets import Clip, DataSet, find
from audio.datasets.choosing import chosen, relabelled
from audio.datasets.contract import files_below, is_audio, is_hidden
from audio.errors import DatasetError
from audio.io.reading import Undecodable, duration_of
from audio.io.sniffing import looks_like_sound
from audio.named import printable

SOUND = 2  # 2: quiet and loud clips have a scale, surround sound its coefficients


def folder_of(config: PreprocessConfig) -> tuple[DataSet, Path | None]:
    """The data set and its folder; None for one that makes its own. Raises DatasetError: unknown, or not there."""
    plugins.load(config.plugins)
    dataset = find(config.dataset)
    if not config.data:
        if not dataset.needs_data:
            return dataset, None
        fetch = (
            f" Or fetch it: python -m audio.datasets.download {dataset.name} FOLDER."
            if dataset.archives
            else ""
        )
        raise DatasetError(
            f"{dataset.title} needs its folder: set `data`. It should look like this: {dataset.layout}.{fetch}"
        )
    root = Path(config.data)
    if dataset.needs_data and not dataset.by_name and not root.exists():
        raise DatasetError(f"There is no folder {root}. {dataset.title} is expected there: {dataset.layout}")
    return dataset, root


def _named(clip: Clip, root: Path) -> Clip:
    """With labels and a source that can be written down, whatever the bytes of the folders' names.

    Without a source it is its file's name below the data set's folder, the same wherever that lies.
    """
    source = clip.source or _inside(clip.path, root)
    return replace(clip, labels=tuple(map(printable, clip.labels)), source=printable(source))


def _inside(path: Path, root: Path) -> str:
    """A file's path below the data set's folder; the whole one of a file that lies elsewhere."""
    root = root.parent if root.is_file() else root
    inside = path.is_relative_to(root)
    return path.relative_to(root).as_posix() if inside else path.as_posix().lstrip("/")


def _time(seconds: float) -> str:
    """To the microsecond, as short as it can be."""
    return f"{seconds:.6f}".rstrip("0").rstrip(".")


def read_clips(config: PreprocessConfig, out: Path) -> tuple[DataSet, Path, list[Clip]]:
    """The data set, its folder and its clips: all with a fold or a split, or none. Raises DatasetError."""
    dataset, given = folder_of(config)
    root = given or out.with_name(f"{out.name}-recordings")
    clips = [_named(clip, root) for clip in dataset.read(root, config.seed)]
    if not clips:
        raise DatasetError(
            f"No recording of {dataset.title} was found in {root}. Expected there: {dataset.layout}"
        )
    clips = chosen(clips, config.where)
    if config.label_pattern:
        clips = relabelled(clips, config.label_pattern)
    clips = _placed(dataset, clips)
    if config.segment_seconds:
        clips = [part for clip in clips for part in segments(clip, config.segment_seconds)]
    return dataset, root, clips


def _placed(dataset: DataSet, clips: list[Clip]) -> list[Clip]:
    """Clips that all have a fold or a split, or none has one: a split that all have says nothing, and is dropped.

    Raises DatasetError where some have neither, which would be left out of everything.
    """
    if len({clip.split for clip in clips}) == 1:
        clips = [replace(clip, split="") for clip in clips]
    bare = [clip for clip in clips if not (clip.fold or clip.split)]
    if bare and len(bare) < len(clips):
        what = "fold" if any(clip.fold for clip in clips) else "split"
        raise DatasetError(
            f"{len(bare)} of {len(clips)} clips of {dataset.title} have no {what}, the first is "
            f"{printable(bare[0].path.name)}. Give one to all: clips without it would be left out of everything; or to "
            "none: then folds are drawn."
        )
    return clips


def left_out(
    dataset: DataSet, root: Path, clips: list[Clip], where: str = ""
) -> tuple[list[tuple[str, str]], dict[str, int]]:
    """Files in the data set's folder of which there is no clip: sound, each with the reason, and how many of what else.

    A data set that is given as a file has no folder; there it is what lies beside the clips. What is no sound is
    counted by its suffix, or by its name when it has none.
    """
    folders = {folder: os.path.realpath(folder) for folder in {clip.path.parent for clip in clips}}
    mine = {
        (folders[clip.path.parent], clip.path.name) for clip in clips
    }  # a folder may be spelled in several ways
    sound, rest = [], Counter[str]()
    for path in files_below(root, hidden=True) if root.is_dir() else _beside(root, folders):
        if (folders.get(path.parent) or os.path.realpath(path.parent), path.name) in mine:
            continue
        name = printable(_inside(path, root))
        if path.is_dir():
            sound.append((f"{name}/", "is a folder that can't be read: who runs this may not"))
            continue
        hidden = any(map(is_hidden, path.relative_to(root).parts if root.is_dir() else [path.name]))
        if looks_like_sound(path) if hidden else is_audio(path):
            sound.append((name, _why_left_out(dataset, hidden, where)))
        else:
            rest["hidden" if hidden else printable(path.suffix.lower() or path.name)] += 1
    return sorted(sound), dict(rest)


def _beside(table: Path, folders: dict[Path, str]) -> Iterator[Path]:
    """The files in the folders where the clips lie, each real folder once; not the table itself."""
    shortest = {
        real: folder for folder, real in sorted(folders.items(), key=lambda item: -len(item[0].parts))
    }
    for folder in shortest.values():
        with suppress(OSError):  # a folder that is gone or closed is told with its clips
            yield from (path for path in sorted(folder.iterdir()) if path.is_file() and path != table)


def _why_left_out(dataset: DataSet, hidden: bool, where: str) -> str:
    if hidden:
        return "is hidden: its name or its folder's begins with a dot, or it is an archive's own"
    if where:
        return f"is no clip of the data set ({dataset.title}) with {where}"
    if dataset.name == "folder":
        return "lies in no folder of a class"
    return f"is not listed by the data set ({dataset.title})"


def segments(clip: Clip, seconds: float) -> list[Clip]:
    """A clip cut into parts of equal length, the last one at least half of it; parts of one recording share a source.

    A file that cannot be opened stays one clip: decoding it tells why.
    """
    try:
        end = duration_of(clip.path) if clip.end is None else clip.end
    except Undecodable:
        return [clip]
    parts = max(1, math.floor((end - clip.start) / seconds + 0.5))
    if parts == 1:
        return [clip]
    starts = [round(clip.start + i * seconds, 6) for i in range(parts)]
    return [replace(clip, start=s, end=round(min(s + seconds, end), 6)) for s in starts]


def clip_ids(clips: list[Clip], root: Path) -> list[str]:
    """Stable names: the path below the data set's folder (the whole one of a file that lies elsewhere), with
    `#start-end` behind it for a part of a file.

    A clip that is listed again gets `~2` and so on behind its name.
    """
    seen: Counter[str] = Counter()
    names = []
    for clip in clips:
        name = _inside(clip.path, root)
        if clip.start or clip.end is not None:
            name += f"#{_time(clip.start)}-{'' if clip.end is None else _time(clip.end)}"
        name = printable(name)
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name}~{seen[name]}")
    return names


def fingerprint(clips: list[Clip], config: PreprocessConfig) -> str:
    """Changes with anything that changes the stored samples: settings, order, size or time of the files."""
    digest = hashlib.sha256(json.dumps(preparation_of(config), sort_keys=True).encode())
    for clip in clips:
        try:
            stat = clip.path.stat()
            known = (stat.st_size, stat.st_mtime_ns)
        except OSError:
            known = (-1, 0)
        digest.update(repr((str(clip.path), clip.start, clip.end, *known)).encode())
    return digest.hexdigest()


def preparation_of(config: PreprocessConfig) -> dict[str, Any]:
    """What shapes the stored samples: settings, and the number of the way in which they are made."""
    names = ("sample_rate", "duration", "fill", "trim_silence", "trim_db")
    return {**{name: value for name, value in asdict(config).items() if name in names}, "sound": SOUND}
