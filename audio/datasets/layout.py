"""What folders and columns are called that hold a part of a data set: splits and folds, by their usual names."""

import math
import re
from collections.abc import Sequence
from dataclasses import replace

from audio.datasets.contract import Clip

SPLITS = {
    **dict.fromkeys(("train", "training", "tr", "train_set"), "train"),
    **dict.fromkeys(
        ("val", "valid", "validation", "validate", "dev", "development", "val_set"), "validation"
    ),
    **dict.fromkeys(("test", "testing", "eval", "evaluation", "holdout", "test_set"), "test"),
}
FOLD = re.compile(r"(?:fold|cv)[ _-]?(\d+)")


def fold_number(text: str) -> int:
    """`3`, `3.0` and `fold3` are 3, nothing is -1. Raises ValueError."""
    if not text:
        return -1
    named = FOLD.fullmatch(text.lower())
    number = float(named[1] if named else text)
    if not math.isfinite(number) or number != int(number):
        raise ValueError(f"{text!r} is no whole number")
    return int(number)


def from_one(clips: Sequence[Clip]) -> list[Clip]:
    """Clips whose folds count from one, as 0 stands for none: where a data set counts from zero all go up by one.

    A fold of -1 is none; one and the same for all clips says nothing.
    """
    if len({clip.fold for clip in clips}) == 1:
        return [replace(clip, fold=0) for clip in clips]
    up = int(any(clip.fold == 0 for clip in clips))
    return [replace(clip, fold=clip.fold + up if clip.fold >= 0 else 0) for clip in clips]
