"""The data sets there are, by name."""

from difflib import get_close_matches

from audio.datasets import esc, folder, synthetic
from audio.datasets.contract import DataSet
from audio.errors import DatasetError

ALL = {d.name: d for d in (esc.ESC10, esc.ESC50, folder.FOLDER, synthetic.SYNTHETIC)}


def names() -> list[str]:
    """Names of all data sets, sorted."""
    return sorted(ALL)


def find(name: str) -> DataSet:
    """The data set of that name. Raises DatasetError, which lists those that exist."""
    if name in ALL:
        return ALL[name]
    near = get_close_matches(name.lower(), names(), 1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise DatasetError(f"There is no data set {name!r}.{hint} There are: {', '.join(names())}.")
