"""Deleting and resetting tasks: what goes, what stays, and which files nobody needs any more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from server.api.change import Change
from server.api.errors import InvalidTaskStatus, TaskCannotBeDeleted
from server.domain.tasks import recorded_arguments, transitions
from server.store import Store
from server.store.database import restriction
from server.store.tasks import DELETED


@dataclass
class Removed:
    """What a deletion or a reset removed."""

    deleted_models: int = 0
    updated_models: int = 0
    updated_children: int = 0
    events: int = 0
    urls: dict[str, list[str]] = field(default_factory=dict)
    """By kind: event_urls, model_urls, artifact_urls."""
    fields: dict[str, Any] = field(default_factory=dict)
    dequeued: int = 0


def delete(
    store: Store,
    task: str,
    *,
    force: bool = False,
    delete_output_models: bool = True,
    free_files: bool = True,
) -> Removed:
    """Delete a task with its events, its queue entry and the output models that no other task uses.

    With `free_files`, the files go that nothing names any more.

    Raises:
        InvalidTaskId. TaskCannotBeDeleted: without `force`, one that runs or is published, that has published
        children or models, or that versions of a dataset build on.
    """
    found = transitions.existing(store, task)
    if not force:
        require_deletable(store, found)
    removed = _drop_output(store, found, delete_output_models, free_files)
    store.queues.remove(task)
    _mark_models(store, task)
    removed.updated_children = store.tasks.forget_parent([task])
    store.tasks.delete(task)
    return removed


@restriction.unrestricted
def _mark_models(store: Store, task: str) -> None:
    """Its models that stay, wherever they are."""
    for model in store.models.all({"task": task}):
        store.models.update(model["id"], {"task": DELETED + task})


@restriction.unrestricted
def require_deletable(store: Store, task: dict[str, Any]) -> None:
    """Raises: TaskCannotBeDeleted."""
    if task["status"] in ("in_progress", "published", "publishing"):
        raise TaskCannotBeDeleted("use force=true", task=task["id"], status=task["status"])
    if store.tasks.count({"parent": task["id"], "status": ["published"]}):
        raise TaskCannotBeDeleted("it has published children, use force=true", task=task["id"])
    if store.models.count({"task": task["id"], "ready": True}):
        raise TaskCannotBeDeleted("it has published output models, use force=true", task=task["id"])
    children = store.file_uses.children([task["id"]])
    if children:
        raise TaskCannotBeDeleted(
            f"{len(children)} versions of the dataset build on it, use force=true", task=task["id"]
        )


def reset(
    store: Store,
    task: str,
    by: Change,
    *,
    clear_all: bool = False,
    delete_output_models: bool = True,
    free_files: bool = True,
) -> Removed:
    """Make a task a draft again: what its runs produced is dropped, what it was told to do stays.

    `clear_all` drops its code and execution section too.

    Raises:
        InvalidTaskId. InvalidTaskStatus: a published task (never unless it is forced).
    """
    found = transitions.existing(store, task)
    if not by.force and found["status"] in ("published", "publishing"):
        raise InvalidTaskStatus("a published task can't be reset", task=task, current_status=found["status"])
    removed = _drop_output(store, found, delete_output_models, free_files)
    removed.dequeued = store.queues.remove(task)
    removed.fields = transitions.change(
        store, task, "created", by, **_initial(found, clear_all),
    )  # fmt: skip
    return removed


def _initial(task: dict[str, Any], clear_all: bool) -> dict[str, Any]:
    """The fields of a reset task."""
    execution = {name: value for name, value in task["execution"].items() if name != "queue"}
    inputs = [one for one in execution.get("artifacts") or [] if one.get("mode") == "input"]
    destination = task["output"].get("destination")
    unset = ("started", "completed", "published", "active_duration", "last_worker", "last_worker_report")
    return {
        **dict.fromkeys((*unset, "enqueue_status"), None),
        "last_iteration": 0,
        "runtime": {},
        "execution": {"artifacts": inputs} if clear_all else {**execution, "artifacts": inputs},
        "models": {"input": (task["models"].get("input") or []), "output": []},
        "output": {"destination": destination} if destination else {},
        "script": {} if clear_all else recorded_arguments.without(task["script"], task["hyperparams"]),
    }


def _drop_output(store: Store, task: dict[str, Any], delete_output_models: bool, free_files: bool) -> Removed:
    """Remove events and unused output models; note the addresses of their files, and let these go."""
    id = task["id"]
    gone, staying = (
        _output_models(store, task) if delete_output_models else ([], store.models.all({"task": id}))
    )
    artifacts = [one for one in task["execution"].get("artifacts") or [] if one.get("mode") != "input"]
    removed = Removed(
        deleted_models=len(gone),
        updated_models=len(staying),
        urls={
            "event_urls": _sample_urls(store, id),
            "model_urls": [model["uri"] for model in gone if model.get("uri")],
            "artifact_urls": [one["uri"] for one in artifacts if one.get("uri")],
        },
    )
    store.file_uses.hand_down(id)
    if free_files:
        store.releases.release(store.releases.at_risk([id, *(model["id"] for model in gone)]))
    for model in gone:
        store.events.delete_of(model["id"])
    store.models.delete([model["id"] for model in gone])
    removed.events = store.events.delete_of(id)
    return removed


def _output_models(store: Store, task: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The task's output models: those to delete, and those that stay, published, in use elsewhere, or in a project
    that the caller may not change."""
    gone: list[dict[str, Any]] = []
    staying: list[dict[str, Any]] = []
    for model in store.models.all({"task": task["id"]}):
        used = any(other != task["id"] for other in store.models.tasks_with(model["id"]))
        others = used or model.get("ready") or not restriction.may_write(model.get("project"))
        (staying if others else gone).append(model)
    return gone, staying


def _sample_urls(store: Store, task: str) -> list[str]:
    images = (series for series in store.events.series.of([task]) if series.kind == "image")
    return [event.body for series in images for event in store.events.rich.all(series.id) if event.body]
