"""Making tasks: from scratch, or as the clone of another."""

from __future__ import annotations

from typing import Any

from server.api.call import Call
from server.api.errors import InvalidTaskId, ValidationFailed
from server.api.registry import endpoint
from server.api.request import Request
from server.domain import project_tree
from server.domain.tasks import cloning, task_fields, transitions


class Details(Request):
    """What a task can be told when it is made or edited."""

    name: str | None = None
    type: str | None = None
    comment: str | None = None
    parent: str | None = None
    project: str | None = None
    output_dest: str | None = None
    tags: list[str] | None = None
    system_tags: list[str] | None = None
    script: dict[str, Any] | None = None
    execution: dict[str, Any] | None = None
    container: dict[str, str | None] | None = None
    hyperparams: dict[str, Any] | None = None
    configuration: dict[str, Any] | None = None
    models: dict[str, Any] | None = None
    runtime: dict[str, Any] | None = None
    input: dict[str, Any] | None = None
    """What hyper-datasets a task looks at: nothing, here."""


class Create(Details):
    name: str
    type: str


@endpoint("tasks.create", Create)
def create(call: Call, request: Create) -> dict[str, Any]:
    """A new draft."""
    with call.store.transaction():
        document = _document(call, request)
        return {"id": call.store.tasks.insert(document)}


@endpoint("tasks.validate", Create)
def validate(call: Call, request: Create) -> dict[str, Any]:
    """Whether `tasks.create` would accept this; nothing is kept."""
    _document(call, request)
    return {}


def require_sense(call: Call, fields: dict[str, Any], task: str = "") -> None:
    """Raises: ValidationFailed for an empty name, or a parent that is the task itself. InvalidTaskId: it has none."""
    if fields.get("name") is not None and not fields["name"].strip():
        raise ValidationFailed("a task needs a name")
    parent = fields.get("parent")
    if parent and parent == task:
        raise ValidationFailed("a task can't be its own parent")
    if parent and not call.store.tasks.exists(parent):
        raise InvalidTaskId("the parent doesn't exist", id=parent)


def _document(call: Call, request: Create) -> dict[str, Any]:
    require_sense(call, request.given())
    return task_fields.document(call.store, request.given(), call.user, call.company, call.now)


class Clone(Request):
    task: str
    new_task_name: str | None = None
    new_task_comment: str | None = None
    new_task_tags: list[str] | None = None
    new_task_system_tags: list[str] | None = None
    new_task_parent: str | None = None
    new_task_project: str | None = None
    new_project_name: str | None = None
    new_task_hyperparams: dict[str, Any] | None = None
    new_task_configuration: dict[str, Any] | None = None
    new_task_container: dict[str, str | None] | None = None
    new_task_input_models: list[dict[str, Any]] | None = None
    execution_overrides: dict[str, Any] | None = None
    validate_references: bool | None = False
    """Whether what the template names must still be there: its parent, project and models."""


@endpoint("tasks.clone", Clone)
def clone(call: Call, request: Clone) -> dict[str, Any]:
    """A draft with another task's code and parameters."""
    changes = {
        name.removeprefix("new_task_"): value
        for name, value in request.given(exclude={"task", "new_project_name", "validate_references"}).items()
        if value is not None
    }
    models = changes.pop("input_models", None)
    if models is not None:
        changes["models"] = {"input": models, "output": []}
    changes["execution"] = changes.pop("execution_overrides", None)
    with call.store.transaction():
        template = transitions.existing(call.store, request.task)
        if request.validate_references:
            cloning.require_references(call.store, template, changes)
        made = _new_project(call, request)
        if made:
            changes["project"] = made["id"]
        require_sense(call, changes)
        id = cloning.clone(call.store, template, changes, call.user, call.company, call.now)
    return {"id": id, **({"new_project": made} if made else {})}


def _new_project(call: Call, request: Clone) -> dict[str, Any] | None:
    if not request.new_project_name or request.new_task_project:
        return None
    id = project_tree.ensure(call.store, request.new_project_name, call.user, call.company, call.now)
    return {"id": id, "name": request.new_project_name}
