"""The split that tutorials draw: once, clip by clip, within each class. An explicit choice, as it flatters.

The rule is scikit-learn's `train_test_split(clips, test_size=0.2, random_state=seed)`, class after class, and for 8:1:1
once more with a half of what was held out: numpy's old generator, seeded anew for every class, shuffles the
clips, and the first ones are held out. It knows nothing of recordings: pieces of one, and copies, land on both sides.
"""

import math
from typing import Any

import numpy as np
import pandas as pd

from audio.clips.splits import recordings
from audio.errors import ConfigError

HELD_OUT = 0.2  # share of each class
TRAIN_TEST, TRAIN_VALIDATION_TEST = "8:2", "8:1:1"
RULE = "scikit-learn's train_test_split within each class"


def draw_split(
    index: pd.DataFrame, several: bool, seed: int, kind: str
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The index with a split for every clip and no folds, whatever the data set stated; and what is to be known of it:
    `kind`, `rule`, `seed`, `flatters`.

    `kind` is one of the two above. Raises ConfigError for clips with several labels, or for a class of one clip.
    """
    if several:
        raise ConfigError(
            f"split={kind} draws within each class, and these clips have several labels: use split=own."
        )
    drawn = pd.Series("train", index.index)
    for label, rows in index.groupby("label", sort=False):
        if len(rows) < 2:
            raise ConfigError(
                f"split={kind} can't hold out a clip of {label!r}, which has one alone: use split=own."
            )
        held = shuffled(len(rows), HELD_OUT, seed)[0]
        drawn[rows.index[held]] = "test"
        if kind == TRAIN_VALIDATION_TEST:
            if len(held) < 2:
                raise ConfigError(
                    f"split={kind} needs six clips of each class, and {label!r} has {len(rows)}."
                )
            _, validation = shuffled(len(held), 0.5, seed)
            drawn[rows.index[held[validation]]] = "validation"
    about = {"kind": kind, "rule": RULE, "seed": seed}
    return index.assign(fold=0, split=drawn), {**about, "flatters": _flatters(index, drawn, kind)}


def shuffled(count: int, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions that are held out, and those that are not, of `count`; as scikit-learn's ShuffleSplit gives them."""
    order = np.random.RandomState(seed).permutation(count)
    held = math.ceil(share * count)
    return order[:held], order[held:]


def _flatters(index: pd.DataFrame, drawn: pd.Series, kind: str) -> str:
    """A sentence on what makes the figures of this split too good, with what is known of these clips."""
    names = recordings(index)
    trained = set(names[drawn == "train"])
    shared = int(names[drawn != "train"].isin(trained).sum())
    heard = (
        f"{shared} of its {int((drawn != 'train').sum())} held-out clips are of recordings that are trained on"
        if shared
        else "no held-out clip is known to be of a recording that is trained on, but artists and rooms may be"
    )
    return (
        f"the split {kind} was drawn once, clip by clip within each class ({RULE}), whatever the data set's own is: "
        f"{heard}. One draw is one number without a spread, and is not comparable with results on official folds"
    )
