"""`reports.*`: Markdown pages that show what tasks have reported."""

from __future__ import annotations

from typing import Any

from server.api import left_out
from server.api.call import Call
from server.api.errors import NotSupported, ValidationFailed
from server.api.registry import endpoint
from server.api.request import Nothing, Query, Request
from server.domain import project_tree, references, reports
from server.domain.tasks import publishing, task_fields, transitions
from server.services.events import plots, samples, scalars
from server.services.projects.contents import TagFilter, tags_of
from server.services.tasks import delete as deleting
from server.services.tasks import tags
from server.services.tasks.read import OfTask

_REPORTS = {"type": [reports.TYPE]}


class Details(Request):
    name: str | None = None
    comment: str | None = None
    tags: list[str] | None = None
    report: str | None = None
    report_assets: list[str] | None = None


class Create(Details):
    name: str
    project: str | None = None


@endpoint("reports.create", Create)
def create(call: Call, request: Create) -> dict[str, Any]:
    """A new report."""
    with call.store.transaction():
        id, project = reports.create(call.store, request.given(), call.user, call.company, call.now)
    return {"id": id, "project_id": project}


class Update(Details, OfTask):
    pass


@endpoint("reports.update", Update)
def update(call: Call, request: Update) -> dict[str, Any]:
    """Change a report that isn't published."""
    fields = task_fields.normal(request.given(exclude={"task"}))
    with call.store.transaction():
        reports.draft(call.store, request.task)
        stamps = transitions.changed_by(call.change())
        updated = call.store.tasks.update(request.task, {**fields, **stamps}) if fields else 0
    return {"updated": updated, "fields": fields}


@endpoint("reports.get_all_ex", Query, role="viewer")
def get_all_ex(call: Call, request: Query) -> dict[str, Any]:
    """Reports by filter, with what they refer to by name. A project stands for everything below it."""
    query = request.filters()
    if query.get("project"):
        query["project"] = project_tree.scope(call.store, query["project"])
    found, scroll = references.find(
        call.store, call.store.tasks, query, _REPORTS, default_order="-last_update"
    )
    return {"tasks": found, **({"scroll_id": scroll} if scroll else {})}


@endpoint("reports.get_tags", TagFilter, role="viewer")
def get_tags(call: Call, request: TagFilter) -> dict[str, Any]:
    """Tags of reports."""
    return tags_of(request, call.store.tasks, _REPORTS)


class Move(OfTask):
    project: str | None = None
    project_name: str | None = None


@endpoint("reports.move", Move)
def move(call: Call, request: Move) -> dict[str, Any]:
    """To the reports of another project, by its id or its name (created when missing)."""
    if not request.project and not request.project_name and "project" not in request.model_fields_set:
        raise ValidationFailed("give `project` or `project_name`")
    with call.store.transaction():
        before = reports.existing(call.store, request.task)
        project = request.project
        if not project and request.project_name:
            project = project_tree.ensure(call.store, request.project_name, call.user, call.company, call.now)
        target = reports.folder(call.store, project, call.user, call.company, call.now)
        call.store.tasks.move([request.task], target)
        reports.drop_empty_folder(call.store, before.get("project"))
    return {"project_id": target}


class Comment(OfTask):
    message: str | None = None


@endpoint("reports.publish", Comment)
def publish_report(call: Call, request: Comment) -> dict[str, Any]:
    """Make a report final."""
    with call.store.transaction():
        reports.draft(call.store, request.task)
        fields = publishing.publish(
            call.store, request.task, call.change(True, message=request.message), models=False
        )
    return {"updated": 1, "fields": fields}


@endpoint("reports.archive", Comment)
def archive(call: Call, request: Comment) -> dict[str, Any]:
    """Put a report out of sight."""
    with call.store.transaction():
        reports.existing(call.store, request.task)
        return {"archived": tags.set_archived(call, request.task, True, request)}


@endpoint("reports.unarchive", Comment)
def unarchive(call: Call, request: Comment) -> dict[str, Any]:
    """Bring an archived report back."""
    with call.store.transaction():
        reports.existing(call.store, request.task)
        return {"unarchived": tags.set_archived(call, request.task, False, request)}


class Delete(OfTask):
    force: bool | None = False


@endpoint("reports.delete", Delete)
def delete(call: Call, request: Delete) -> dict[str, Any]:
    """Delete a report; a published one only with `force`."""
    before = reports.existing(call.store, request.task)
    deleting.drop(call, deleting.Delete(task=request.task, force=request.force))
    with call.store.transaction():
        reports.drop_empty_folder(call.store, before.get("project"))
    return {"deleted": True}


@endpoint("reports.share", Nothing)
def share(call: Call, request: Nothing) -> dict[str, Any]:
    """Not offered: a link without signing in would need a public address."""
    raise NotSupported(left_out.LEFT_OUT[call.endpoint])


class Histogram(Request):
    key: scalars.Key | None = None
    samples: int | None = None
    metrics: list[scalars.MetricVariants] | None = None


class Selection(Request):
    iters: int | None = None
    metrics: list[scalars.MetricVariants] | None = None


class GetTaskData(Query):
    model_events: bool | None = False
    plots: Selection | None = None
    debug_images: Selection | None = None
    scalar_metrics_iter_histogram: Histogram | None = None
    single_value_metrics: dict[str, Any] | None = None


_PARTS = {"plots", "debug_images", "scalar_metrics_iter_histogram", "single_value_metrics", "model_events"}


@endpoint("reports.get_task_data", GetTaskData, role="viewer")
def get_task_data(call: Call, request: GetTaskData) -> dict[str, Any]:
    """The tasks (or models) that match a query, and what they have reported: each part that is asked for."""
    models = bool(request.model_events)
    collection = call.store.models if models else call.store.tasks
    query = {key: value for key, value in request.given().items() if key not in _PARTS}
    found = references.find(call.store, collection, query)[0]
    ids = [one["id"] for one in found]
    shared: dict[str, Any] = {"tasks": ids, "model_events": models}
    answer: dict[str, Any] = {"models" if models else "tasks": found}
    if request.scalar_metrics_iter_histogram is not None:
        curves = scalars.MultiTaskHistogram(**shared, **request.scalar_metrics_iter_histogram.given())
        answer["scalar_metrics_iter_histogram"] = scalars.side_by_side(call, curves) if ids else {}
    if request.plots is not None:
        wanted = plots.MultiTaskPlots(**shared, **request.plots.given(), no_scroll=True)
        answer["plots"] = plots.get_multi_task_plots(call, wanted)["plots"] if ids else {}
    if request.debug_images is not None:
        answer["debug_images"] = _debug_images(call, request.debug_images, ids, models)
    if request.single_value_metrics is not None:
        single = scalars.OfTasks(**shared)
        answer["single_value_metrics"] = (
            scalars.get_task_single_value_metrics(call, single) if ids else {"tasks": []}
        )
    return answer


def _debug_images(call: Call, selection: Selection, ids: list[str], models: bool) -> list[dict[str, Any]]:
    wanted = [
        samples.TaskMetric(task=id, metric=one.metric, variants=one.variants)
        for id in ids
        for one in selection.metrics or [scalars.MetricVariants()]
    ]
    if not wanted:
        return []
    request = samples.ByIteration(metrics=wanted, iters=selection.iters, model_events=models)
    return samples.debug_images(call, request)["metrics"]
