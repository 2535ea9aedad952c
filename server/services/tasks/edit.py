"""Changing what a task says of itself."""

from __future__ import annotations

from typing import Any

import orjson
from pydantic import ValidationError

from server.api import limits
from server.api.call import Call
from server.api.errors import BatchHasNoItems, BatchValidationError, InvalidTaskStatus, ValidationFailed
from server.api.registry import endpoint
from server.api.request import Nothing, Request
from server.domain import project_tree, public
from server.domain.tasks import recorded_arguments, task_fields, transitions
from server.services.tasks.create import Details, require_sense
from server.services.tasks.read import OfTask
from server.store.database import times

_NEVER_UNSET = ("name", "type")


class Edit(Details):
    task: str
    force: bool | None = False


@endpoint("tasks.edit", Edit)
def edit(call: Call, request: Edit) -> dict[str, Any]:
    """Set any of a draft's fields; of another task's with `force`."""
    with call.store.transaction():
        before = transitions.existing(call.store, request.task)
        require_editable(before, bool(request.force))
        return _apply(call, before, request.given(exclude={"task", "force"}))


class Update(Request):
    task: str
    name: str | None = None
    comment: str | None = None
    project: str | None = None
    tags: list[str] | None = None
    system_tags: list[str] | None = None
    created: str | None = None
    output__error: str | None = None


@endpoint("tasks.update", Update)
def update(call: Call, request: Update) -> dict[str, Any]:
    """Set what may change in any status: name, comment, project, tags."""
    with call.store.transaction():
        return _update(call, request)


def _update(call: Call, request: Update) -> dict[str, Any]:
    before = transitions.existing(call.store, request.task)
    public.require_private(call.store.tasks, request.task)
    fields = request.given(exclude={"task", "output__error", "created"})
    if request.output__error is not None:
        fields["output"] = {"error": request.output__error}
    if request.created is not None:
        fields["created"] = times.given(request.created, "created")
    return _apply(call, before, fields)


@endpoint("tasks.update_batch", Nothing, raw=True)
def update_batch(call: Call, request: Nothing) -> dict[str, Any]:
    """`tasks.update` for many: one JSON object a line. All of them or none."""
    lines = list(filter(bytes.strip, call.body.splitlines()))
    if not lines:
        raise BatchHasNoItems()
    updated = 0
    with call.store.transaction():
        for number, line in enumerate(lines, 1):
            try:
                fields = orjson.loads(line)
                limits.check(line, fields)
                one = Update.model_validate(fields)
            except (orjson.JSONDecodeError, ValidationError, ValidationFailed) as fault:
                raise BatchValidationError(f"line {number}: {fault}") from fault
            updated += _update(call, one)["updated"]
    return {"updated": updated}


def _apply(call: Call, before: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in given.items() if value is not None or name not in _NEVER_UNSET}
    if given.get("parent") != before.get("parent") or "name" in given:
        require_sense(call, given, before["id"])
    if given.get("project"):
        project_tree.existing(call.store, given["project"])
    fields = task_fields.normal(given, before)
    if not fields:
        return {"updated": 0, "fields": {}}
    stamps = transitions.changed_by(call.change())
    if before.get("status") == "created" and "hyperparams" in fields and "script" not in fields:
        stamps["script"] = recorded_arguments.without(before["script"], before["hyperparams"])
    return {"updated": call.store.tasks.update(before["id"], {**fields, **stamps}), "fields": fields}


def require_editable(task: dict[str, Any], force: bool, *statuses: str) -> None:
    """Raises: InvalidTaskStatus for what isn't a draft (or in one of `statuses`), unless forced."""
    expected = ("created", *statuses)
    if not force and task["status"] not in expected:
        raise InvalidTaskStatus(
            f"its status is {task['status']}, expected {' or '.join(expected)}; use force=true",
            task=task["id"],
        )


class SetRequirements(OfTask):
    requirements: dict[str, Any]


@endpoint("tasks.set_requirements", SetRequirements)
def set_requirements(call: Call, request: SetRequirements) -> dict[str, Any]:
    """The Python packages of the task's script."""
    with call.store.transaction():
        before = transitions.existing(call.store, request.task, ("script",))
        return _apply(call, before, {"script": {"requirements": request.requirements}})


class Ping(OfTask):
    pass


@endpoint("tasks.ping", Ping)
def ping(call: Call, request: Ping) -> dict[str, Any]:
    """The task's process lives."""
    with call.store.transaction():
        task = transitions.existing(call.store, request.task, ("status", "started"))
        fields: dict[str, Any] = {"last_update": times.text(call.now)}
        if task["status"] == "in_progress":
            fields["active_duration"] = transitions.seconds_since(task.get("started"), call.now)
        call.store.tasks.update(request.task, fields)
        call.store.runs.note(request.task, call.login)
    return {}


class EditRuntime(OfTask):
    runtime: dict[str, Any]
    force: bool | None = False


@endpoint("tasks.edit_runtime", EditRuntime)
def edit_runtime(call: Call, request: EditRuntime) -> dict[str, Any]:
    """Add runtime properties, or change those of the same name."""
    with call.store.transaction():
        before = transitions.existing(call.store, request.task, ("status", "runtime"))
        require_editable(before, bool(request.force), "in_progress")
        runtime = {**before["runtime"], **request.runtime}
        return {"updated": _apply(call, before, {"runtime": runtime})["updated"]}


class Move(Request):
    ids: list[str]
    project: str | None = None
    project_name: str | None = None


@endpoint("tasks.move", Move)
def move(call: Call, request: Move) -> dict[str, Any]:
    """Into another project, by its id or by its name (created when missing)."""
    with call.store.transaction():
        project = request.project
        if not project and request.project_name:
            project = project_tree.ensure(call.store, request.project_name, call.user, call.company, call.now)
        elif project:
            project_tree.existing(call.store, project)
        elif "project" not in request.model_fields_set:
            raise ValidationFailed("give `project` or `project_name`")
        for id in request.ids:
            transitions.existing(call.store, id, ("id",))
        call.store.tasks.move(request.ids, project)
    return {"project_id": project}
