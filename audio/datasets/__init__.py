"""Data sets by name: `find("esc10")` gives a DataSet; each module under this package states one.

A data set is a way to read a folder that somebody else laid out: which files are clips, what their labels are, and
which fold or split its authors put them in.
"""

from audio.datasets.contract import Clip, DataSet, find, names

__all__ = ["Clip", "DataSet", "find", "names"]
