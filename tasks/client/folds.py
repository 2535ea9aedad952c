"""Which folds and splits a dataset has, as far as it is known without fetching it; others are refused.

`tasks.preprocess` writes them on the dataset's version; those of an older one are known where a copy lies on this
machine.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tasks.client import identify

NONE = "none"
WORDS = ("folds", "splits")  # properties of a dataset's version


def write_on(dataset: Any, store: Any) -> None:
    """Write the folds and the splits of a `ClipStore` on the task of its dataset's version."""
    texts = (", ".join(map(str, values)) or NONE for values in (store.folds, store.splits))
    dataset.set_user_properties(**dict(zip(WORDS, texts, strict=True)))


def of(dataset_id: str) -> tuple[list[int], list[str]] | None:
    """Folds and splits of a dataset's version; None where that is not known here."""
    found = identify.task(dataset_id) or {}
    written = (found.get("hyperparams") or {}).get("properties") or {}
    if all(word in written for word in WORDS):
        folds, splits = (_listed(str(written[word].get("value") or NONE)) for word in WORDS)
        return [int(fold) for fold in folds], splits
    return _of_copy(dataset_id)


def refuse(dataset_id: str, wanted: Iterable[int], drawn: bool = False) -> None:
    """Raise ConfigError for a fold that the dataset is known not to have. `drawn`: they are drawn where it has none."""
    from audio.clips.splits import refuse_fold
    from audio.preprocessing.folds import DRAWN_FOLDS

    known = of(dataset_id)
    if known is None:
        return
    folds, splits = known
    if drawn and not folds:
        folds = list(range(1, DRAWN_FOLDS + 1))
    for fold in wanted:
        refuse_fold(fold, folds, splits)


def refuse_split(dataset_id: str, split: str) -> None:
    """Raise ConfigError for a split, other than the usual ones, that the dataset is known not to have."""
    from audio.clips.splits import DEVELOPMENT, EVERY
    from audio.named import by_name

    known = of(dataset_id)
    if known is not None and split not in ("test", DEVELOPMENT, EVERY):
        by_name(dict.fromkeys(known[1]), split, "split")


def _listed(text: str) -> list[str]:
    return [] if text == NONE else [one.strip() for one in text.split(",")]


def _of_copy(dataset_id: str) -> tuple[list[int], list[str]] | None:
    from clearml.config import get_cache_dir

    from audio.clips.store import ClipStore
    from audio.errors import StoreError

    try:
        store = ClipStore.open(Path(get_cache_dir()) / "storage_manager" / "datasets" / f"ds_{dataset_id}")
    except (StoreError, OSError, ValueError):
        return None
    return store.folds, store.splits
