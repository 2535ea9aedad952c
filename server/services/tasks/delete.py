"""Deleting and resetting: `domain.deletion` says what goes."""

from __future__ import annotations

from server.api.call import Call
from server.api.registry import endpoint
from server.api.request import Request
from server.domain import deletion
from server.services.tasks.status import Transition


class Cleaning(Request):
    """What goes with it."""

    delete_output_models: bool | None = True
    return_file_urls: bool | None = False
    delete_external_artifacts: bool | None = True


class Delete(Transition, Cleaning):
    move_to_trash: bool | None = False


@endpoint("tasks.delete", Delete)
def delete(call: Call, request: Delete) -> dict:
    """Delete a task with its events, its own models and its files on this server."""
    return drop(call, request)


def drop(call: Call, request: Delete) -> dict:
    with call.store.transaction():
        removed = deletion.delete(
            call.store,
            request.task,
            force=bool(request.force),
            delete_output_models=request.delete_output_models is not False,
        )
    _free(call, request, request.task, removed)
    return {
        "deleted": True,
        "deleted_models": removed.deleted_models,
        "updated_models": removed.updated_models,
        "updated_children": removed.updated_children,
        "events": {"deleted": removed.events},
        **({"urls": removed.urls} if request.return_file_urls else {}),
    }


class Reset(Transition, Cleaning):
    clear_all: bool | None = False


@endpoint("tasks.reset", Reset)
def reset(call: Call, request: Reset) -> dict:
    """Make it a draft again; what its runs produced is dropped."""
    return redraft(call, request)


def redraft(call: Call, request: Reset) -> dict:
    with call.store.transaction():
        removed = deletion.reset(
            call.store,
            request.task,
            call.user,
            call.now,
            force=bool(request.force),
            clear_all=bool(request.clear_all),
            delete_output_models=request.delete_output_models is not False,
            reason=request.status_reason,
            message=request.status_message,
        )
    _free(call, request, request.task, removed)
    return {
        "updated": 1,
        "fields": removed.fields,
        "deleted_models": removed.deleted_models,
        "dequeued": {"removed": removed.dequeued},
        "events": {"deleted": removed.events},
        **({"urls": removed.urls} if request.return_file_urls else {}),
    }


def _free(call: Call, request: Cleaning, task: str, removed: deletion.Removed) -> None:
    """Only once the database has forgotten them: a file too many is better than one too few."""
    if request.delete_external_artifacts is not False:
        call.store.files.delete_of_task(task, keep=removed.kept_urls)
