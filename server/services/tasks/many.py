"""The `*_many` forms: each task by itself, so that one's error doesn't hold up the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from server.api.call import Call
from server.api.errors import ApiError
from server.api.registry import endpoint
from server.api.request import Request
from server.domain import pipelines, public
from server.services.tasks import delete, queue, status, tags
from server.store.documents.documents import Collection


class Ids(Request):
    ids: list[str]
    status_reason: str | None = None
    status_message: str | None = None
    force: bool | None = False
    include_pipeline_steps: bool | None = False
    """A pipeline's controller stands for its steps as well."""

    def one(self, id: str, **more: object) -> dict[str, Any]:
        """The body of the same call for one task."""
        return {**self.given(exclude={"ids"}), "task": id, **more}


def each(of: Collection, ids: Iterable[str], do: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """`{"succeeded": [{"id", …}], "failed": [{"id", "error"}]}`."""
    succeeded, failed = [], []
    for id in ids:
        try:
            public.require_private(of, id)
            succeeded.append({"id": id, **do(id)})
        except ApiError as fault:
            error = {"codes": [fault.code, fault.subcode], "msg": fault.message, "data": fault.data}
            failed.append({"id": id, "error": error})
    return {"succeeded": succeeded, "failed": failed}


def each_task(call: Call, request: Ids, do: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """As `each`; where the request says so, a controller's steps go the same way. Those that can't are left."""
    steps = {id: pipelines.steps(call.store, id) for id in request.ids if request.include_pipeline_steps}
    answer = each(call.store.tasks, request.ids, do)
    for controller in answer["succeeded"]:
        each(call.store.tasks, steps.get(controller["id"], []), do)
    return answer


@endpoint("tasks.archive_many", Ids)
def archive_many(call: Call, request: Ids) -> dict[str, Any]:
    """Put tasks out of sight."""

    def one(id: str) -> dict[str, Any]:
        with call.store.transaction():
            return {"archived": bool(tags.set_archived(call, id, True, request))}

    return each_task(call, request, one)


@endpoint("tasks.unarchive_many", Ids)
def unarchive_many(call: Call, request: Ids) -> dict[str, Any]:
    """Bring archived tasks back."""

    def one(id: str) -> dict[str, Any]:
        with call.store.transaction():
            return {"unarchived": bool(tags.set_archived(call, id, False, request))}

    return each_task(call, request, one)


class DeleteMany(Ids, delete.Cleaning):
    move_to_trash: bool | None = False


@endpoint("tasks.delete_many", DeleteMany)
def delete_many(call: Call, request: DeleteMany) -> dict[str, Any]:
    """Delete tasks."""
    return each_task(call, request, lambda id: delete.drop(call, delete.Delete(**request.one(id))))


class ResetMany(Ids, delete.Cleaning):
    clear_all: bool | None = False


@endpoint("tasks.reset_many", ResetMany)
def reset_many(call: Call, request: ResetMany) -> dict[str, Any]:
    """Make tasks drafts again."""

    def one(id: str) -> dict[str, Any]:
        answer = delete.redraft(call, delete.Reset(**request.one(id)))
        return {**answer, "dequeued": bool(answer["dequeued"]["removed"])}

    return each_task(call, request, one)


@endpoint("tasks.stop_many", Ids)
def stop_many(call: Call, request: Ids) -> dict[str, Any]:
    """Stop tasks."""
    return each_task(
        call,
        request,
        lambda id: status.stop(call, status.OfSteps(**request.one(id, include_pipeline_steps=False))),
    )


class PublishMany(Ids):
    publish_model: bool | None = True


@endpoint("tasks.publish_many", PublishMany)
def publish_many(call: Call, request: PublishMany) -> dict[str, Any]:
    """Publish tasks."""
    return each_task(call, request, lambda id: status.publish(call, status.Publish(**request.one(id))))


class EnqueueMany(Ids, queue.Target):
    validate_tasks: bool | None = False


@endpoint("tasks.enqueue_many", EnqueueMany)
def enqueue_many(call: Call, request: EnqueueMany) -> dict[str, Any]:
    """Let agents run tasks. With `validate_tasks`, one without code is refused as well."""
    with call.store.transaction():
        chosen = queue.target(call, request)

    def one(id: str) -> dict[str, Any]:
        queue.check(call, request, id, complete=bool(request.validate_tasks))
        with call.store.transaction():
            fields = queue.put(call, status.Transition(**request.one(id)), chosen)
        return {"queued": True, "updated": 1, "fields": fields, **queue.said(call, id, chosen)}

    return {**each_task(call, request, one), **queue.is_watched(call, request, chosen)}


class DequeueMany(Ids):
    new_status: str | None = None
    remove_from_all_queues: bool | None = None


@endpoint("tasks.dequeue_many", DequeueMany)
def dequeue_many(call: Call, request: DequeueMany) -> dict[str, Any]:
    """Take tasks out of their queues."""

    def one(id: str) -> dict[str, Any]:
        answer = queue.dequeue(call, queue.Dequeue(**request.one(id)))
        return {**answer, "dequeued": bool(answer["dequeued"])}

    return each_task(call, request, one)
