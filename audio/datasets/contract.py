"""What a data set is: clips with labels and its authors' own folds, and how to find it by name."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from audio.errors import DatasetError


@dataclass(frozen=True)
class Clip:
    """One labelled stretch of sound."""

    path: Path  # file that holds it
    labels: tuple[str, ...]  # one name, or several for a multi-label set
    fold: int = 0  # official fold, counted from 1; 0: none
    split: str = ""  # official split (train, validation, test); empty: none
    source: str = ""  # recording it was cut from: clips of one source never go to both sides
    start: float = 0.0  # s into the file
    end: float | None = None  # s into the file; None: to its end


@dataclass(frozen=True)
class DataSet:
    """A data set's description and the function that lists its clips."""

    name: str  # in the registry
    title: str  # as its authors call it
    read: Callable[[Path, int], list[Clip]]  # (folder, seed) → clips; raises DatasetError on another layout
    layout: str = ""  # what the folder looks like, for messages and docs
    licence: str = ""
    homepage: str = ""
    folds: int = 0  # official folds; 0: none
    multi_label: bool = False
    needs_data: bool = True  # False: makes or fetches its own into the folder


def names() -> list[str]:
    """Names of all data sets, sorted."""
    raise NotImplementedError


def find(name: str) -> DataSet:
    """The data set of that name. Raises DatasetError, which lists those that exist."""
    raise DatasetError(name)
