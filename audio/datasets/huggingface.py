"""Audio sets of the Hugging Face hub, by name (`data=ashraq/esc50`), or saved to disk by the `datasets` package.

Needs the optional package `datasets`. The first column of type Audio is the sound, the first ClassLabel (else one
named label, category, class or genre) the label; splits are the set's own. Sounds that only exist as bytes are
written once into the folder `soundyard` of that package's cache. Columns named fold, source or src_file are taken over.
"""

import hashlib
from pathlib import Path
from typing import Any

from audio.datasets.contract import Clip, DataSet, in_words
from audio.datasets.layout import SPLITS, fold_number, from_one
from audio.errors import DatasetError

LAYOUT = "the name of a set on the hub, or a folder written by save_to_disk"
LABELS = ("label", "labels", "category", "class", "genre", "target")


def read(root: Path, seed: int) -> list[Clip]:
    """A clip an example. Raises DatasetError when the package, the set or its columns are not there."""
    try:
        import datasets
    except ImportError as error:
        raise DatasetError("Hugging Face sets need the package `datasets`: pip install datasets.") from error
    try:
        loaded = (
            datasets.load_from_disk(str(root)) if root.is_dir() else datasets.load_dataset(root.as_posix())
        )
    except Exception as error:  # the package raises many kinds for: no network, no such set, no permission
        raise DatasetError(f"The Hugging Face set {root} could not be loaded: {error}") from error
    parts = loaded if isinstance(loaded, dict) else {str(loaded.split or ""): loaded}
    return from_one([clip for split, part in parts.items() for clip in _clips(part, split, root)])


def _clips(part: Any, split: str, root: Path) -> list[Clip]:
    from datasets import Audio, ClassLabel

    kinds = part.features
    sound = next((name for name, kind in kinds.items() if isinstance(kind, Audio)), None)
    label = next((name for name, kind in kinds.items() if isinstance(kind, ClassLabel)), None)
    label = label or next((name for name in LABELS if name in kinds), None)
    if not sound or not label:
        raise DatasetError(f"{root} has no audio column with a label column; it has: {', '.join(kinds)}.")
    part = part.cast_column(sound, Audio(decode=False))
    clips = []
    for number, row in enumerate(part):
        name = kinds[label].int2str(row[label]) if isinstance(kinds[label], ClassLabel) else str(row[label])
        source = str(row.get("source") or row.get("src_file") or "")
        fold = _fold(row.get("fold"), root)
        where = split.split("[")[0]
        clips.append(
            Clip(
                _file(row[sound], f"{split or 'all'}-{number:06}"),
                (name,),
                fold=fold,
                split=SPLITS.get(where.lower(), where),
                source=source,
                columns=in_words(
                    {k: v for k, v in row.items() if k != sound and isinstance(v, str | int | float)}
                ),
            )
        )
    return clips


def _fold(value: Any, root: Path) -> int:
    """The fold as it is counted there; -1 for none. Raises DatasetError for what is no number."""
    if value is None or value != value:  # a gap in a column of numbers is NaN
        return -1
    try:
        return fold_number(str(value).strip())
    except ValueError as error:
        raise DatasetError(f"{root}: the column fold holds {value!r}: {error}.") from error


def _file(sound: dict[str, Any], name: str) -> Path:
    """The file of one example, written from its bytes when there is none."""
    from datasets import config

    path = Path(sound["path"]) if sound.get("path") else None
    if not sound.get("bytes"):
        return path or Path("missing")
    folder = Path(config.HF_DATASETS_CACHE) / "soundyard"
    folder.mkdir(parents=True, exist_ok=True)
    content = hashlib.sha256(sound["bytes"]).hexdigest()[:16]
    kept = folder / f"{name}-{content}{path.suffix if path else '.wav'}"
    if not kept.exists():
        half = kept.with_suffix(".part")
        half.write_bytes(sound["bytes"])
        half.rename(kept)
    return kept


HUGGINGFACE = DataSet("huggingface", "Hugging Face audio set", read, LAYOUT, by_name=True)
