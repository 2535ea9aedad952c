"""Reading tasks: by id, by query, and what types of them there are."""

from __future__ import annotations

from typing import Any

from server.api import left_out
from server.api.call import Call
from server.api.errors import NotSupported
from server.api.registry import endpoint
from server.api.request import Query, Request
from server.domain import entities, project_tree, references
from server.domain.tasks import legacy_fields, lost, transitions

_NO_REPORTS = {"type": ["-report"]}


class OfTask(Request):
    task: str


@endpoint("tasks.get_by_id", OfTask, role="viewer")
def get_by_id(call: Call, request: OfTask) -> dict[str, Any]:
    """One task, whole."""
    task = transitions.existing(call.store, request.task)
    legacy_fields.shown([task], call.version)
    lost.shown(call.store, call.login, [task])
    return {"task": task}


class GetByIdEx(Query):
    id: list[str] | str


@endpoint("tasks.get_by_id_ex", GetByIdEx, role="viewer")
def get_by_id_ex(call: Call, request: GetByIdEx) -> dict[str, Any]:
    """Tasks by their ids, with what they refer to by name."""
    ids = [request.id] if isinstance(request.id, str) else request.id
    return {"tasks": references.by_ids(call.store, call.store.tasks, ids, request.only_fields)}


@endpoint("tasks.get_all", Query, role="viewer")
def get_all(call: Call, request: Query) -> dict[str, Any]:
    """Tasks by filter."""
    tasks, scroll = call.store.tasks.page(_filters(call, request), *_visible(request))
    legacy_fields.shown(tasks, call.version)
    lost.shown(call.store, call.login, tasks)
    return {"tasks": tasks, **({"scroll_id": scroll} if scroll else {})}


@endpoint("tasks.get_all_ex", Query, role="viewer")
def get_all_ex(call: Call, request: Query) -> dict[str, Any]:
    """Tasks by filter, with what they refer to by name."""
    query = _filters(call, request)
    tasks, scroll = references.find(call.store, call.store.tasks, query, *_visible(request))
    legacy_fields.shown(tasks, call.version)
    lost.shown(call.store, call.login, tasks)
    return {"tasks": tasks, **({"scroll_id": scroll} if scroll else {})}


def _filters(call: Call, request: Query) -> dict[str, Any]:
    asked = request.filters()
    if any(key.startswith("input.") and value for key, value in asked.items()):
        raise NotSupported(f"input: {left_out.reason('dataviews.*')}")
    return entities.with_subprojects(call.store, legacy_fields.asked(asked))


def _visible(request: Query) -> list[dict[str, Any]]:
    """Hidden tasks and reports are found only by those who ask for them."""
    asked = request.filters()
    if asked.get("id"):
        return []
    also: list[dict[str, Any]] = [] if request.search_hidden else [{"system_tags": ["-hidden"]}]
    return also if asked.get("type") else [*also, _NO_REPORTS]


class GetTypes(Request):
    projects: list[str] | None = None


@endpoint("tasks.get_types", GetTypes, role="viewer")
def get_types(call: Call, request: GetTypes) -> dict[str, Any]:
    """The types of the tasks in some projects, or in all."""
    projects = project_tree.scope(call.store, request.projects)
    return {"types": call.store.tasks.distinct("type", {"project": projects}, _NO_REPORTS)}
