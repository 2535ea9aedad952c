"""Which clips weights come from, kept in their checkpoint.

By them a resumed training goes on with its own clips, and an evaluation can tell whether it hears one that was trained
on.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from audio.errors import CheckpointError, ConfigError
from audio.identity import fingerprint, marks

if TYPE_CHECKING:
    from audio.store import ClipStore

SHOWN = 4  # clips that a message names


@dataclass
class Origin:
    """The clips that weights come from; travels in their checkpoint."""

    clips: str  # fingerprint of the store
    trained_on: Tensor  # int64, marks of the training clips, ascending; of the weights it started from, too
    complete: bool  # False when some of the clips are not known: an old store, or old weights to start from

    @classmethod
    def of(cls, store: "ClipStore", rows: pd.DataFrame, weights: str = "") -> "Origin":
        """That of a training on some rows of a store, started from a file of weights."""
        before = _of_weights(weights)
        own = torch.from_numpy(marks(rows))
        known = len(own) == len(rows)
        if before is None:
            return cls(fingerprint(store.index), own.unique(), known)
        together = torch.cat([own, before.trained_on]).unique()
        return cls(fingerprint(store.index), together, known and before.complete)

    @classmethod
    def in_checkpoint(cls, state: dict[str, Any]) -> "Origin | None":
        """What a checkpoint says; None for one that says nothing."""
        kept = state.get("origin")
        return cls(kept["clips"], kept["trained_on"], kept["complete"]) if kept else None

    def state(self) -> dict[str, Any]:
        """As it travels in a checkpoint."""
        return {"clips": self.clips, "trained_on": self.trained_on, "complete": self.complete}

    def heard(self, rows: pd.DataFrame) -> np.ndarray:
        """bool `(rows,)`: whether the weights were trained on that clip, by its sound."""
        found = np.isin(marks(rows), self.trained_on.numpy())
        return found if len(found) == len(rows) else np.zeros(len(rows), bool)


def _of_weights(path: str) -> Origin | None:
    """The origin of the weights that a training starts from; None when it starts from none, or from published ones."""
    if not path:
        return None
    try:
        state = torch.load(Path(path).expanduser(), map_location="cpu", weights_only=True)
    except Exception:  # whatever torch raises: `audio.models.weights` reads the file too, and says it
        return None
    found = Origin.in_checkpoint(state) if isinstance(state, dict) else None
    ours = isinstance(state, dict) and "format" in state
    return found or (Origin("", torch.empty(0, dtype=torch.int64), False) if ours else None)


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
        raise ConfigError(
            f"{what} was trained on {named(rows, heard)}: a result on them says nothing. Use the fold and the dataset "
            "version it was trained with, or overlap=apart, which leaves them out of the figures."
        )


def named(rows: pd.DataFrame, chosen: np.ndarray) -> str:
    """Some of the held-out clips, for a message: how many, and the first ones' names."""
    names = list(rows["clip"][chosen])
    more = ", …" if len(names) > SHOWN else ""
    return f"{len(names)} of the {len(rows)} held-out clips ({', '.join(names[:SHOWN])}{more})"
