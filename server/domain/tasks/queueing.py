"""Into a queue and out of it: the entry and the status change in one transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from server.api.change import Change
from server.domain.tasks import lost, queues, recorded_arguments, transitions
from server.store import Store

WORKER_LIFE = timedelta(minutes=10)
"""A running task whose worker has been silent for longer has none."""


def chosen_queue(
    store: Store, queue: str | None, name: str | None, user: str, company: str, now: datetime
) -> str:
    """The queue with this id, or with this name (created when missing), or the default one.

    Raises:
        InvalidQueueId: no queue has this id.
    """
    if queue:
        return queues.existing(store, queue)["id"]
    if name:
        found = store.queues.by_name(name)
        return found["id"] if found else store.queues.create(name, user, company, now)
    return queues.default(store, company, now)["id"]


def known_queue(store: Store, queue: str | None, name: str | None) -> str | None:
    """As `chosen_queue`, but nothing is made: None when there is no such queue yet."""
    if queue:
        return queue
    found = store.queues.by_name(name) if name else None
    return found["id"] if found else None


def enqueue(
    store: Store,
    task: str,
    queue: str,
    by: Change,
) -> dict[str, Any]:
    """Put a task at the end of a queue, out of any other. Returns: the fields set.

    Raises:
        InvalidTaskId, InvalidTaskStatus.
    """
    fields = (
        "status",
        "execution",
        "system_tags",
        "enqueue_status",
        "script",
        "hyperparams",
        "last_worker",
        "runtime",
    )
    found = transitions.existing(store, task, fields)
    waiting = found["status"] == "queued"
    hyperparams, more = found.get("hyperparams") or {}, {}
    if recorded_arguments.recorded(hyperparams):  # what is edited is what runs
        more["script"] = recorded_arguments.without(found.get("script") or {}, hyperparams)
    runtime = found.get("runtime") or {}
    if lost.BACK in runtime:  # counted from here
        more["runtime"] = {key: value for key, value in runtime.items() if key != lost.BACK}
    changed = transitions.change(
        store,
        task,
        "queued",
        by,
        execution={**(found.get("execution") or {}), "queue": queue},
        **more,
        enqueue_status=found.get("enqueue_status") if waiting else found["status"],
        system_tags=[tag for tag in found["system_tags"] if tag != "development"],
    )
    store.runs.begin_anew(task, by.login, by.now, found.get("last_worker"))
    store.queues.remove(task)
    store.queues.add(queue, task, by.now)
    return changed


def dequeue(
    store: Store,
    task: str,
    by: Change,
    *,
    new_status: str | None = None,
) -> tuple[int, dict[str, Any]]:
    """Take a task out of its queue; its status becomes `new_status`, or what it was before it was enqueued.

    An agent asks this of every task it runs, waiting or not, so a task that doesn't wait is left as it is.

    Returns: the number of entries removed, and the fields set.
    """
    found = transitions.existing(store, task, ("status", "enqueue_status"))
    removed = store.queues.remove(task)
    if found["status"] != "queued":
        return removed, {}
    status = new_status or found.get("enqueue_status") or "created"
    fields = transitions.change(
        store,
        task,
        status,
        by,
        allowed_from=["queued"],
        enqueue_status=None,
    )
    return removed, fields


def stop(
    store: Store,
    task: str,
    by: Change,
) -> dict[str, Any]:
    """Stop a task; one that an agent runs is asked to, by a message that its agent looks for.

    Raises:
        InvalidTaskId; InvalidTaskStatus: it neither waits nor runs.
    """
    found = transitions.existing(store, task, ("status", "system_tags", "last_worker"))
    if found["status"] == "in_progress" and not by.force and _has_worker(store, found):
        updates = {
            "status_reason": by.reason,
            "status_message": transitions.STOPPING,
            **transitions.changed_by(by),
        }
        store.tasks.update(task, updates)
        return updates
    return transitions.change(
        store,
        task,
        "stopped",
        by,
        allowed_from=["queued", "in_progress", "stopped"],
    )


def _has_worker(store: Store, task: dict[str, Any]) -> bool:
    """Whether an agent runs it: then the agent ends it, and says so."""
    if "development" in task["system_tags"] or not task.get("last_worker"):
        return False
    return store.workers.runs(task["last_worker"], task["id"])
