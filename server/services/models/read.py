"""`models.get_*`: one model, models by filter, what frameworks they use."""

from __future__ import annotations

from pydantic import ConfigDict

from server.api.call import Call
from server.api.registry import endpoint
from server.api.request import Request
from server.domain import models, references


class OfModel(Request):
    model: str


@endpoint("models.get_by_id", OfModel, role="viewer")
def get_by_id(call: Call, request: OfModel) -> dict:
    """One model."""
    return {"model": models.existing(call.store, request.model)}


@endpoint("models.get_by_id_ex", OfModel, role="viewer")
def get_by_id_ex(call: Call, request: OfModel) -> dict:
    """One model, with the names of its project, task, user and parent."""
    return {"model": references.expanded(call.store, [models.existing(call.store, request.model)])[0]}


class GetByTaskId(Request):
    task: str


@endpoint("models.get_by_task_id", GetByTaskId, role="viewer")
def get_by_task_id(call: Call, request: GetByTaskId) -> dict:
    """The model that a task wrote last."""
    return {"model": models.of_task(call.store, request.task)}


class GetAll(Request):
    """Any field of a model may be a filter, so all keys are kept; the query language knows which count."""

    model_config = ConfigDict(extra="allow")

    include_stats: bool = False


@endpoint("models.get_all", GetAll, role="viewer")
def get_all(call: Call, request: GetAll) -> dict:
    """Models by filter."""
    found, scroll = call.store.models.page(request.given(), default_order="-last_update")
    return {"models": found} | ({"scroll_id": scroll} if scroll else {})


@endpoint("models.get_all_ex", GetAll, role="viewer")
def get_all_ex(call: Call, request: GetAll) -> dict:
    """Models by filter, with the names of what they refer to."""
    query = request.given()
    found, scroll = call.store.models.page(query, default_order="-last_update")
    listed = references.expanded(call.store, found)
    if request.include_stats:
        labels = {
            one["id"]: one.get("labels") or {}
            for one in call.store.models.find({"id": [m["id"] for m in found]})
        }
        for model in listed:
            model["stats"] = {"labels_count": len(labels.get(model["id"], {}))}
    return {"models": listed} | ({"scroll_id": scroll} if scroll else {})


class GetFrameworks(Request):
    projects: list[str] | None = None


@endpoint("models.get_frameworks", GetFrameworks, role="viewer")
def get_frameworks(call: Call, request: GetFrameworks) -> dict:
    """The frameworks that models (of these projects) name."""
    return {"frameworks": call.store.models.distinct("framework", {"project": request.projects})}
