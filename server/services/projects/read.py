"""Reading projects: by id, by query, with statistics."""

from __future__ import annotations

from typing import Any

from server.api.call import Call
from server.api.registry import endpoint
from server.api.request import Query, Request
from server.domain import project_tree


class OfProject(Request):
    project: str


@endpoint("projects.get_by_id", OfProject, role="viewer")
def get_by_id(call: Call, request: OfProject) -> dict:
    """One project."""
    return {"project": project_tree.existing(call.store, request.project)}


class GetAll(Query):
    shallow_search: bool | None = False
    parent: list[str | None] | str | None = None


@endpoint("projects.get_all", GetAll, role="viewer")
def get_all(call: Call, request: GetAll) -> dict:
    """Projects by filter."""
    query = {**request.filters(), "parent": None}
    projects, scroll = call.store.projects.page(query, *scope(call, request), default_order="name")
    return {"projects": projects, **({"scroll_id": scroll} if scroll else {})}


def scope(call: Call, request: GetAll) -> list[dict[str, Any]]:
    """Where to look: among the top or some parents' children, or anywhere below; hidden ones only on demand."""
    asked = request.filters()
    also: list[dict[str, Any]] = []
    parents = [request.parent] if isinstance(request.parent, str) else request.parent
    if request.shallow_search:
        also.append({"parent": parents or [None]})
    elif parents:
        below = set(project_tree.scope(call.store, parents)) - set(parents)
        also.append({"id": sorted(filter(None, below)) or ["-"]})
    if not request.search_hidden and not asked.get("id"):
        also.append({"system_tags": ["-hidden"]})
    return also
