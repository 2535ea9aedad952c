"""Data sets by name: `find("esc10")` gives a DataSet; each module of this package states one.

A data set is a way to read a folder that somebody else laid out: which files are clips, what their
labels are, and which fold or split its authors put them in. A new one is a module with a DataSet and a
line in `audio.catalogue`; one of your own a function in a file of yours (docs/extending.md).
"""

from audio.datasets.contract import Clip, DataSet
from audio.datasets.registry import find, names

__all__ = ["Clip", "DataSet", "find", "names"]
