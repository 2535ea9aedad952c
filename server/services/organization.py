"""`organization.*`: counts, tags and lists over everything there is."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timezone
from typing import Any, Literal

import orjson

from server.api.call import Call
from server.api.errors import ValidationFailed
from server.api.registry import Answer, endpoint
from server.api.request import Nothing, Query, Request, Seconds
from server.domain import entities, project_tree, table_export
from server.domain.users.users import COMPANY_NAME
from server.services.projects.contents import TagFilter, tags_of
from server.store.database import times


@endpoint("organization.get_tags", TagFilter, role="viewer")
def get_tags(call: Call, request: TagFilter) -> dict[str, Any]:
    """Tags of all tasks and models."""
    found = [tags_of(request, one) for one in (call.store.tasks, call.store.models)]
    return {kind: sorted({tag for one in found for tag in one[kind]}) for kind in found[0]}


@endpoint("organization.get_user_companies", Nothing, role="viewer")
def get_user_companies(call: Call, request: Nothing) -> dict[str, Any]:
    """The one company of an embedded server."""
    owners = [
        {"id": one["id"], "name": one["name"]} for one in call.store.users.all() if one["role"] == "admin"
    ]
    company = {
        "id": call.company,
        "name": COMPANY_NAME,
        "allocated": len(call.store.users.all()),
        "owners": owners,
    }
    return {"companies": [company]}


class GetEntitiesCount(Request):
    """Each of the entities takes a query as its `get_all` does; what isn't asked for isn't counted."""

    projects: dict[str, Any] | None = None
    tasks: dict[str, Any] | None = None
    models: dict[str, Any] | None = None
    pipelines: dict[str, Any] | None = None
    pipeline_runs: dict[str, Any] | None = None
    datasets: dict[str, Any] | None = None
    dataset_versions: dict[str, Any] | None = None
    reports: dict[str, Any] | None = None
    active_users: list[str] | None = None
    search_hidden: bool | None = False


@endpoint("organization.get_entities_count", GetEntitiesCount, role="viewer")
def get_entities_count(call: Call, request: GetEntitiesCount) -> dict[str, Any]:
    """How many projects, tasks, models … match their queries."""
    asked = request.given(exclude={"active_users", "search_hidden"})
    return {
        name: entities.count(call.store, name, query, request.active_users, bool(request.search_hidden))
        for name, query in asked.items()
        if query is not None
    }


class GetProjectUsages(Request):
    projects: list[str] | None = None
    include_subprojects: bool | None = True


@endpoint("organization.get_project_usages", GetProjectUsages, role="viewer")
def get_project_usages(call: Call, request: GetProjectUsages) -> dict[str, Any]:
    """What each project holds and how much room its files take, the largest first."""
    return {"usages": entities.usages(call.store, request.projects, request.include_subprojects is not False)}


class GetProjectWorkloads(Request):
    project: str | None = None
    projects: list[str] | None = None
    include_subprojects: bool | None = True
    from_date: Seconds = 0
    to_date: Seconds | None = None


@endpoint("organization.get_project_workloads", GetProjectWorkloads, role="viewer")
def get_project_workloads(call: Call, request: GetProjectWorkloads) -> dict[str, Any]:
    """Who ran how many tasks, and how long they ran, in some projects (or in all) between two times."""
    listed = request.projects or ([request.project] if request.project else None)
    within = (
        project_tree.scope(call.store, listed, request.include_subprojects is not False) if listed else None
    )
    end = call.now if request.to_date is None else datetime.fromtimestamp(request.to_date, timezone.utc)
    start = datetime.fromtimestamp(request.from_date, timezone.utc)
    found = call.store.contents.workloads(within, times.text(start), times.text(end))
    return {"workloads": [{"user": {"id": one.pop("user"), "name": one.pop("name")}, **one} for one in found]}


class PrepareDownload(Query):
    entity_type: Literal["project", "task", "model", "dataset", "pipeline", "report"] = "task"
    field_mappings: list[dict[str, Any]] | None = None


@endpoint("organization.prepare_download_for_get_all", PrepareDownload, role="viewer")
def prepare_download_for_get_all(call: Call, request: PrepareDownload) -> dict[str, Any]:
    """Check a query for a download. Its id holds the query itself, so nothing is kept and nothing expires."""
    query = request.given()
    columns = table_export.columns(request.field_mappings, request.only_fields)
    table_export.rows(call.store, request.entity_type, {**query, "page_size": 1}, columns)
    return {"prepare_id": base64.urlsafe_b64encode(orjson.dumps(query)).decode()}


class Download(Request):
    prepare_id: str | None = None


@endpoint("organization.download_for_get_all", Download, role="viewer")
def download_for_get_all(call: Call, request: Download) -> Answer:
    """What a prepared query finds, as a CSV file."""
    prepared = request.prepare_id or call.query.get("prepare_id") or ""
    try:
        query = PrepareDownload.model_validate(orjson.loads(base64.urlsafe_b64decode(prepared)))
    except (binascii.Error, ValueError) as fault:
        raise ValidationFailed("prepare_id is not one of prepare_download_for_get_all") from fault
    columns = table_export.columns(query.field_mappings, query.only_fields)
    text = table_export.csv_text(call.store, query.entity_type, query.given(), columns)
    name = f'attachment; filename="{query.entity_type}s.csv"'
    return Answer(text.encode("utf-8-sig"), "text/csv; charset=utf-8", (("Content-Disposition", name),))
