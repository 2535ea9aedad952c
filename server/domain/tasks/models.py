"""Rules of models: what publishing and deleting one means for tasks, and how a task gets its output model."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from server.api.change import Change
from server.api.errors import (
    InvalidModelId,
    ModelCreatorPublished,
    ModelInUse,
    ModelIsReady,
    NoModelForTask,
)
from server.domain import project_tree
from server.domain.tasks import publishing, task_fields, transitions
from server.store import Store
from server.store.database import restriction, times
from server.store.tasks import DELETED

ARCHIVED = "archived"


def existing(store: Store, model: str, only_fields: Iterable[str] | None = None) -> dict[str, Any]:
    """Raises: InvalidModelId."""
    found = store.models.get(model, only_fields)
    if found is None:
        raise InvalidModelId(id=model)
    return found


def create(store: Store, user: str, company: str, now: datetime, fields: dict[str, Any]) -> str:
    """Returns: the new model's id."""
    moment = times.text(now)
    stamps = {"created": moment, "last_update": moment, "last_change": moment, "last_changed_by": user}
    document = {"tags": [], "system_tags": [], "labels": {}, "design": {}, "metadata": {}, "ready": True}
    identity = {"id": uuid.uuid4().hex, "user": user, "company": company}
    return store.models.insert({**document, **fields, **identity, **stamps})


def edit(store: Store, model: str, by: Change, fields: dict[str, Any]) -> dict[str, Any]:
    """Set fields. Returns: what was set. Raises: InvalidModelId."""
    existing(store, model, ("name",))
    store.models.update(model, {**fields, **transitions.changed_by(by)})
    return fields


def note_iteration(store: Store, task: str | None, iteration: int | None) -> None:
    """A model was saved at this iteration: its task has come at least so far."""
    found = store.tasks.get(task, ("last_iteration",)) if task and iteration is not None else None
    if found and (found.get("last_iteration") or 0) < (iteration or 0):
        store.tasks.update(task or "", {"last_iteration": iteration})


def check_references(store: Store, fields: dict[str, Any]) -> None:
    """A model's project, task and parent must exist. Raises: InvalidProjectId, InvalidTaskId, InvalidModelId."""
    if fields.get("project"):
        project_tree.existing(store, fields["project"])
    if fields.get("task"):
        transitions.existing(store, fields["task"], ("id",))
    if fields.get("parent"):
        existing(store, fields["parent"], ("id",))


# Publishing


def publish(store: Store, model: str, by: Change, *, with_task: bool) -> dict[str, Any] | None:
    """Make a model final, and its task with it where that is asked: `by.force` is for the task.

    Returns: the task's change, if it changed.

    Raises:
        InvalidModelId. ModelIsReady: it is published already.
        InvalidTaskStatus: the task can't be published (it runs, say) and isn't forced.
    """
    found = existing(store, model, ("ready", "task"))
    if found.get("ready"):
        raise ModelIsReady(model=model)
    task = store.tasks.get(found["task"], ("status",)) if with_task and found.get("task") else None
    answer = None
    if task and task["status"] != "published":
        changed = publishing.publish(store, task["id"], by, models=False)
        answer = {"id": task["id"], "data": {"updated": 1, "fields": changed}}
    store.models.update(model, {"ready": True, **transitions.changed_by(by)})
    return answer


# Deletion


def delete(store: Store, model: str, *, force: bool, free_files: bool = True) -> str | None:
    """Delete a model; its name stays in the tasks that used it, marked as deleted. Returns: its file's URI.

    With `free_files`, its file goes unless something else names it.

    Raises:
        InvalidModelId
        ModelInUse: tasks read it. ModelCreatorPublished: its task is published. Neither with `force`.
    """
    found = existing(store, model, ("uri", "task"))
    tasks = store.models.tasks_with(model)
    readers = [task for task, models in tasks.items() if _names(models.get("input"), model)]
    if not force and readers:
        raise ModelInUse(f"{len(readers)} tasks read it; use force=true", model=model)
    creator = store.tasks.get(found["task"], ("status",)) if found.get("task") else None
    if not force and creator and creator["status"] == "published":
        raise ModelCreatorPublished("use force=true", model=model, task=creator["id"])
    with restriction.restricted(None):  # a reference is kept right wherever it is
        for task, models in tasks.items():
            store.tasks.update(task, {"models": _marked(models, model)})
    if free_files:
        store.releases.release(store.releases.at_risk([model]))
    store.models.forget_parent([model], DELETED)
    store.events.delete_of(model)
    store.models.delete(model)
    return found.get("uri")


def _names(entries: list[dict[str, Any]] | None, model: str) -> bool:
    return any(entry.get("model") == model for entry in entries or [])


def _marked(models: dict[str, list[dict[str, Any]]], model: str) -> dict[str, list[dict[str, Any]]]:
    return {
        side: [{**one, "model": DELETED + model} if one.get("model") == model else one for one in entries]
        for side, entries in models.items()
    }


# A task's output model


def of_task(store: Store, task: str) -> dict[str, Any]:
    """The model a task wrote last. Raises: InvalidTaskId. NoModelForTask."""
    outputs = (transitions.existing(store, task, ("models",)).get("models") or {}).get("output") or []
    for entry in reversed(outputs):
        found = store.models.get(entry.get("model") or "")
        if found:
            return found
    raise NoModelForTask(task=task)


def add_output(store: Store, task: str, model: str, name: str) -> None:
    """Make a model the task's output under this name, in place of the one that had it."""
    models = transitions.existing(store, task, ("models",)).get("models") or {}
    before = [one for one in models.get("output") or [] if one["name"] == name or one.get("model") != model]
    outputs = task_fields.put_model(before, name, model)
    store.tasks.update(task, {"models": {**models, "output": outputs}})
