"""Into queues and out of them."""

from __future__ import annotations

from typing import Any

from server.api.call import Call
from server.api.registry import endpoint
from server.api.request import Request
from server.domain.tasks import queueing, runnable
from server.services.tasks.status import Transition


class Target(Request):
    """Which queue: by id, by name (created when missing), or the default one."""

    queue: str | None = None
    queue_name: str | None = None
    verify_watched_queue: bool | None = False


class Enqueue(Transition, Target):
    pass


@endpoint("tasks.enqueue", Enqueue)
def enqueue(call: Call, request: Enqueue) -> dict[str, Any]:
    """Let an agent run it. One that no agent can run is refused, unless it is forced; `note` says when no worker would
    run it in what it has recorded."""
    check(call, request, request.task)
    with call.store.transaction():
        queue = target(call, request)
        fields = put(call, request, queue)
        watched = is_watched(call, request, queue)
    return {"queued": 1, "updated": 1, "fields": fields, **watched, **said(call, request.task, queue)}


def check(call: Call, request: Target, task: str, *, complete: bool = False) -> None:
    """Refuse a task that no agent of the queue can run. Before the transaction: a repository is looked into."""
    if getattr(request, "force", False):
        return
    queue = queueing.known_queue(call.store, request.queue, request.queue_name)
    runnable.check(call.store, task, queue, call.now, complete=complete)


def said(call: Call, task: str, queue: str) -> dict[str, str]:
    """`note`, where there is something to be said of a task that waits now."""
    found = runnable.note(call.store, task, queue, call.now)
    return {"note": found} if found else {}


def target(call: Call, request: Target) -> str:
    return queueing.chosen_queue(
        call.store, request.queue, request.queue_name, call.user, call.company, call.now
    )


def is_watched(call: Call, request: Target, queue: str) -> dict[str, Any]:
    """`queue_watched`, for those who ask whether any worker listens."""
    if not request.verify_watched_queue:
        return {}
    alive = call.store.workers.all(seen_after=call.now - queueing.WORKER_LIFE)
    return {"queue_watched": any(queue in worker["queues"] for worker in alive)}


def put(call: Call, request: Transition, queue: str) -> dict[str, Any]:
    return queueing.enqueue(call.store, request.task, queue, request.by(call))


class Dequeue(Transition):
    new_status: str | None = None
    remove_from_all_queues: bool | None = None


@endpoint("tasks.dequeue", Dequeue)
def dequeue(call: Call, request: Dequeue) -> dict[str, Any]:
    """Take it out of its queue."""
    with call.store.transaction():
        return take(call, request)


def take(call: Call, request: Dequeue) -> dict[str, Any]:
    removed, fields = queueing.dequeue(
        call.store, request.task, request.by(call), new_status=request.new_status
    )
    return {"dequeued": int(bool(removed or fields)), "updated": int(bool(fields)), "fields": fields}
