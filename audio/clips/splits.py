"""Which clips are trained on and which are held out, by folds or by splits; none is left out in silence."""

from collections.abc import Iterable

import pandas as pd

from audio.clips.drawing import development_of
from audio.clips.store import ClipStore
from audio.config import TrainConfig
from audio.errors import ConfigError
from audio.named import by_name, printable

DEVELOPMENT = "development"  # the part that weights and epochs are chosen on
EVERY = "all"  # clips, whichever fold or split they are of


def divide(config: TrainConfig, store: ClipStore) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows to train on and rows of the validation curve (may be none), by `config.fold` and
    `config.validation`.

    A development part that the data set does not have is drawn from the training clips. Raises ConfigError.
    """
    refuse_fold(config.fold, store.folds, store.splits)
    if config.fold and store.folds:
        train, validation = _by_fold(config, store)
    else:
        train, validation = _by_split(config, store)
    if len(train) == 0:
        there = f"folds: {_listed(store.folds)}; splits: {_listed(store.splits)}"
        raise ConfigError(f"No clip is left to train on with fold={config.fold}; the store has {there}.")
    return train, validation


def refuse_fold(fold: int, folds: list[int], splits: list[str]) -> None:
    """Raises ConfigError for a fold that a data set with these folds and splits does not have, and says which it has.

    Fold 1, which is the usual one, stands for the test split where there are splits alone.
    """
    if fold and folds and fold not in folds:
        raise ConfigError(f"There is no fold {fold}; the data set has {_listed(folds)}.")
    if fold > 1 and not folds:
        raise ConfigError(
            f"There is no fold {fold}; the data set has no folds, but the splits {_listed(splits)}: use fold=0."
        )


def _listed(things: Iterable[object]) -> str:
    return ", ".join(map(str, things)) or "none"


def told_of_others(config: TrainConfig, store: ClipStore) -> str:
    """A sentence on the clips that a training neither uses nor holds out; empty when there are none."""
    train, validation = divide(config, store)
    used = [*train.index, *validation.index, *held_out(store, config.fold).index]
    others = store.index.drop(list(dict.fromkeys(used)))
    if others.empty:
        return ""
    column = "split" if (others["split"] != "").any() else "fold"
    counts = others[column].replace({"": "none", 0: "none"}).value_counts().sort_index()
    named = ", ".join(f"{count} of {column} {name}" for name, count in counts.items())
    return (
        f"note: {len(others)} clips of the data set take no part, neither in training nor held out: {named}"
    )


def told_of_split(store: ClipStore) -> str:
    """A sentence on a split that flatters; empty when nothing is known of the kind."""
    flatters = (store.manifest.get("split") or {}).get("flatters")
    return f"note: {flatters}" if flatters else ""


def held_out(store: ClipStore, fold: int, split: str = "test") -> pd.DataFrame:
    """Rows of the test side: the fold, or for fold 0 the split (any other than train when `test` is absent).

    A split by another name than `test` is meant whatever the fold, `all` every clip. Raises ConfigError for one that
    there is not, with those there are.
    """
    if split == EVERY and EVERY not in store.splits:
        return store.index
    if split != "test":
        by_name(dict.fromkeys(store.splits), split, "split")
        return store.select(split=split)
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


def labels_of(rows: pd.DataFrame, several: bool) -> list[list[str]]:
    """The labels of each clip; `several`: whether they are joined with `|`."""
    return [[n for n in (x.split("|") if several else [x]) if n] for x in rows["label"]]


def _draw(config: TrainConfig, store: ClipStore, train: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training clips without, and those of, a development part. Raises ConfigError when none can be spared."""
    chosen = development_of(
        labels_of(train, store.multi_label), list(recordings(train)), config.development_share
    )
    if len(train) and not chosen.any():
        raise ConfigError(
            f"validation=development needs a part of its own, and none of the {len(train)} training clips can be "
            "spared: every label has a single recording there. Give the data set a validation split, or use "
            "validation=none with select=last and early_stop=0."
        )
    return train[~chosen], train[chosen]


def _by_fold(config: TrainConfig, store: ClipStore) -> tuple[pd.DataFrame, pd.DataFrame]:
    folds = store.folds
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
