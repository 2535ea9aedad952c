"""`models.*_many`, `move`, `update_tags`, …: several models at a time, each with an answer of its own."""

from __future__ import annotations

from typing import Any

from server.api.call import Call
from server.api.errors import ValidationFailed
from server.api.registry import endpoint
from server.api.request import Request
from server.domain import files, project_tree, public
from server.domain.tasks import models
from server.services.models import edit
from server.services.tasks.many import each


class OfModels(Request):
    ids: list[str]


class DeleteMany(OfModels):
    force: bool = False
    delete_external_artifacts: bool | None = True


@endpoint("models.delete_many", DeleteMany)
def delete_many(call: Call, request: DeleteMany) -> dict[str, Any]:
    """Delete models, and their files unless something else names them."""
    fields = request.given(exclude={"ids"})
    return each(
        call.store.models, request.ids, lambda model: edit.drop(call, edit.Delete(model=model, **fields))
    )


@endpoint("models.validate_delete", OfModels, role="viewer")
def validate_delete(call: Call, request: OfModels) -> dict[str, Any]:
    """What deleting these models would do: files that go, files that stay, who would lose them."""
    return files.before_model_deletion(call.store, request.ids)


@endpoint("models.archive_many", OfModels)
def archive_many(call: Call, request: OfModels) -> dict[str, Any]:
    """Archive models."""
    return _tagged(call, request.ids, archived=True)


@endpoint("models.unarchive_many", OfModels)
def unarchive_many(call: Call, request: OfModels) -> dict[str, Any]:
    """Take models out of the archive."""
    return _tagged(call, request.ids, archived=False)


def _tagged(call: Call, ids: list[str], *, archived: bool) -> dict[str, Any]:
    def one(model: str) -> dict[str, Any]:
        with call.store.transaction():
            tags = models.existing(call.store, model, ("system_tags",)).get("system_tags") or []
            new = [tag for tag in tags if tag != models.ARCHIVED] + [models.ARCHIVED] * archived
            models.edit(call.store, model, call.change(), {"system_tags": new})
        return {"archived" if archived else "unarchived": True}

    return each(call.store.models, ids, one)


class PublishMany(OfModels):
    force_publish_task: bool = False
    publish_tasks: bool = True


@endpoint("models.publish_many", PublishMany)
def publish_many(call: Call, request: PublishMany) -> dict[str, Any]:
    """Publish models, and their tasks with them."""

    def one(model: str) -> dict[str, Any]:
        with call.store.transaction():
            published = models.publish(
                call.store,
                model,
                call.change(request.force_publish_task),
                with_task=request.publish_tasks,
            )
        return {"updated": True} | ({"published_task": published} if published else {})

    return each(call.store.models, request.ids, one)


class Move(OfModels):
    project: str | None = None
    project_name: str | None = None


@endpoint("models.move", Move)
def move(call: Call, request: Move) -> dict[str, Any]:
    """Move models into a project, by its id (null: out of any) or its name (created when missing)."""
    if not request.project_name and "project" not in request.model_fields_set:
        raise ValidationFailed("give project or project_name")
    with call.store.transaction():
        project = request.project
        if request.project_name:
            project = project_tree.ensure(call.store, request.project_name, call.user, call.company, call.now)
        elif project:
            project_tree.existing(call.store, project)
        for model in request.ids:
            models.existing(call.store, model, ("id",))
            models.edit(call.store, model, call.change(), {"project": project})
    return {"updated": len(request.ids), "project_id": project}


class UpdateTags(OfModels):
    add_tags: list[str] | None = None
    remove_tags: list[str] | None = None


@endpoint("models.update_tags", UpdateTags)
def update_tags(call: Call, request: UpdateTags) -> dict[str, Any]:
    """Add and remove tags of several models."""
    removed, updated = set(request.remove_tags or []), 0
    with call.store.transaction():
        for id in dict.fromkeys(request.ids):
            model = call.store.models.get(id, ["tags"])
            if model is None:
                continue
            tags = model.get("tags") or []
            new = list(
                dict.fromkeys([tag for tag in [*tags, *(request.add_tags or [])] if tag not in removed])
            )
            if new != tags:
                models.edit(call.store, model["id"], call.change(), {"tags": new})
                updated += 1
    return {"updated": updated}


class Visibility(Request):
    ids: list[str] | None = None


@endpoint("models.make_public", Visibility)
def make_public(call: Call, request: Visibility) -> dict[str, Any]:
    """Everybody's from now on, and protected: public models can't be changed."""
    return {"updated": _give(call, request.ids or [], public.EVERYBODY)}


@endpoint("models.make_private", Visibility)
def make_private(call: Call, request: Visibility) -> dict[str, Any]:
    """Undo `make_public`."""
    return {"updated": _give(call, request.ids or [], call.company)}


def _give(call: Call, ids: list[str], company: str) -> int:
    with call.store.transaction():
        for id in ids:
            models.existing(call.store, id, ("id",))
        return sum(call.store.models.update(id, {"company": company}) for id in dict.fromkeys(ids))
