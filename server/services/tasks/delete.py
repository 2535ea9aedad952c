"""Deleting and resetting: `domain.deletion` says what goes."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from server.api.call import Call
from server.api.errors import InvalidTaskId, TaskCannotBeDeleted
from server.api.registry import endpoint
from server.api.request import Request
from server.domain import files, pipelines
from server.domain.tasks import deletion
from server.services.tasks.status import Transition


class Cleaning(Request):
    """What goes with it."""

    delete_output_models: bool | None = True
    return_file_urls: bool | None = False
    delete_external_artifacts: bool | None = True


class Delete(Transition, Cleaning):
    move_to_trash: bool | None = False
    include_pipeline_steps: bool | None = False
    """A pipeline's controller stands for its steps as well."""


@endpoint("tasks.delete", Delete)
def delete(call: Call, request: Delete) -> dict[str, Any]:
    """Delete a task with its events, its own models and its files on this server."""
    steps = pipelines.steps(call.store, request.task) if request.include_pipeline_steps else []
    answer = drop(call, request)
    for step in steps:
        with suppress(
            TaskCannotBeDeleted, InvalidTaskId
        ):  # one that runs or is published stays, one may have gone
            drop(call, request.model_copy(update={"task": step}))
    return answer


def drop(call: Call, request: Delete) -> dict[str, Any]:
    with call.store.transaction():
        removed = deletion.delete(
            call.store,
            request.task,
            force=bool(request.force),
            delete_output_models=request.delete_output_models is not False,
            free_files=request.delete_external_artifacts is not False,
        )
    return {
        "deleted": True,
        "deleted_models": removed.deleted_models,
        "updated_models": removed.updated_models,
        "updated_children": removed.updated_children,
        "events": {"deleted": removed.events},
        **({"urls": removed.urls} if request.return_file_urls else {}),
    }


class ValidateDelete(Request):
    ids: list[str]
    include_pipeline_steps: bool | None = False


@endpoint("tasks.validate_delete", ValidateDelete, role="viewer")
def validate_delete(call: Call, request: ValidateDelete) -> dict[str, Any]:
    """What deleting these tasks would do: models and files that go, files that stay, who would lose some."""
    return files.before_deletion(call.store, _with_steps(call, request))


@endpoint("tasks.validate_reset", ValidateDelete, role="viewer")
def validate_reset(call: Call, request: ValidateDelete) -> dict[str, Any]:
    """The same of a reset."""
    return files.before_deletion(call.store, _with_steps(call, request), reset=True)


def _with_steps(call: Call, request: ValidateDelete) -> list[str]:
    steps = pipelines.steps if request.include_pipeline_steps else lambda *_: []
    return list(dict.fromkeys(one for id in request.ids for one in (id, *steps(call.store, id))))


class Reset(Transition, Cleaning):
    clear_all: bool | None = False


@endpoint("tasks.reset", Reset)
def reset(call: Call, request: Reset) -> dict[str, Any]:
    """Make it a draft again; what its runs produced is dropped."""
    return redraft(call, request)


def redraft(call: Call, request: Reset) -> dict[str, Any]:
    with call.store.transaction():
        removed = deletion.reset(
            call.store,
            request.task,
            request.by(call),
            clear_all=bool(request.clear_all),
            delete_output_models=request.delete_output_models is not False,
            free_files=request.delete_external_artifacts is not False,
        )
    return {
        "updated": 1,
        "fields": removed.fields,
        "deleted_models": removed.deleted_models,
        "dequeued": {"removed": removed.dequeued},
        "events": {"deleted": removed.events},
        **({"urls": removed.urls} if request.return_file_urls else {}),
    }
