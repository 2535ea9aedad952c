"""Which clips are trained on and which are held out: official folds and splits, or drawn ones without
leaks.
"""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from audio.config import TrainConfig
from audio.datasets.contract import Clip
from audio.drawing import development_of, folds_of
from audio.errors import ConfigError
from audio.named import by_name, printable
from audio.store import ClipStore, derived_store

DRAWN_FOLDS = 5
DEVELOPMENT = "development"  # the part that weights and epochs are chosen on


def draw_folds(clips: list[Clip], seed: int, folds: int = DRAWN_FOLDS) -> list[Clip]:
    """Give every clip a fold when the data set states neither folds nor splits.

    Stratified by label: each class is spread evenly over the folds. Grouped by source: clips cut from
    one recording (`Clip.source`) stay in one fold. The same seed and clips give the same folds in any
    order of the list.
    """
    if any(clip.fold or clip.split for clip in clips):
        return clips
    drawn = folds_of([c.labels for c in clips], [c.source or str(c.path) for c in clips], seed, folds)
    return [replace(clip, fold=fold) for clip, fold in zip(clips, drawn, strict=True)]


def divide(config: TrainConfig, store: ClipStore) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows to train on and rows of the validation curve (may be none), by `config.fold` and
    `config.validation`.

    A development part that the data set does not have is drawn from the training clips. Raises ConfigError.
    """
    if config.fold and store.folds:
        train, validation = _by_fold(config, store)
    else:
        train, validation = _by_split(config, store)
    if len(train) == 0:
        raise ConfigError("No clip is left to train on; check fold, validation and the data set's splits.")
    return train, validation


def held_out(store: ClipStore, fold: int, split: str = "test") -> pd.DataFrame:
    """Rows of the test side: the fold, or for fold 0 the split (any other than train when `test` is absent).

    Raises ConfigError for a split that there is not, with those there are.
    """
    if split != "test":
        by_name(dict.fromkeys(store.splits), split, "split")
    if fold and store.folds:
        return store.select(fold=fold)
    rows = store.select(split=split)
    return rows if len(rows) else store.index[~store.index["split"].isin(["train", ""])]


def draws_development(config: TrainConfig, store: ClipStore) -> bool:
    """Whether the development part is drawn from the training clips, since the data set has no other one."""
    if config.validation != DEVELOPMENT:
        return False
    if config.fold and store.folds:
        return not config.development_fold and len(store.folds) < 3
    return len(store.select(split="validation")) == 0


def told_of_development(train: pd.DataFrame, development: pd.DataFrame) -> str:
    """A sentence on a development part that was drawn."""
    return (
        f"note: the data set has no part for development: {len(development)} of its "
        f"{len(train) + len(development)} training clips were drawn for it, {development['label'].nunique()} labels "
        f"from {recordings(development).nunique()} recordings of which none is trained on"
    )


def parts(config: TrainConfig, store: ClipStore) -> pd.DataFrame:
    """Every clip that a training uses or holds out: `clip`, `label`, `part` (training, development, held out)."""
    train, validation = divide(config, store)
    development = validation if config.validation == DEVELOPMENT else validation.iloc[:0]
    tested = held_out(store, config.fold)
    sides = {
        "training": train,
        DEVELOPMENT: development,
        "held out": tested.drop(development.index, errors="ignore"),
    }
    tables = [rows[["clip", "label"]].assign(part=part) for part, rows in sides.items()]
    table = pd.concat(tables, ignore_index=True)
    return table.assign(clip=table["clip"].map(printable))


def with_drawn_folds(store: ClipStore, folder: Path, folds: int = DRAWN_FOLDS) -> ClipStore:
    """The store with folds drawn from its training clips, by recording and label; other clips are in none.

    A folder of its own beside the same samples, so that every process of a training finds it. Raises ConfigError.
    """
    rows = store.index[store.index["split"].isin(["train", ""])]
    count = min(folds, recordings(rows).nunique())
    if count < 2:
        raise ConfigError(
            f"The store has no folds, and none can be drawn: its training clips come from {count} recording. Give the "
            "data set folds, or a test split of its own (tasks.train with fold=0)."
        )
    drawn = folds_of(_labels(store, rows), list(recordings(rows)), 0, count)
    index = store.index.assign(fold=pd.Series(drawn, rows.index)).fillna({"fold": 0}).astype({"fold": int})
    return derived_store(store, index, folder)


def recordings(rows: pd.DataFrame) -> pd.Series:
    """The recording that each clip is of: its source; sources that hold the same bytes are one."""
    named = rows["source"].where(rows["source"] != "", rows["clip"]) if "source" in rows else rows["clip"]
    if "content" not in rows:
        return named
    first: dict[str, str] = {}

    def root(name: str) -> str:
        while first.get(name, name) != name:
            name = first[name]
        return name

    owner: dict[str, str] = {}
    for name, content in zip(named, rows["content"], strict=True):
        here, there = root(name), root(owner.setdefault(content, name))
        first[max(here, there)] = min(here, there)
    return named.map(root)


def _labels(store: ClipStore, rows: pd.DataFrame) -> list[list[str]]:
    return [[n for n in (x.split("|") if store.multi_label else [x]) if n] for x in rows["label"]]


def _draw(config: TrainConfig, store: ClipStore, train: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training clips without, and those of, a development part. Raises ConfigError when none can be spared."""
    chosen = development_of(_labels(store, train), list(recordings(train)), config.development_share)
    if len(train) and not chosen.any():
        raise ConfigError(
            f"validation=development needs a part of its own, and none of the {len(train)} training clips can be "
            "spared: every label has a single recording there. Give the data set a validation split, or use "
            "validation=none with select=last and early_stop=0."
        )
    return train[~chosen], train[chosen]


def _by_fold(config: TrainConfig, store: ClipStore) -> tuple[pd.DataFrame, pd.DataFrame]:
    folds = store.folds
    if config.fold not in folds:
        raise ConfigError(f"There is no fold {config.fold}; the store has {', '.join(map(str, folds))}.")
    train = store.index[(store.index["fold"] != config.fold) & (store.index["fold"] > 0)]
    if config.validation == "none":
        return train, store.index.iloc[:0]
    if config.validation == "held-out":
        return train, store.select(fold=config.fold)
    if draws_development(config, store):
        return _draw(config, store, train)
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
    return (train, validation) if len(validation) else _draw(config, store, train)
