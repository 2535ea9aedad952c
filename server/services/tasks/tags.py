"""Tags of tasks: archiving, visibility, people's own."""

from __future__ import annotations

from typing import Any

from server.api.call import Call
from server.api.registry import endpoint
from server.api.request import Request
from server.domain import pipelines, public
from server.domain.tasks import queueing, transitions

ARCHIVED = "archived"


def set_archived(call: Call, task: str, archived: bool, request: Request | None = None) -> int:
    """Add or remove the tag. A waiting task leaves its queue with it. Returns: tasks changed."""
    reason = getattr(request, "status_reason", None)
    message = getattr(request, "status_message", None) or getattr(request, "message", None)
    found = transitions.existing(call.store, task, ("system_tags", "status"))
    if archived and found["status"] == "queued":
        queueing.dequeue(call.store, task, call.change(reason=reason, message=message))
    tags = [tag for tag in found["system_tags"] if tag != ARCHIVED]
    fields: dict[str, Any] = {"system_tags": [*tags, ARCHIVED] if archived else tags}
    if reason or message:
        fields |= {"status_reason": reason or "", "status_message": message or ""}
    return call.store.tasks.update(task, {**fields, **transitions.changed_by(call.change())})


class Archive(Request):
    tasks: list[str]
    status_reason: str | None = None
    status_message: str | None = None
    include_pipeline_steps: bool | None = False


@endpoint("tasks.archive", Archive)
def archive(call: Call, request: Archive) -> dict[str, Any]:
    """Put tasks out of sight."""
    with call.store.transaction():
        tasks = list(request.tasks)
        if request.include_pipeline_steps:
            tasks += [step for task in request.tasks for step in pipelines.steps(call.store, task)]
        return {"archived": sum(set_archived(call, task, True, request) for task in dict.fromkeys(tasks))}


class UpdateTags(Request):
    ids: list[str]
    add_tags: list[str] | None = None
    remove_tags: list[str] | None = None


@endpoint("tasks.update_tags", UpdateTags)
def update_tags(call: Call, request: UpdateTags) -> dict[str, Any]:
    """Add and remove tags of many tasks."""
    removed = set(request.remove_tags or [])
    with call.store.transaction():
        for id in request.ids:
            tags = transitions.existing(call.store, id, ("tags",))["tags"]
            changed = [tag for tag in dict.fromkeys([*tags, *(request.add_tags or [])]) if tag not in removed]
            call.store.tasks.update(id, {"tags": changed, **transitions.changed_by(call.change())})
    return {"updated": len(request.ids)}


class Visibility(Request):
    ids: list[str] | None = None


@endpoint("tasks.make_public", Visibility)
def make_public(call: Call, request: Visibility) -> dict[str, Any]:
    """Everybody's from now on, and protected: public tasks can't be changed."""
    return {"updated": _give(call, request.ids or [], public.EVERYBODY)}


@endpoint("tasks.make_private", Visibility)
def make_private(call: Call, request: Visibility) -> dict[str, Any]:
    """Undo `make_public`."""
    return {"updated": _give(call, request.ids or [], call.company)}


def _give(call: Call, ids: list[str], company: str) -> int:
    with call.store.transaction():
        for id in ids:
            transitions.existing(call.store, id, ("id",))
        return sum(call.store.tasks.update(id, {"company": company}) for id in dict.fromkeys(ids))
