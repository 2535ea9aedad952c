"""An upload over a file that somebody else names: theirs is set aside under another name, and they name that.

A task that runs again writes its model where it wrote it before. What was published from there meanwhile, or is another
task's artifact, must not turn into something else.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from server.store import Store
from server.store.database import restriction
from server.store.files import addresses
from server.store.files.files import task_of


@restriction.unrestricted
def set_aside(store: Store, names: Iterable[str]) -> None:
    """For files that are about to be replaced. To be called in a transaction. Raises: BadFileName."""
    for name in names:
        if store.files.path(name).is_file():
            _set_aside(store, store.files.name(store.files.path(name)))


def _set_aside(store: Store, name: str) -> None:
    mark = f"{uuid.uuid4().hex[:8]}."
    key, task = addresses.key(name), task_of(name)
    folder, _, last = name.rpartition("/")
    other = f"{folder}/{mark}{last}"
    other_key = addresses.key(other)
    changed = False
    for namer in store.releases.namers(key):
        if namer.kind == "model":
            changed |= _move_model(store, namer.id, task, key, mark, other_key)
        elif namer.kind == "task" and task and namer.id != task:
            changed |= _move_artifacts(store, namer.id, key, mark, other_key)
    if changed:
        store.files.copy(name, other)


def _move_model(store: Store, id: str, task: str | None, key: str, mark: str, other_key: str) -> bool:
    """A task's own draft of a model is what it writes: that follows."""
    model = store.models.get(id, ("uri", "ready", "task")) or {}
    if not model.get("ready") and (task is None or model.get("task") == task):
        return False
    uri = _moved(model.get("uri"), key, mark, other_key)
    return bool(uri and store.models.update(id, {"uri": uri}))


def _move_artifacts(store: Store, id: str, key: str, mark: str, other_key: str) -> bool:
    execution: dict[str, Any] = (store.tasks.get(id, ("execution",)) or {}).get("execution") or {}
    artifacts = [
        {**one, "uri": _moved(one.get("uri"), key, mark, other_key) or one.get("uri")}
        for one in execution.get("artifacts") or []
    ]
    if artifacts == (execution.get("artifacts") or []):
        return False
    return bool(store.tasks.update(id, {"execution": {**execution, "artifacts": artifacts}}))


def _moved(address: Any, key: str, mark: str, other_key: str) -> str | None:
    """An address of the file with this key, as one of the file set aside, spelled as it was."""
    if key not in addresses.keys(address):
        return None
    folder, slash, last = address.rpartition("/")
    moved = f"{folder}{slash}{mark}{last}"
    return moved if other_key in addresses.keys(moved) else None
