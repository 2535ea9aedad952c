"""`queues.*`: lists of tasks waiting for a worker."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from server.api.call import Call
from server.api.errors import InvalidQueueOrTaskNotQueued, QueueNotEmpty, ValidationFailed
from server.api.registry import endpoint
from server.api.request import Nothing, Query, Request, Seconds
from server.domain import metadata
from server.domain.metadata import MetadataItem
from server.domain.tasks import queues
from server.domain.tasks.lost_policy import Policy
from server.domain.users.users import require_company


class OfQueue(Request):
    queue: str


class OfEntry(Request):
    queue: str
    task: str


class GetById(OfQueue):
    max_task_entries: int | None = Field(None, ge=0)


@endpoint("queues.get_by_id", GetById, role="viewer")
def get_by_id(call: Call, request: GetById) -> dict[str, Any]:
    """One queue with its entries. A name is not an id: clients rely on the error and ask `get_all` then."""
    queue = queues.existing(call.store, request.queue)
    return {"queue": {**queue, "entries": queues.entries(call.store, queue["id"], request.max_task_entries)}}


class GetAll(Query):
    max_task_entries: int | None = Field(None, ge=0)
    count_task_entries: bool | None = False
    """Add `entries_count`, whatever part of the entries is shown."""


@endpoint("queues.get_all", GetAll, role="viewer")
def get_all(call: Call, request: GetAll) -> dict[str, Any]:
    """Queues by filter, with their entries."""
    found, scroll = queues.listed(call.store, request.filters())
    return {"queues": found} | ({"scroll_id": scroll} if scroll else {})


@endpoint("queues.get_all_ex", GetAll, role="viewer")
def get_all_ex(call: Call, request: GetAll) -> dict[str, Any]:
    """Queues by filter, with their entries' task names, the workers that listen, and what becomes of lost work."""
    policy = Policy(call.settings.lost_retries, call.settings.worker_timeout_seconds)
    found, scroll = queues.listed(call.store, request.filters(), policy)
    return {"queues": found} | ({"scroll_id": scroll} if scroll else {})


class Create(Request):
    name: str
    display_name: str | None = None
    tags: list[str] | None = None
    system_tags: list[str] | None = None
    metadata: list[MetadataItem] | dict[str, Any] | None = None


def _stored(given: dict[str, Any]) -> dict[str, Any]:
    fields = {name: value for name, value in given.items() if value is not None}
    return {**fields, "metadata": metadata.as_dict(fields["metadata"])} if "metadata" in fields else fields


@endpoint("queues.create", Create)
def create(call: Call, request: Create) -> dict[str, Any]:
    """A new queue. Its name must be free."""
    if not request.name.strip():
        raise ValidationFailed("a queue needs a name")
    fields = _stored(request.given())
    with call.store.transaction():
        return {"id": queues.create(call.store, call.user, call.company, call.now, **fields)}


class Update(OfQueue):
    name: str | None = None
    display_name: str | None = None
    tags: list[str] | None = None
    system_tags: list[str] | None = None
    metadata: list[MetadataItem] | dict[str, Any] | None = None


@endpoint("queues.update", Update)
def update(call: Call, request: Update) -> dict[str, Any]:
    """Change a queue's name, shown name or tags."""
    if request.name is not None and not request.name.strip():
        raise ValidationFailed("a queue needs a name")
    fields = _stored(request.given(exclude={"queue"}))
    with call.store.transaction():
        return {"updated": queues.edit(call.store, request.queue, call.now, **fields), "fields": fields}


class Delete(OfQueue):
    force: bool = False


@endpoint("queues.delete", Delete)
def delete(call: Call, request: Delete) -> dict[str, Any]:
    """Delete a queue; one with waiting tasks only with `force`, and those are dequeued."""
    with call.store.transaction():
        queues.existing(call.store, request.queue)
        if call.store.queues.length(request.queue) and not request.force:
            raise QueueNotEmpty("use force=true to delete it", queue=request.queue)
        queues.release(call.store, call.store.queues.clear(request.queue), call.change())
        return {"deleted": call.store.queues.delete(request.queue)}


@endpoint("queues.clear_queue", OfQueue)
def clear_queue(call: Call, request: OfQueue) -> dict[str, Any]:
    """Dequeue every task that waits in the queue."""
    with call.store.transaction():
        queues.existing(call.store, request.queue)
        tasks = call.store.queues.clear(request.queue)
        queues.release(call.store, tasks, call.change())
    return {"removed_tasks": tasks}


@endpoint("queues.get_default", Nothing, role="viewer")
def get_default(call: Call, request: Nothing) -> dict[str, Any]:
    """The queue with the system tag `default`, or else of that name, created when it is missing."""
    with call.store.transaction():
        found = queues.default(call.store, call.company, call.now)
    return {"id": found["id"], "name": found["name"]}


# Entries


class GetNextTask(Request):
    queue: str | None = None
    queues: list[str] | None = None
    """Instead of one queue: several, in order of preference."""
    task: str | None = None
    """The company whose tasks are wanted; there is one."""
    get_task_info: bool | None = False


@endpoint("queues.get_next_task", GetNextTask)
def get_next_task(call: Call, request: GetNextTask) -> dict[str, Any]:
    """Take the first waiting task out of the queue; an empty answer when none waits."""
    require_company(call, request.task, "task")
    wanted = request.queues or ([request.queue] if request.queue else [])
    if not wanted:
        raise ValidationFailed("queue: Field required")
    for queue in wanted:
        queues.existing(call.store, queue)
    if not call.store.queues.is_waiting(wanted):
        return {}  # most polls end here, without asking for the one writer
    with call.store.transaction():
        popped = next(filter(None, (call.store.queues.pop(queue, call.now) for queue in wanted)), None)
        if popped:
            call.store.runs.take(popped["task"], call.login)
    if popped is None:
        return {}
    answer: dict[str, Any] = {"entry": {"task": popped["task"], "added": popped["added"]}}
    if request.get_task_info:
        answer["task_info"] = {"user": popped["user"], "company": popped["company"]}
    return answer


@endpoint("queues.peek_task", OfQueue, role="viewer")
def peek_task(call: Call, request: OfQueue) -> dict[str, Any]:
    """The task that would be handed out next."""
    queues.existing(call.store, request.queue)
    first = call.store.queues.entries(request.queue, limit=1)
    return {"task": first[0]["task"]} if first else {}


@endpoint("queues.get_num_entries", OfQueue, role="viewer")
def get_num_entries(call: Call, request: OfQueue) -> dict[str, Any]:
    """How many tasks wait."""
    queues.existing(call.store, request.queue)
    return {"num": call.store.queues.length(request.queue)}


@endpoint("queues.add_task", OfEntry)
def add_task(call: Call, request: OfEntry) -> dict[str, Any]:
    """Append an entry for a task, whatever the task's status (`tasks.enqueue` checks and sets it); one that waits
    elsewhere moves."""
    with call.store.transaction():
        return {"added": queues.add(call.store, request.queue, request.task, call.now)}


@endpoint("queues.move_task_to_queue", OfEntry)
def move_task_to_queue(call: Call, request: OfEntry) -> dict[str, Any]:
    """Move a waiting task to the end of another queue."""
    with call.store.transaction():
        queues.existing(call.store, request.queue)
        queues.of_task(call.store, request.task)
        return {"moved": queues.add(call.store, request.queue, request.task, call.now)}


class OfTask(Request):
    task: str


@endpoint("queues.get_by_task_id", OfTask, role="viewer")
def get_by_task_id(call: Call, request: OfTask) -> dict[str, Any]:
    """The queue in which a task waits."""
    return {"queue": queues.of_task(call.store, request.task)}


class RemoveTask(OfEntry):
    update_task_status: bool = False


@endpoint("queues.remove_task", RemoveTask)
def remove_task(call: Call, request: RemoveTask) -> dict[str, Any]:
    """Remove a task's entry; with `update_task_status` the task gets the status it had before."""
    with call.store.transaction():
        queues.existing(call.store, request.queue)
        removed = call.store.queues.remove(request.task, request.queue)
        if not removed:
            raise InvalidQueueOrTaskNotQueued(queue=request.queue, task=request.task)
        if request.update_task_status:
            queues.release(call.store, [request.task], call.change())
    return {"removed": removed}


class MoveBy(OfEntry):
    count: int = 1


@endpoint("queues.move_task_forward", MoveBy)
def move_task_forward(call: Call, request: MoveBy) -> dict[str, Any]:
    """Move an entry `count` places towards the front."""
    with call.store.transaction():
        return {"position": queues.move(call.store, request.queue, request.task, by=-request.count)}


@endpoint("queues.move_task_backward", MoveBy)
def move_task_backward(call: Call, request: MoveBy) -> dict[str, Any]:
    """Move an entry `count` places towards the end."""
    with call.store.transaction():
        return {"position": queues.move(call.store, request.queue, request.task, by=request.count)}


@endpoint("queues.move_task_to_front", OfEntry)
def move_task_to_front(call: Call, request: OfEntry) -> dict[str, Any]:
    """Make an entry the first."""
    with call.store.transaction():
        return {"position": queues.move(call.store, request.queue, request.task, to=0)}


@endpoint("queues.move_task_to_back", OfEntry)
def move_task_to_back(call: Call, request: OfEntry) -> dict[str, Any]:
    """Make an entry the last."""
    with call.store.transaction():
        return {"position": queues.move(call.store, request.queue, request.task, to=-1)}


# Metadata and metrics


class AddOrUpdateMetadata(OfQueue):
    metadata: list[MetadataItem]
    replace_metadata: bool = False


@endpoint("queues.add_or_update_metadata", AddOrUpdateMetadata)
def add_or_update_metadata(call: Call, request: AddOrUpdateMetadata) -> dict[str, Any]:
    """Set metadata items by key; with `replace_metadata` the others go."""
    with call.store.transaction():
        current = queues.existing(call.store, request.queue)["metadata"]
        new = metadata.merged(current, request.metadata, replace=request.replace_metadata)
        return {"updated": queues.edit(call.store, request.queue, call.now, metadata=new)}


class DeleteMetadata(OfQueue):
    keys: list[str]


@endpoint("queues.delete_metadata", DeleteMetadata)
def delete_metadata(call: Call, request: DeleteMetadata) -> dict[str, Any]:
    """Remove metadata items by key."""
    with call.store.transaction():
        current = queues.existing(call.store, request.queue)["metadata"]
        new = metadata.without(current, request.keys)
        return {"updated": queues.edit(call.store, request.queue, call.now, metadata=new)}


class GetQueueMetrics(Request):
    from_date: Seconds
    to_date: Seconds
    interval: int
    queue_ids: list[str] | None = None
    refresh: bool = False


@endpoint("queues.get_queue_metrics", GetQueueMetrics, role="viewer")
def get_queue_metrics(call: Call, request: GetQueueMetrics) -> dict[str, Any]:
    """Length and mean waiting time of queues over time; without ids one series over all of them."""
    if request.refresh:
        with call.store.transaction():
            call.store.queues.sample(call.now)
    wanted = request.queue_ids or []
    samples = call.store.queues.samples(request.from_date, request.to_date, wanted)
    series: list[dict[str, Any]] = queues.metrics(samples, max(request.interval, 1), wanted)
    return {"queues": series}
