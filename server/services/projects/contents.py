"""What occurs in projects: parameters, metrics, tags, parents, people."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from server.api.call import Call
from server.api.registry import endpoint
from server.api.request import Request
from server.domain import project_tree
from server.store.database.patterns import checked
from server.store.documents.documents import Collection


class Paged(Request):
    page: int = Field(0, ge=0)
    page_size: int = Field(500, ge=1, le=10_000)
    include_subprojects: bool | None = True

    @property
    def start(self) -> int:
        return self.page * self.page_size

    def part(self, total: int) -> dict[str, Any]:
        return {"total": total, "remaining": max(0, total - self.start - self.page_size)}


class OfProjects(Paged):
    projects: list[str] | None = None


class OfProject(Paged):
    project: str | None = None

    @property
    def projects(self) -> list[str] | None:
        return [self.project] if self.project and self.project != "*" else None


def within(call: Call, request: OfProjects | OfProject) -> list[str] | None:
    """The projects meant, None for all."""
    listed = request.projects
    return (
        project_tree.scope(call.store, listed, request.include_subprojects is not False) if listed else None
    )


@endpoint("projects.get_hyper_parameters", OfProject, role="viewer")
def get_hyper_parameters(call: Call, request: OfProject) -> dict[str, Any]:
    """Sections and names of hyperparameters."""
    found, total = call.store.contents.hyper_parameters(
        within(call, request), request.start, request.page_size
    )
    return {"parameters": found, **request.part(total)}


class GetHyperparamValues(OfProjects):
    section: str
    name: str
    pattern: str | None = None
    """Only values that this regular expression finds."""
    allow_public: bool | None = True


@endpoint("projects.get_hyperparam_values", GetHyperparamValues, role="viewer")
def get_hyperparam_values(call: Call, request: GetHyperparamValues) -> dict[str, Any]:
    """The values that a hyperparameter has had."""
    values, total = call.store.contents.hyperparam_values(
        within(call, request),
        request.section,
        request.name,
        request.start,
        request.page_size,
        pattern=checked(request.pattern or ""),
        public=request.allow_public is not False,
    )
    return {"values": values, "total": total}


class GetUniqueMetricVariants(OfProject):
    model_metrics: bool | None = False
    ids: list[str] | None = None


@endpoint("projects.get_unique_metric_variants", GetUniqueMetricVariants, role="viewer")
def get_unique_metric_variants(call: Call, request: GetUniqueMetricVariants) -> dict[str, Any]:
    """The scalars that were reported."""
    table = "models" if request.model_metrics else "tasks"
    return {"metrics": call.store.contents.metric_variants(within(call, request), table, request.ids or None)}


class GetTaskParents(OfProjects):
    tasks_state: Literal["active", "archived"] | None = "active"
    task_name: str | None = None


@endpoint("projects.get_task_parents", GetTaskParents, role="viewer")
def get_task_parents(call: Call, request: GetTaskParents) -> dict[str, Any]:
    """The tasks that others have as their parent."""
    archived = None if request.tasks_state is None else request.tasks_state == "archived"
    name = checked(request.task_name or "")
    found = call.store.contents.task_parents(within(call, request), archived, name)
    return {
        "parents": [
            {
                "id": one["id"],
                "name": one["name"],
                "project": {"id": one["project"], "name": one["project_name"]} if one["project"] else {},
            }
            for one in found
        ]
    }


class GetUserNames(OfProjects):
    entity: Literal["task", "model"] | None = "task"


@endpoint("projects.get_user_names", GetUserNames, role="viewer")
def get_user_names(call: Call, request: GetUserNames) -> dict[str, Any]:
    """Who made something there."""
    table = "models" if request.entity == "model" else "tasks"
    return {"users": call.store.contents.user_names(within(call, request), table)}


@endpoint("projects.get_model_metadata_keys", OfProject, role="viewer")
def get_model_metadata_keys(call: Call, request: OfProject) -> dict[str, Any]:
    """Keys that models have metadata under."""
    keys, total = call.store.contents.metadata_keys(within(call, request), request.start, request.page_size)
    return {"keys": keys, **request.part(total)}


class GetModelMetadataValues(OfProjects):
    key: str
    allow_public: bool | None = True


@endpoint("projects.get_model_metadata_values", GetModelMetadataValues, role="viewer")
def get_model_metadata_values(call: Call, request: GetModelMetadataValues) -> dict[str, Any]:
    """The values that models have under a key."""
    values, total = call.store.contents.metadata_values(
        within(call, request),
        request.key,
        request.start,
        request.page_size,
        request.allow_public is not False,
    )
    return {"values": values, "total": total}


class TagFilter(Request):
    include_system: bool | None = False
    filter: dict[str, Any] | None = None


class GetTags(TagFilter):
    projects: list[str] | None = None


@endpoint("projects.get_task_tags", GetTags, role="viewer")
def get_task_tags(call: Call, request: GetTags) -> dict[str, Any]:
    """Tags of tasks."""
    return tags_of(request, call.store.tasks, {"project": request.projects}, {"type": ["-report"]})


@endpoint("projects.get_model_tags", GetTags, role="viewer")
def get_model_tags(call: Call, request: GetTags) -> dict[str, Any]:
    """Tags of models."""
    return tags_of(request, call.store.models, {"project": request.projects})


@endpoint("projects.get_project_tags", GetTags, role="viewer")
def get_project_tags(call: Call, request: GetTags) -> dict[str, Any]:
    """Tags of projects, of those below some, or of all."""
    return tags_of(request, call.store.projects, {"id": project_tree.scope(call.store, request.projects)})


def tags_of(request: TagFilter, collection: Collection, *queries: dict[str, Any]) -> dict[str, Any]:
    """The tags in a collection, and the system's own where asked for."""
    filters = {name: (request.filter or {}).get(name) for name in ("tags", "system_tags")}
    answer = {"tags": collection.distinct("tags", *queries, filters)}
    if request.include_system:
        answer["system_tags"] = collection.distinct("system_tags", *queries, filters)
    return answer
