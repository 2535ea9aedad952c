"""Rules of queues: which exist from the start, how an entry moves, what their metrics mean over time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from server.api.change import Change
from server.api.errors import (
    InvalidQueueId,
    InvalidQueueOrTaskNotQueued,
    QueueExists,
    SeveralDefaultQueues,
    TaskAlreadyQueued,
)
from server.domain.tasks import lost_policy, transitions
from server.store import Store
from server.store.database import restriction, times
from server.store.documents import projection
from server.store.users import COMPANY

DEFAULT = "default"
MARK = "default"
"""The system tag of the default queue, whatever its name."""
INITIAL = (DEFAULT, "audio", "services")
"""Made on the first start: the usual one, the one for work, the one for pipeline controllers."""

HANDOUT_LIFE = timedelta(minutes=5)
"""An agent that took a task and has not started it by then is taken for dead."""


def ensure_initial(store: Store, now: datetime) -> None:
    """Create the initial queues when no queue exists at all; one that was deleted later stays deleted."""
    if store.queues.count():
        return
    for name in INITIAL:
        marks = [MARK] if name == DEFAULT else []
        create(store, None, COMPANY, now, name=name, system_tags=marks)


def create(store: Store, user: str | None, company: str, now: datetime, **fields: Any) -> str:
    """`fields`: name, display_name, tags, system_tags. Returns: the new queue's id.

    Raises:
        QueueExists: the name is taken. ValidationFailed: metadata that is no policy.
    """
    require_free_name(store, fields["name"])
    lost_policy.require_readable(fields.get("metadata") or {})
    return store.queues.create(fields.pop("name"), user, company, now, **fields)


def edit(store: Store, queue: str, now: datetime, **fields: Any) -> int:
    """Returns: queues changed. Raises: InvalidQueueId. QueueExists: the new name is another's. ValidationFailed."""
    existing(store, queue)
    lost_policy.require_readable(fields.get("metadata") or {})
    if "name" in fields:
        require_free_name(store, fields["name"], queue)
    return store.queues.update(queue, {**fields, "last_update": times.text(now)})


def default(store: Store, company: str, now: datetime) -> dict[str, Any]:
    """The queue marked as the default one, or else the one of that name, created when it is missing.

    Raises:
        SeveralDefaultQueues: more than one is marked.
    """
    marked = store.queues.all({"system_tags": [MARK]})
    if len(marked) > 1:
        raise SeveralDefaultQueues(", ".join(one["name"] for one in marked[:5]))
    found = marked[0] if marked else store.queues.by_name(DEFAULT)
    return found or existing(store, create(store, None, company, now, name=DEFAULT, system_tags=[MARK]))


def existing(store: Store, queue: str) -> dict[str, Any]:
    """Raises: InvalidQueueId; one that says so when the name of a queue was given."""
    found = store.queues.get(queue)
    if found is None:
        named = store.queues.by_name(queue)
        raise InvalidQueueId(f"that is a name; its id is {named['id']}" if named else "", queue=queue)
    return found


def require_free_name(store: Store, name: str, queue: str | None = None) -> None:
    """Raises: QueueExists when another queue than `queue` has this name."""
    other = store.queues.by_name(name)
    if other and other["id"] != queue:
        raise QueueExists(name=name)


def listed(
    store: Store, query: dict[str, Any], policy: lost_policy.Policy | None = None
) -> tuple[list[dict[str, Any]], str | None]:
    """Queues by filter, with entries; with the server's policy also the entries' names, the workers that listen, and
    what becomes of lost work (`lost_policy`).

    Returns: the queues, reduced to the query's `only_fields`, and a scroll id where one was asked for.
    """
    wanted = query.get("only_fields")
    hidden = {} if query.get("search_hidden") or query.get("id") else {"system_tags": ["-hidden"]}
    whole = {key: value for key, value in query.items() if key != "only_fields"}
    found, scroll = store.queues.page(whole, hidden, default_order="name")
    limit = query.get("max_task_entries")
    listening = store.workers.all() if policy else []
    for queue in found:
        queue["entries"] = entries(store, queue["id"], limit, named=policy is not None)
        queue["display_name"] = queue.get("display_name") or queue["name"]
        if query.get("count_task_entries"):
            queue["entries_count"] = store.queues.length(queue["id"])
        if policy:
            queue["workers"] = [_listener(one) for one in listening if queue["id"] in one["queues"]]
            queue["lost_policy"] = vars(policy.of_queue(queue))
    paths = projection.paths(wanted)
    return projection.project(found, paths) if paths else found, scroll


def entries(store: Store, queue: str, limit: int | None, *, named: bool = False) -> list[dict[str, Any]]:
    """A queue's entries in order: task (with its name where asked) and when it was added."""
    return [
        {
            "task": {"id": one["task"], "name": one["name"]} if named else one["task"],
            "added": one["added"],
        }
        for one in store.queues.entries(queue, limit)
    ]


def _listener(worker: dict[str, Any]) -> dict[str, Any]:
    task = {"id": worker["task"], "name": worker["task_name"]} if worker["task"] else None
    return {"key": worker["id"], "id": worker["id"], "name": worker["id"], "ip": worker["ip"], "task": task}


def move(store: Store, queue: str, task: str, *, by: int | None = None, to: int | None = None) -> int:
    """Move an entry by some places (negative: towards the front) or to an index (-1: the end).

    Returns: its new index in the queue.

    Raises:
        InvalidQueueId: no such queue. InvalidQueueOrTaskNotQueued: the task does not wait in it. ClosedProject.
    """
    existing(store, queue)
    restriction.require_write((store.tasks.get(task, ("project",)) or {}).get("project"))
    tasks = [entry["task"] for entry in store.queues.entries(queue)]
    if task not in tasks:
        raise InvalidQueueOrTaskNotQueued(queue=queue, task=task)
    last = len(tasks) - 1
    wanted = tasks.index(task) + by if by is not None else (last if to == -1 else to or 0)
    position = min(max(wanted, 0), last)
    tasks.remove(task)
    tasks.insert(position, task)
    store.queues.reorder(queue, tasks)
    return position


def add(store: Store, queue: str, task: str, now: datetime) -> int:
    """Append an entry for a task, out of the queue where it waits. A task that is `queued` is told its queue.

    Returns: entries added. Raises: InvalidQueueId, InvalidTaskId. TaskAlreadyQueued: it waits there.
    """
    existing(store, queue)
    found = transitions.existing(store, task, ("status", "execution"))
    if store.queues.of_task(task) == queue:
        raise TaskAlreadyQueued(task=task, queue=queue)
    store.queues.remove(task)
    if found["status"] == "queued":
        store.tasks.update(task, {"execution": {**found["execution"], "queue": queue}})
    return store.queues.add(queue, task, now)


def of_task(store: Store, task: str) -> dict[str, Any]:
    """The queue in which a task waits. Raises: InvalidTaskId. InvalidQueueOrTaskNotQueued: it waits in none."""
    transitions.existing(store, task, ("id",))
    queue = store.queues.of_task(task)
    if queue is None:
        raise InvalidQueueOrTaskNotQueued("it waits in no queue", task=task)
    return existing(store, queue)


def release(store: Store, tasks: Iterable[str], by: Change) -> None:
    """Tasks that lost their entry get the status back that they had before they were enqueued."""
    for task in tasks:
        found = store.tasks.get(task, ("status", "enqueue_status"))
        if found and found["status"] == "queued":
            back = found.get("enqueue_status") or "created"
            removed = replace(by, force=True, reason="Removed from its queue")
            transitions.change(store, task, back, removed, enqueue_status=None)


def metrics(samples: Iterable[dict[str, Any]], interval: int, queues: list[str]) -> list[dict[str, Any]]:
    """ClearML's queue metrics: each interval shows its sample with the longest mean waiting time.

    Without `queues` there is one series, "all", over the mean of the queues. Dates are milliseconds.
    """
    by_queue: dict[str, dict[int, list[dict[str, Any]]]] = {queue: {} for queue in queues or ["all"]}
    for sample in samples:
        dates = by_queue[sample["queue"] if queues else "all"]
        dates.setdefault(int(sample["timestamp"] // interval * interval), []).append(sample)
    return [_series(queue, dates, merge=not queues) for queue, dates in by_queue.items()]


def _series(queue: str, dates: dict[int, list[dict[str, Any]]], *, merge: bool) -> dict[str, Any]:
    points = {date: _mean(samples) if merge else _longest(samples) for date, samples in sorted(dates.items())}
    return {
        "queue": queue,
        "dates": [date * 1000 for date in points],
        "avg_waiting_times": [waiting for waiting, _ in points.values()],
        "queue_lengths": [length for _, length in points.values()],
    }


def _longest(samples: list[dict[str, Any]]) -> tuple[float, int]:
    longest = max(samples, key=lambda sample: sample["waiting"])
    return longest["waiting"], longest["length"]


def _mean(samples: list[dict[str, Any]]) -> tuple[float, int]:
    per_queue: dict[str, list[dict[str, Any]]] = {}
    for sample in samples:
        per_queue.setdefault(sample["queue"], []).append(sample)
    longest = [_longest(of_one) for of_one in per_queue.values()]
    return sum(w for w, _ in longest) / len(longest), round(sum(n for _, n in longest) / len(longest))
