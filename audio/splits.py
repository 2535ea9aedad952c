"""Which clips are trained on and which are held out: official folds and splits, or drawn ones without
leaks.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from audio.config import TrainConfig
from audio.datasets.contract import Clip
from audio.errors import ConfigError
from audio.store import ClipStore

DRAWN_FOLDS = 5


def draw_folds(clips: list[Clip], seed: int, folds: int = DRAWN_FOLDS) -> list[Clip]:
    """Give every clip a fold when the data set states neither folds nor splits.

    Stratified by label: each class is spread evenly over the folds. Grouped by source: clips cut from
    one recording (`Clip.source`) stay in one fold. The same seed and clips give the same folds in any
    order of the list.
    """
    if any(clip.fold or clip.split for clip in clips):
        return clips
    groups: dict[str, list[int]] = {}
    for i, clip in enumerate(clips):
        groups.setdefault(clip.source or str(clip.path), []).append(i)
    order = np.random.default_rng(seed).permutation(len(groups))
    shuffled = [sorted(groups)[i] for i in order]
    shuffled.sort(key=lambda name: -len(groups[name]))  # large groups first, they are the hardest to place
    load: dict[str, np.ndarray] = {}
    total = np.zeros(folds)
    fold_of = [0] * len(clips)
    for name in shuffled:
        members = groups[name]
        label = clips[members[0]].labels[0] if clips[members[0]].labels else ""
        here = load.setdefault(label, np.zeros(folds))
        best = min(range(folds), key=lambda fold: (here[fold], total[fold]))
        here[best] += len(members)
        total[best] += len(members)
        for i in members:
            fold_of[i] = best + 1
    return [replace(clip, fold=fold) for clip, fold in zip(clips, fold_of, strict=True)]


def divide(config: TrainConfig, store: ClipStore) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows to train on and rows of the validation curve (may be none), by `config.fold` and
    `config.validation`.
    """
    if config.fold and store.folds:
        train, validation = _by_fold(config, store)
    else:
        train, validation = _by_split(config, store)
    if len(train) == 0:
        raise ConfigError("No clip is left to train on; check fold, validation and the data set's splits.")
    return train, validation


def held_out(store: ClipStore, fold: int, split: str = "test") -> pd.DataFrame:
    """Rows of the test side: the fold, or for fold 0 the split (any other than train when that one is
    absent).
    """
    if fold and store.folds:
        return store.select(fold=fold)
    rows = store.select(split=split)
    return rows if len(rows) else store.index[~store.index["split"].isin(["train", ""])]


def _by_fold(config: TrainConfig, store: ClipStore) -> tuple[pd.DataFrame, pd.DataFrame]:
    folds = store.folds
    if config.fold not in folds:
        raise ConfigError(f"There is no fold {config.fold}; the store has {', '.join(map(str, folds))}.")
    train = store.index[(store.index["fold"] != config.fold) & (store.index["fold"] > 0)]
    if config.validation == "none":
        return train, store.index.iloc[:0]
    if config.validation == "held-out":
        return train, store.select(fold=config.fold)
    development = config.development_fold or folds[(folds.index(config.fold) + 1) % len(folds)]
    if development == config.fold or development not in folds:
        others = ", ".join(str(f) for f in folds if f != config.fold)
        raise ConfigError(
            f"development_fold is {development}; with fold {config.fold} held out it can be {others}."
        )
    return train[train["fold"] != development], store.select(fold=development)


def _by_split(config: TrainConfig, store: ClipStore) -> tuple[pd.DataFrame, pd.DataFrame]:
    if not store.splits:
        raise ConfigError(f"fold 0 asks for the data set's own split, but it has none; folds: {store.folds}.")
    train = store.select(split="train")
    if config.validation == "none":
        return train, store.index.iloc[:0]
    validation = store.select(split="validation")
    if config.validation == "held-out":
        return train, validation if len(validation) else held_out(store, 0)
    if len(validation) == 0:
        raise ConfigError(f"The data set has no validation split (it has {', '.join(store.splits)}).")
    return train, validation
