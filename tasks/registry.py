"""The tasks there are, by name. Those that come along are in `tasks.catalogue`; `tasks.task` makes one of your own."""

from typing import Any

from audio.registry import Lazy, Registry

tasks = Registry("task", "tasks", ("kind", "parameters"), "tasks.catalogue")


def kind(name: str) -> str:
    """Its ClearML type."""
    return str(tasks.entry(name).options.get("kind", "custom"))


def record(name: str) -> type:
    """The class of a task's parameters."""
    found: Any = tasks.entry(name).options["parameters"]
    record: type = found.load() if isinstance(found, Lazy) else found
    return record


def entry_point(name: str) -> str:
    """How an agent starts it."""
    thing = tasks.entry(name).thing
    return f"-m {thing.place.partition(':')[0]}" if isinstance(thing, Lazy) else f"-m tasks.run {name}"
