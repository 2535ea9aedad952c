"""Which clips weights come from, kept in their checkpoint.

By them a resumed training goes on with its own clips, and an evaluation can tell whether it hears one that was trained
on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from audio.clips.identity import fingerprint, marks, stretches
from audio.errors import CheckpointError, ConfigError, NothingUnheard

if TYPE_CHECKING:
    from audio.clips.store import ClipStore

SHOWN = 4  # clips that a message names
EDGE = 0.02  # s that two parts of a recording may share, as rounded times do


@dataclass
class Stretches:
    """Parts of files that were trained on, by the files' content."""

    files: Tensor  # int64 (parts,), a mark of each file's content, ascending
    times: Tensor  # float64 (parts, 2), start and end in it (s; infinity: to its end)

    @classmethod
    def of(cls, rows: pd.DataFrame) -> "Stretches":
        """Those of some rows; none for a store that does not know them."""
        files, times = stretches(rows) or (np.empty(0, np.int64), np.empty((0, 2)))
        return cls(torch.tensor(files), torch.tensor(times)).sorted()

    def sorted(self) -> "Stretches":
        order = self.files.argsort(stable=True)
        return Stretches(self.files[order], self.times[order])

    def with_those_of(self, other: "Stretches") -> "Stretches":
        files, times = torch.cat([self.files, other.files]), torch.cat([self.times, other.times])
        return Stretches(files, times).sorted()

    def touched(self, rows: pd.DataFrame) -> np.ndarray:
        """bool `(rows,)`: whether a clip shares some of its recording's time with one of these."""
        found, asked = np.zeros(len(rows), bool), stretches(rows)
        if asked is None or not len(self.files):
            return found
        files, times = self.files.numpy(), self.times.numpy()
        first, last = (np.searchsorted(files, asked[0], side) for side in ("left", "right"))
        for i in np.flatnonzero(first < last):
            starts, ends = times[first[i] : last[i]].T
            shared = np.minimum(ends, asked[1][i, 1]) - np.maximum(starts, asked[1][i, 0])
            found[i] = bool((shared > EDGE).any())
        return found


@dataclass
class Origin:
    """The clips that weights come from; travels in their checkpoint."""

    clips: str  # fingerprint of the store
    trained_on: Tensor  # int64, marks of the training clips, ascending; of the weights it started from, too
    complete: bool  # False when some of the clips are not known: an old store, or old weights to start from
    parts: Stretches  # where they lie in their files; not of clips whose store did not tell

    @classmethod
    def of(cls, store: "ClipStore", rows: pd.DataFrame, files: Sequence[str] = ()) -> "Origin":
        """That of a training on some rows of a store, started from files of weights or taught by them."""
        own, parts = torch.from_numpy(marks(rows)), Stretches.of(rows)
        found = cls(fingerprint(store.index), own.unique(), len(own) == len(rows), parts)
        for before in filter(None, map(_of_weights, files)):
            found.trained_on = torch.cat([found.trained_on, before.trained_on]).unique()
            found.complete = found.complete and before.complete
            found.parts = found.parts.with_those_of(before.parts)
        return found

    @classmethod
    def in_checkpoint(cls, state: dict[str, Any]) -> "Origin | None":
        """What a checkpoint says; None for one that says nothing."""
        kept = state.get("origin")
        if not kept:
            return None
        parts = Stretches(kept["files"], kept["times"]) if "files" in kept else Stretches.of(pd.DataFrame())
        return cls(kept["clips"], kept["trained_on"], kept["complete"], parts)

    def state(self) -> dict[str, Any]:
        """As it travels in a checkpoint."""
        own = {"clips": self.clips, "trained_on": self.trained_on, "complete": self.complete}
        return {**own, "files": self.parts.files, "times": self.parts.times}

    def heard(self, rows: pd.DataFrame) -> np.ndarray:
        """bool `(rows,)`: whether the weights were trained on that clip, or on a part of it, by its sound."""
        found = np.isin(marks(rows), self.trained_on.numpy())
        touched = self.parts.touched(rows)
        return found | touched if len(found) == len(rows) else touched


def _of_weights(path: str) -> Origin | None:
    """The origin of the weights in a file; None for published ones."""
    try:
        state = torch.load(Path(path).expanduser(), map_location="cpu", weights_only=True)
    except (
        Exception
    ):  # whatever torch raises: `audio.models.pretrained.weights` reads the file too, and says it
        return None
    found = Origin.in_checkpoint(state) if isinstance(state, dict) else None
    ours = isinstance(state, dict) and "format" in state
    nothing = Origin("", torch.empty(0, dtype=torch.int64), False, Stretches.of(pd.DataFrame()))
    return found or (nothing if ours else None)


def refuse_other_clips(state: dict[str, Any], own: Origin) -> str:
    """Check that a training goes on with the clips it began with; gives a note when that can't be told.

    Raises CheckpointError with both fingerprints.
    """
    kept = Origin.in_checkpoint(state)
    if kept is None:
        return "the checkpoint was made before clips were fingerprinted: whether it was trained on these is not known"
    if kept.clips != own.clips:
        raise CheckpointError(
            f"The checkpoint was trained on the clips {kept.clips}, this clip store holds {own.clips}: going on would "
            "mix two sets, and train on clips that are held out. Give the store it began with (`dataset_id`), or start "
            "anew (reset the task, or clone it)."
        )
    if not torch.equal(kept.trained_on, own.trained_on):
        raise CheckpointError(
            f"The checkpoint was trained on {len(kept.trained_on)} clips, with these settings it would go on with "
            f"{len(own.trained_on)} others of the store {own.clips}. Set fold, validation, development_fold and "
            "weights as they were, or start anew (reset the task, or clone it)."
        )
    return ""


def refuse_heard(rows: pd.DataFrame, heard: np.ndarray, what: str) -> None:
    """Raises ConfigError that names the held-out clips which `what` was trained on, if there are any."""
    if heard.any():
        error = NothingUnheard if heard.all() else ConfigError
        raise error(
            f"{what} was trained on {named(rows, heard)}: a result on them says nothing. {_instead(heard)}"
        )


def _instead(heard: np.ndarray) -> str:
    """What to do about held-out clips that were trained on: where no other is left, nothing can be told apart."""
    if heard.all():
        return (
            "No other clip is held out, so that overlap=apart would leave none for the figures. Use the fold that it "
            "has not heard (`fold`), a dataset version with other clips (`dataset_id`), or a model trained without "
            "these."
        )
    return (
        "Use the fold and the dataset version it was trained with, or overlap=apart, which leaves them out of the "
        "figures."
    )


def named(rows: pd.DataFrame, chosen: np.ndarray) -> str:
    """Some of the held-out clips, for a message: how many, and the first ones' names."""
    names = list(rows["clip"][chosen])
    more = ", …" if len(names) > SHOWN else ""
    return f"{len(names)} of the {len(rows)} held-out clips ({', '.join(names[:SHOWN])}{more})"
