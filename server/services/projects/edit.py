"""Making and changing projects."""

from __future__ import annotations

from server.api.call import Call
from server.api.registry import endpoint
from server.api.request import Request
from server.domain import project_tree
from server.services.projects.read import OfProject
from server.store import times


class Details(Request):
    name: str | None = None
    description: str | None = None
    tags: list[str] | None = None
    system_tags: list[str] | None = None
    default_output_destination: str | None = None


class Create(Details):
    name: str


@endpoint("projects.create", Create)
def create(call: Call, request: Create) -> dict:
    """A new project; the parents in its name are created where they are missing."""
    fields = {name: value for name, value in request.given(exclude={"name"}).items() if value is not None}
    fields.setdefault("description", "")
    with call.store.transaction():
        id = project_tree.create(call.store, request.name, call.user, call.company, call.now, **fields)
    return {"id": id}


class Update(Details, OfProject):
    pass


@endpoint("projects.update", Update)
def update(call: Call, request: Update) -> dict:
    """Change a project; a new name may be a new place in the tree, and what is below follows."""
    fields = request.given(exclude={"project", "name"})
    for tags in ("tags", "system_tags"):
        if tags in fields:
            fields[tags] = list(dict.fromkeys(fields[tags] or []))
    with call.store.transaction():
        project_tree.existing(call.store, request.project)
        if request.name is not None:
            project_tree.relocate(
                call.store, request.project, request.name, call.user, call.company, call.now
            )
            fields["name"] = project_tree.clean_name(request.name)
        stored = {name: value for name, value in fields.items() if name != "name"}
        updated = call.store.projects.update(request.project, {**stored, "last_update": times.text(call.now)})
    return {"updated": updated, "fields": fields}
