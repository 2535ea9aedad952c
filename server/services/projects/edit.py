"""Making and changing projects."""

from __future__ import annotations

from typing import Any

from server.api.call import Call
from server.api.errors import ProjectSourceAndDestinationAreTheSame
from server.api.registry import endpoint
from server.api.request import Request
from server.domain import files, project_tree, public
from server.domain.projects import project_deletion
from server.services.projects.read import OfProject
from server.store.database import times


class Details(Request):
    name: str | None = None
    description: str | None = None
    tags: list[str] | None = None
    system_tags: list[str] | None = None
    default_output_destination: str | None = None


class Create(Details):
    name: str


@endpoint("projects.create", Create)
def create(call: Call, request: Create) -> dict[str, Any]:
    """A new project; the parents in its name are created where they are missing."""
    fields = {name: value for name, value in request.given(exclude={"name"}).items() if value is not None}
    fields.setdefault("description", "")
    with call.store.transaction():
        id = project_tree.create(call.store, request.name, call.user, call.company, call.now, **fields)
    return {"id": id}


class Update(Details, OfProject):
    pass


@endpoint("projects.update", Update)
def update(call: Call, request: Update) -> dict[str, Any]:
    """Change a project; its name is the whole path, of which only the last part may change."""
    fields = request.given(exclude={"project", "name"})
    for tags in ("tags", "system_tags"):
        if tags in fields:
            fields[tags] = list(dict.fromkeys(fields[tags] or []))
    with call.store.transaction():
        project_tree.existing(call.store, request.project)
        if request.name is not None:
            fields["name"] = project_tree.rename(
                call.store, request.project, request.name, call.user, call.company, call.now
            )
        stored = {name: value for name, value in fields.items() if name != "name"}
        updated = call.store.projects.update(request.project, {**stored, "last_update": times.text(call.now)})
    return {"updated": updated, "fields": fields}


class Move(OfProject):
    new_location: str | None = None


@endpoint("projects.move", Move)
def move(call: Call, request: Move) -> dict[str, Any]:
    """Under another project (created when missing), or to the top."""
    with call.store.transaction():
        project = project_tree.existing(call.store, request.project)
        parent = project_tree.clean_name(request.new_location) if request.new_location else ""
        name = f"{parent}/{project['basename']}" if parent else project["basename"]
        if name == project["name"]:
            raise ProjectSourceAndDestinationAreTheSame(name=name)
        moved = project_tree.relocate(call.store, request.project, name, call.user, call.company, call.now)
    return {"moved": moved}


class Merge(OfProject):
    destination_project: str | None = None


@endpoint("projects.merge", Merge)
def merge(call: Call, request: Merge) -> dict[str, Any]:
    """Move everything into another project and delete this one."""
    with call.store.transaction():
        entities, projects = project_deletion.merge(
            call.store, request.project, request.destination_project, call.user, call.company, call.now
        )
    return {"moved_entities": entities, "moved_projects": projects}


@endpoint("projects.validate_delete", OfProject, role="viewer")
def validate_delete(call: Call, request: OfProject) -> dict[str, Any]:
    """What a deletion would meet; `release`: what one with the contents would do to models and files."""
    held = project_deletion.contents(call.store, request.project)
    return {**held, "release": files.before_project_deletion(call.store, request.project)}


class Delete(OfProject):
    force: bool | None = False
    delete_contents: bool | None = False
    delete_external_artifacts: bool | None = True


@endpoint("projects.delete", Delete)
def delete(call: Call, request: Delete) -> dict[str, Any]:
    """Delete a project and those below it; their tasks and models only with `delete_contents`."""
    with call.store.transaction():
        removed = project_deletion.delete(
            call.store,
            request.project,
            force=bool(request.force),
            delete_contents=bool(request.delete_contents),
            free_files=request.delete_external_artifacts is not False,
        )
    return {
        "deleted": removed.deleted,
        "disassociated_tasks": removed.disassociated_tasks,
        "deleted_tasks": removed.deleted_tasks,
        "deleted_models": removed.deleted_models,
        **({"urls": removed.urls} if request.delete_contents else {}),
    }


class Visibility(Request):
    ids: list[str] | None = None


@endpoint("projects.make_public", Visibility)
def make_public(call: Call, request: Visibility) -> dict[str, Any]:
    """Everybody's from now on, and protected: public projects can't be changed. What is in them stays as it is."""
    return {"updated": _give(call, request.ids or [], public.EVERYBODY)}


@endpoint("projects.make_private", Visibility)
def make_private(call: Call, request: Visibility) -> dict[str, Any]:
    """Undo `make_public`."""
    return {"updated": _give(call, request.ids or [], call.company)}


def _give(call: Call, ids: list[str], company: str) -> int:
    with call.store.transaction():
        for id in ids:
            project_tree.existing(call.store, id)
        return sum(call.store.projects.update(id, {"company": company}) for id in dict.fromkeys(ids))
