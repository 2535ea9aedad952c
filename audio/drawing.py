"""Parts of a data set that are drawn because it has none: folds, and a part of the training clips for development.

Clips cut from one recording (`source`) stay together, each label is spread evenly, and what is drawn depends on the
clips alone and not on their order.
"""

import hashlib
from collections.abc import Sequence

import numpy as np

SHARE = 0.2  # of the training clips that are taken for development


def folds_of(labels: Sequence[Sequence[str]], sources: Sequence[str], seed: int, folds: int) -> list[int]:
    """A fold, 1 to `folds`, for every clip; the same seed gives the same.

    `labels` of each clip (one, several or none). Each recording goes where its labels are rarest so far.
    """
    groups = _groups(sources)
    order = np.random.default_rng(seed).permutation(len(groups))
    shuffled = [sorted(groups)[i] for i in order]
    shuffled.sort(key=lambda name: -len(groups[name]))  # large groups first, they are the hardest to place
    load: dict[str, np.ndarray] = {}
    total = np.zeros(folds)
    fold_of = [0] * len(labels)
    for name in shuffled:
        members = groups[name]
        here = [load.setdefault(label, np.zeros(folds)) for i in members for label in labels[i] or [""]]
        rarest = np.sum(here, axis=0)
        best = min(range(folds), key=lambda fold: (rarest[fold], total[fold]))
        for counts in here:
            counts[best] += 1
        total[best] += len(members)
        for i in members:
            fold_of[i] = best + 1
    return fold_of


def development_of(
    labels: Sequence[Sequence[str]], sources: Sequence[str], share: float = SHARE
) -> np.ndarray:
    """bool `(clips,)`: those that are taken for development, about `share` of each label.

    Recordings are looked at in an order that hashes of their names give; one is taken when that brings the part closer
    to its share of each label, and never the last one of a label. None is taken where no recording can be spared.
    """
    groups, table = _groups(sources), _counts(labels)
    names = sorted(groups, key=lambda name: hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest())
    content = {name: table[groups[name]].sum(axis=0) for name in names}
    total = table.sum(axis=0)
    taken = _closest(names, content, total, share) or _any(names, content, total, share)
    chosen = np.zeros(len(labels), bool)
    for name in taken:
        chosen[groups[name]] = True
    return chosen


def _closest(names: list[str], content: dict[str, np.ndarray], total: np.ndarray, share: float) -> list[str]:
    missing, left, taken = share * total, total.astype(float), []
    for name in names:
        after = missing - content[name]
        if (after**2).sum() < (missing**2).sum() and _spared(content[name], left):
            missing, left = after, left - content[name]
            taken.append(name)
    return taken


def _any(names: list[str], content: dict[str, np.ndarray], total: np.ndarray, share: float) -> list[str]:
    """Where each label has too few recordings for a share of them: some recordings, of some labels."""
    wanted, left, taken = share * total.sum(), total.astype(float), []
    for name in names:
        if wanted > 0 and _spared(content[name], left):
            wanted, left = wanted - content[name].sum(), left - content[name]
            taken.append(name)
    return taken


def _spared(content: np.ndarray, left: np.ndarray) -> bool:
    """Whether every label that these clips have is left over in others."""
    return bool((left - content)[content > 0].min(initial=1) > 0)


def _groups(sources: Sequence[str]) -> dict[str, list[int]]:
    """Positions of the clips of each recording."""
    groups: dict[str, list[int]] = {}
    for i, source in enumerate(sources):
        groups.setdefault(source, []).append(i)
    return groups


def _counts(labels: Sequence[Sequence[str]]) -> np.ndarray:
    """How often each clip has each label, `(clips, labels)`; without any label counts as a label of its own."""
    names = sorted({label for one in labels for label in one or [""]})
    table = np.zeros((len(labels), len(names)), int)
    for row, one in zip(table, labels, strict=True):
        for label in one or [""]:
            row[names.index(label)] += 1
    return table
