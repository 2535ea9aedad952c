"""`models.create`, `edit`, …: one model at a time."""

from __future__ import annotations

from typing import Any

from server.api.call import Call
from server.api.errors import ValidationFailed
from server.api.registry import endpoint
from server.api.request import Request
from server.domain import metadata
from server.domain.metadata import MetadataItem
from server.domain.tasks import models, transitions
from server.services.models.read import OfModel
from server.store.database import times

_NOT_FIELDS = {"model", "iteration", "public", "force"}


class Fields(Request):
    """What may be said of a model."""

    uri: str | None = None
    name: str | None = None
    comment: str | None = None
    tags: list[str] | None = None
    system_tags: list[str] | None = None
    framework: str | None = None
    design: dict[str, Any] | None = None
    labels: dict[str, int] | None = None
    ready: bool | None = None
    project: str | None = None
    parent: str | None = None
    task: str | None = None
    metadata: list[MetadataItem] | dict[str, Any] | None = None

    def fields(self) -> dict[str, Any]:
        """Those that were given; null means "leave it"."""
        return {name: value for name, value in self.given(exclude=_NOT_FIELDS).items() if value is not None}


class Create(Fields):
    uri: str
    name: str
    public: bool = False


@endpoint("models.create", Create)
def create(call: Call, request: Create) -> dict[str, Any]:
    """A new model."""
    fields = request.fields()
    fields["metadata"] = metadata.as_dict(fields.get("metadata"))
    company = "" if request.public else call.company
    with call.store.transaction():
        models.check_references(call.store, fields)
        return {"id": models.create(call.store, call.user, company, call.now, fields), "created": True}


class Edit(Fields):
    model: str
    iteration: int | None = None


@endpoint("models.edit", Edit)
def edit(call: Call, request: Edit) -> dict[str, Any]:
    """Change a model; each field given replaces what was there."""
    fields = request.fields()
    if "metadata" in fields:
        fields["metadata"] = metadata.as_dict(fields["metadata"])
    with call.store.transaction():
        models.check_references(call.store, fields)
        changed = models.edit(call.store, request.model, call.change(), fields)
        task = request.task or models.existing(call.store, request.model, ("task",)).get("task")
        models.note_iteration(call.store, task, request.iteration)
    return {"updated": 1, "fields": changed}


class Update(Request):
    model: str
    name: str | None = None
    comment: str | None = None
    tags: list[str] | None = None
    system_tags: list[str] | None = None
    ready: bool | None = None
    created: str | None = None
    ui_cache: dict[str, Any] | None = None
    project: str | None = None
    task: str | None = None
    iteration: int | None = None
    metadata: list[MetadataItem] | dict[str, Any] | None = None


@endpoint("models.update", Update)
def update(call: Call, request: Update) -> dict[str, Any]:
    """Change what may be changed of a published model, too: name, comment, tags, project."""
    fields = {name: value for name, value in request.given(exclude=_NOT_FIELDS).items() if value is not None}
    if "created" in fields:
        fields["created"] = times.given(fields["created"], "created")
    if "metadata" in fields:
        fields["metadata"] = metadata.as_dict(fields["metadata"])
    with call.store.transaction():
        models.check_references(call.store, fields)
        changed = models.edit(call.store, request.model, call.change(), fields)
        models.note_iteration(call.store, request.task, request.iteration)
    return {"updated": 1, "fields": changed}


class UpdateForTask(Request):
    task: str
    uri: str | None = None
    name: str | None = None
    comment: str | None = None
    tags: list[str] | None = None
    system_tags: list[str] | None = None
    override_model_id: str | None = None
    iteration: int | None = None


@endpoint("models.update_for_task", UpdateForTask)
def update_for_task(call: Call, request: UpdateForTask) -> dict[str, Any]:
    """Create or change the model that a task writes: the one named, or the one at this URI."""
    if (request.uri is None) == (request.override_model_id is None):
        raise ValidationFailed("give exactly one of uri and override_model_id")
    given = request.given(exclude={"task", "override_model_id", "iteration"})
    fields = {name: value for name, value in given.items() if value is not None}
    with call.store.transaction():
        task = transitions.existing(call.store, request.task, ("name", "project", "status"))
        model = request.override_model_id or call.store.models.of_task_by_uri(task["id"], request.uri or "")
        created = model is None
        if model is None:
            about = {"name": task["name"], "comment": f"Created by task `{task['name']}` ({task['id']})"}
            origin = {
                "task": task["id"],
                "project": task.get("project"),
                "ready": task["status"] == "published",
            }
            model = models.create(
                call.store, call.user, call.company, call.now, {**about, **fields, **origin}
            )
        else:
            models.edit(call.store, model, call.change(), fields)
        models.add_output(call.store, task["id"], model, fields.get("name") or "Output Model")
        models.note_iteration(call.store, task["id"], request.iteration)
    return {"id": model, "created": created, "updated": int(not created), "fields": {} if created else fields}


class SetReady(OfModel):
    force_publish_task: bool = False
    publish_task: bool = True


@endpoint("models.set_ready", SetReady)
def set_ready(call: Call, request: SetReady) -> dict[str, Any]:
    """Publish a model, and its task with it."""
    with call.store.transaction():
        published = models.publish(
            call.store,
            request.model,
            call.change(request.force_publish_task),
            with_task=request.publish_task,
        )
    return {"updated": 1} | ({"published_task": published} if published else {})


class Delete(OfModel):
    force: bool = False
    delete_external_artifacts: bool | None = True
    """Its file goes with it, unless something else names it. Not in ClearML's API."""


@endpoint("models.delete", Delete)
def delete(call: Call, request: Delete) -> dict[str, Any]:
    """Delete a model, and its file unless something else names it; the answer names the file."""
    return drop(call, request)


def drop(call: Call, request: Delete) -> dict[str, Any]:
    free = request.delete_external_artifacts is not False
    with call.store.transaction():
        uri = models.delete(call.store, request.model, force=request.force, free_files=free)
    return {"deleted": True, "url": uri}


class AddOrUpdateMetadata(OfModel):
    metadata: list[MetadataItem]
    replace_metadata: bool = False


@endpoint("models.add_or_update_metadata", AddOrUpdateMetadata)
def add_or_update_metadata(call: Call, request: AddOrUpdateMetadata) -> dict[str, Any]:
    """Set metadata items by key; with `replace_metadata` the others go."""
    with call.store.transaction():
        current = models.existing(call.store, request.model, ("metadata",)).get("metadata") or {}
        new = metadata.merged(current, request.metadata, replace=request.replace_metadata)
        models.edit(call.store, request.model, call.change(), {"metadata": new})
    return {"updated": 1}


class DeleteMetadata(OfModel):
    keys: list[str]


@endpoint("models.delete_metadata", DeleteMetadata)
def delete_metadata(call: Call, request: DeleteMetadata) -> dict[str, Any]:
    """Remove metadata items by key."""
    with call.store.transaction():
        current = models.existing(call.store, request.model, ("metadata",)).get("metadata") or {}
        new = metadata.without(current, request.keys)
        models.edit(call.store, request.model, call.change(), {"metadata": new})
    return {"updated": int(new != current)}
