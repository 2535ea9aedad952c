"""Folds for clips whose data set has none: drawn by recording and label, and kept from version to version.

A recording is what clips say they were cut from (`source`), and files with the same bytes are one. What an earlier
version of a data set has drawn stays: a model of that version never meets its own training clips in a test fold.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd

from audio.clips.drawing import folds_of
from audio.clips.splits import labels_of, recordings
from audio.clips.store import ClipStore, derived_store
from audio.errors import ConfigError, StoreError

DRAWN_FOLDS = 5
SAME = [
    "clip",
    "label",
    "split",
    "offset",
    "frames",
]  # columns that tell whether a store is of the same clips


def draw_folds(
    index: pd.DataFrame, several: bool, seed: int, folds: int, earlier: ClipStore | None = None
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The index with a fold for every clip, where it states neither folds nor splits; and how they were drawn.

    `several`: whether labels are joined with `|`. Stratified by label, grouped by recording; the same in any order of
    the clips. Recordings that the `earlier` version has keep its folds, if they were drawn with this seed and number.
    What is drawn says so: `seed`, `count`, and `kept`, how many clips have the earlier version's. Empty: nothing was.
    """
    if (index["fold"] > 0).any() or (index["split"] != "").any():
        return index, {}
    names = recordings(index)
    kept = _kept(index, names, earlier) if earlier and _drawn_alike(earlier, seed, folds) else {}
    drawn = folds_of(labels_of(index, several), list(names), seed, folds, kept)
    about = {"seed": seed, "count": folds, "kept": int(names.isin(list(kept)).sum())}
    return index.assign(fold=drawn), about


def _drawn_alike(earlier: ClipStore, seed: int, folds: int) -> bool:
    """Whether a store's folds were drawn with that seed and number; old ones do not say, and had the usual seed."""
    about = earlier.manifest.get("folds")
    if about is None:
        return seed == 0 and not earlier.splits and max(earlier.folds, default=0) == folds
    return bool(about) and (about["seed"], about["count"]) == (seed, folds)


def _kept(index: pd.DataFrame, names: pd.Series, earlier: ClipStore) -> dict[str, int]:
    """The earlier folds of recordings that are here again, found by their source or, renamed, by their content."""
    before = earlier.index[earlier.index["fold"] > 0]
    columns = [column for column in ("content", "source") if column in before]
    found = {column: dict(zip(before[column], before["fold"], strict=True)) for column in columns}
    votes: dict[str, Counter[int]] = {}
    for name, source, content in zip(names, index["source"], index["content"], strict=True):
        fold = found.get("content", {}).get(content) or found.get("source", {}).get(source)
        if fold:
            votes.setdefault(name, Counter())[int(fold)] += 1
    return {name: max(count, key=lambda fold: (count[fold], -fold)) for name, count in votes.items()}


def with_drawn_folds(store: ClipStore, folder: Path, folds: int = DRAWN_FOLDS) -> ClipStore:
    """The store with folds drawn from its training clips, by recording and label; other clips are in none.

    A folder of its own beside the same samples, so that every process of a training finds it; one that is there
    already, of the same clips, is gone on with. Raises ConfigError.
    """
    if begun := _begun(store, folder):
        return begun
    rows = store.index[store.index["split"].isin(["train", ""])]
    count = min(folds, recordings(rows).nunique())
    if count < 2:
        raise ConfigError(
            f"The store has no folds, and none can be drawn: its training clips come from {count} recording. Give the "
            "data set folds, or a test split of its own (tasks.train with fold=0)."
        )
    drawn = folds_of(labels_of(rows, store.multi_label), list(recordings(rows)), 0, count)
    index = store.index.assign(fold=pd.Series(drawn, rows.index)).fillna({"fold": 0}).astype({"fold": int})
    return derived_store(store, index, folder)


def _begun(store: ClipStore, folder: Path) -> ClipStore | None:
    """The store of an earlier run in that folder, if it is of the same clips."""
    try:
        found = ClipStore.open(folder)
    except StoreError:
        return None
    columns = [*SAME, *(column for column in ("content",) if column in store.index)]
    same = set(columns) <= set(found.index) and found.index[columns].equals(store.index[columns])
    return found if same else None
