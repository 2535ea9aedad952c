"""Reading projects: by id, by query, with statistics."""

from __future__ import annotations

from typing import Any, Literal

from server.api.call import Call
from server.api.registry import endpoint
from server.api.request import Query, Request
from server.domain import project_tree, references
from server.domain.projects import project_stats
from server.store.documents.projection import paths
from server.store.documents.projection import project as projection


class OfProject(Request):
    project: str


@endpoint("projects.get_by_id", OfProject, role="viewer")
def get_by_id(call: Call, request: OfProject) -> dict[str, Any]:
    """One project."""
    return {"project": project_tree.existing(call.store, request.project)}


class GetAll(Query):
    shallow_search: bool | None = False
    parent: list[str | None] | str | None = None


@endpoint("projects.get_all", GetAll, role="viewer")
def get_all(call: Call, request: GetAll) -> dict[str, Any]:
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
        also.append(_among(below))
    if not request.search_hidden and not asked.get("id"):
        also.append({"system_tags": ["-hidden"]})
    return also


def _among(ids: set[str]) -> dict[str, Any]:
    """Only these, even if there are none (an empty list would mean no filter)."""
    return {"id": sorted(ids) or ["-"]}


class GetAllEx(GetAll):
    include_stats: bool | None = False
    include_stats_filter: dict[str, Any] | None = None
    stats_with_children: bool | None = True
    stats_for_state: Literal["active", "archived"] | None = "active"
    """One of the two; null: both."""
    check_own_contents: bool | None = False
    include_dataset_stats: bool | None = False
    active_users: list[str] | None = None
    children_type: Literal["pipeline", "report", "dataset"] | None = None
    children_tags: list[str] | None = None
    children_tags_filter: dict[str, Any] | None = None


@endpoint("projects.get_all_ex", GetAllEx, role="viewer")
def get_all_ex(call: Call, request: GetAllEx) -> dict[str, Any]:
    """Projects by filter, with statistics of what they hold."""
    query = {**request.filters(), "parent": None}
    also = [*scope(call, request), *_with_contents(call, request)]
    projects, scroll = references.find(call.store, call.store.projects, query, *also, default_order="name")
    _add_stats(call, request, projects)
    return {"projects": projects, **({"scroll_id": scroll} if scroll else {})}


def _with_contents(call: Call, request: GetAllEx) -> list[dict[str, Any]]:
    """Only projects that hold, at any depth, something of these people, or something of this type."""
    also: list[dict[str, Any]] = []
    if request.active_users:
        also.append(
            _among(
                call.store.projects.with_ancestors(
                    call.store.contents.projects_of_users(request.active_users)
                )
            )
        )
    if request.children_type:
        tags = {"tags": request.children_tags, "filters": {"tags": request.children_tags_filter}}
        if request.children_type == "report":
            found = call.store.tasks.distinct("project", {"type": ["report"]}, tags)
        else:
            found = call.store.projects.ids({"system_tags": [request.children_type]}, tags)
        also.append(_among(call.store.projects.with_ancestors(found)))
    return also


def _narrow(projects: list[dict[str, Any]], wanted: list[str]) -> None:
    """Of the statistics only these paths, where some are named."""
    for project, part in zip(projects, projection(projects, wanted), strict=True):
        project.update({name: part[name] for name in part if name != "id"})


def _add_stats(call: Call, request: GetAllEx, projects: list[dict[str, Any]]) -> None:
    stats = project_stats.Stats(
        call.store, [one["id"] for one in projects], request.stats_with_children is not False
    )
    parts: list[tuple[str, dict[str, Any]]] = []
    if request.include_stats:
        states = [request.stats_for_state] if request.stats_for_state else list(project_stats.STATES)
        tasks, special = stats.tasks(call.now, request.include_stats_filter or {}, states), stats.special()
        parts.append(("stats", {one["id"]: {**tasks[one["id"]], **special[one["id"]]} for one in projects}))
        parts.append(("sub_projects", stats.sub_projects()))
    if request.include_dataset_stats:
        parts.append(("dataset_stats", stats.datasets()))
    for name, values in parts:
        for project in projects:
            project[name] = values[project["id"]]
    _narrow(
        projects,
        [path for path in paths(request.only_fields) if path.startswith(("stats.", "dataset_stats."))],
    )
    if request.check_own_contents:
        own = stats.own_contents()
        for project in projects:
            project |= own[project["id"]]
