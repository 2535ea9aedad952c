"""`models.get_*`: one model, models by filter, what frameworks they use."""

from __future__ import annotations

from typing import Any

from server.api.call import Call
from server.api.registry import endpoint
from server.api.request import Query, Request
from server.domain import project_tree, references
from server.domain.tasks import models


class OfModel(Request):
    model: str


@endpoint("models.get_by_id", OfModel, role="viewer")
def get_by_id(call: Call, request: OfModel) -> dict[str, Any]:
    """One model."""
    return {"model": models.existing(call.store, request.model)}


class GetByIdEx(Query):
    id: list[str] | str


@endpoint("models.get_by_id_ex", GetByIdEx, role="viewer")
def get_by_id_ex(call: Call, request: GetByIdEx) -> dict[str, Any]:
    """Models by their ids, with the names of their project, task, user and parent."""
    ids = [request.id] if isinstance(request.id, str) else request.id
    return {"models": references.by_ids(call.store, call.store.models, ids, request.only_fields)}


class GetByTaskId(Request):
    task: str


@endpoint("models.get_by_task_id", GetByTaskId, role="viewer")
def get_by_task_id(call: Call, request: GetByTaskId) -> dict[str, Any]:
    """The model that a task wrote last."""
    return {"model": models.of_task(call.store, request.task)}


class GetAll(Query):
    include_stats: bool = False


@endpoint("models.get_all", GetAll, role="viewer")
def get_all(call: Call, request: GetAll) -> dict[str, Any]:
    """Models by filter."""
    found, scroll = call.store.models.page(_filters(call, request), default_order="-last_update")
    _add_stats(call, request, found)
    return {"models": found, **({"scroll_id": scroll} if scroll else {})}


@endpoint("models.get_all_ex", GetAll, role="viewer")
def get_all_ex(call: Call, request: GetAll) -> dict[str, Any]:
    """Models by filter, with the names of what they refer to."""
    query = _filters(call, request)
    found, scroll = references.find(call.store, call.store.models, query, default_order="-last_update")
    _add_stats(call, request, found)
    return {"models": found, **({"scroll_id": scroll} if scroll else {})}


def _add_stats(call: Call, request: GetAll, found: list[dict[str, Any]]) -> None:
    if request.include_stats:
        labels = call.store.models.label_counts([model["id"] for model in found])
        for model in found:
            model["stats"] = {"labels_count": labels.get(model["id"], 0)}


def _filters(call: Call, request: GetAll) -> dict[str, Any]:
    query = request.filters()
    projects = query.get("project")
    if projects and request.include_subprojects:
        listed = [projects] if isinstance(projects, str) else projects
        query["project"] = project_tree.scope(call.store, listed)
    return query


class GetFrameworks(Request):
    projects: list[str] | None = None


@endpoint("models.get_frameworks", GetFrameworks, role="viewer")
def get_frameworks(call: Call, request: GetFrameworks) -> dict[str, Any]:
    """The frameworks that models (of these projects) name."""
    return {"frameworks": call.store.models.distinct("framework", {"project": request.projects})}
