"""The data sets there are, by name."""

from dataclasses import fields

from audio import registry
from audio.datasets.contract import DataSet

LAYOUT = "as its plugin expects it"


def names() -> list[str]:
    """Names of all data sets, sorted."""
    return registry.datasets.names()


def find(name: str) -> DataSet:
    """The data set of that name. Raises DatasetError, which lists those that exist."""
    entry = registry.datasets.entry(name)
    found = entry.loaded
    if isinstance(found, DataSet):
        return found
    own = {one.name for one in fields(DataSet)}
    said = {key: value for key, value in entry.options.items() if key in own}
    title = entry.options.get("about") or name
    return DataSet(**{"name": name, "title": title, "layout": LAYOUT, "read": found, **said})
