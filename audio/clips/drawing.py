"""Parts of a data set that are drawn because it has none: folds, and a part of the training clips for development.

Clips cut from one recording (`source`) stay together, each label is spread evenly, and what is drawn depends on the
clips alone and not on their order. Hashes of the recordings' names decide, so that a set that grows or shrinks keeps
nearly all of it.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

SHARE = 0.2  # of the training clips that are taken for development


def folds_of(
    labels: Sequence[Sequence[str]],
    sources: Sequence[str],
    seed: int,
    folds: int,
    kept: Mapping[str, int] | None = None,
) -> list[int]:
    """A fold, 1 to `folds`, for every clip; hashes of the seed and the recordings' names decide.

    `labels` of each clip (one, several or none). Recordings of the rarest labels come first (as in the iterative
    stratification of Sechidis et al. 2011); each goes to the fold that its own hash likes best among those that none
    of its labels overfills, so that another recording moves hardly any. `kept` folds of recordings stay as they are.
    """
    numbers = {label: i for i, label in enumerate(sorted({label for one in labels for label in one or [""]}))}
    groups = {name: Group(members, labels, numbers) for name, members in _groups(sources).items()}
    balance = _Balance(groups.values(), len(numbers), folds)
    known = kept or {}
    fold_of = {name: known[name] for name in groups if 1 <= known.get(name, 0) <= folds}
    for name, fold in fold_of.items():
        balance.add(groups[name], fold)
    for name in sorted(
        groups.keys() - fold_of.keys(), key=lambda n: _turn(n, groups[n], balance.total, seed)
    ):
        over = balance.over(groups[name])
        fold_of[name] = min(
            range(1, folds + 1), key=lambda fold: (*over[fold - 1], _hash(f"{seed}/{fold}/{name}"))
        )
        balance.add(groups[name], fold_of[name])
    return [fold_of[source] for source in sources]


class Group:
    """The clips of one recording: how many, and how many of each of their labels."""

    def __init__(self, members: list[int], labels: Sequence[Sequence[str]], numbers: dict[str, int]) -> None:
        counts = Counter(numbers[label] for i in members for label in labels[i] or [""])
        self.size = len(members)
        self.labels, self.counts = np.array(list(counts)), np.array(list(counts.values()))


class _Balance:
    """How many clips each fold has, of each label and in all, beside an even share."""

    def __init__(self, groups: Iterable[Group], labels: int, folds: int) -> None:
        self.total, size = np.zeros(labels, int), 0
        for group in groups:
            self.total[group.labels] += group.counts
            size += group.size
        every = np.append(self.total, size)  # in the last place: clips of any label
        self._due, self._spare = np.divmod(every, folds)  # as many folds may have one clip more
        self._have = np.zeros((len(every), folds), int)

    def add(self, group: Group, fold: int) -> None:
        self._have[group.labels, fold - 1] += group.counts
        self._have[-1, fold - 1] += group.size

    def over(self, group: Group) -> list[tuple[int, int]]:
        """For each fold, by how much a recording would overfill it: summed over its labels, and in all."""
        places, counts = np.append(group.labels, -1), np.append(group.counts, group.size)
        above = self._have[places] - self._due[places, None]
        used = above > 0
        free = used | (used.sum(axis=1) < self._spare[places])[:, None]
        over = (above + counts[:, None] - free).clip(min=0)
        return list(zip(over[:-1].sum(axis=0).tolist(), over[-1].tolist(), strict=True))


def _turn(name: str, group: Group, total: np.ndarray, seed: int) -> tuple[int, int, int, int]:
    """When a recording is placed: those of rare labels first, of them the large ones, which are the hardest."""
    count, rarest = min(zip(total[group.labels].tolist(), group.labels.tolist(), strict=True))
    return count, rarest, -group.size.bit_length(), _hash(f"{seed}/0/{name}")


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()[:8], "big")


def development_of(
    labels: Sequence[Sequence[str]], sources: Sequence[str], share: float = SHARE
) -> np.ndarray:
    """bool `(clips,)`: those that are taken for development, about `share` of each label.

    Recordings are looked at in an order that hashes of their names give; one is taken when that brings the part closer
    to its share of each label, and never the last one of a label. None is taken where no recording can be spared.
    """
    groups, table = _groups(sources), _counts(labels)
    names = sorted(groups, key=_hash)
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
    number = {name: i for i, name in enumerate(names)}
    table = np.zeros((len(labels), len(names)), int)
    for row, one in zip(table, labels, strict=True):
        for label in one or [""]:
            row[number[label]] += 1
    return table
