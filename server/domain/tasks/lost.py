"""Work whose worker is gone, or can't begin it: to the front of its queue, or failed; the old run is heard no more.

How often, and after how long a silence, is said in `lost_policy.py`. Nobody can tell a machine without
power from one without a network: an old run may come back when another has taken its task. It is known by its login
(`server/store/runs.py`). Its agent and its SDK, which look whether the task still runs, are told that it is stopped,
and end it; what it reports is refused.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from server.api.change import Change
from server.api.errors import InvalidTaskStatus
from server.domain.events import ingest
from server.domain.tasks import transitions
from server.domain.tasks.lost_policy import Policy
from server.store import Store
from server.store.database import times

log = logging.getLogger("soundyard.lost")

LOST, HANDED_BACK = "worker lost", "handed back"
"""How the reason begins, whatever became of the task."""
BACK = "handed_back"
"""Runtime property of a task: how often it was handed back since it was enqueued."""
MOST_HANDED_BACK = 3
"""How often a task is handed back, until it has failed. None of it had run: the policy of lost work does not count."""
HANDED_ON = "this run is over: its worker was taken for lost, or the task was handed back or enqueued again"
_TASK_IN_A_NAME = re.compile(r"\.([0-9a-f]{32})/")


def hand_on(store: Store, task: str, policy: Policy, now: datetime, worker: str, why: str) -> str:
    """Give up a task's run: it waits at the front of its queue again, or it has failed. In a transaction.

    `policy`: the server's; the queue's goes before it. Returns: the status that it has now.
    Raises: InvalidTaskId. InvalidTaskStatus: it doesn't run.
    """
    found, queue = _running(store, task)
    most = policy.of_queue(queue).retries
    times_lost = store.runs.give_up(task, now)
    said = {"lost_workers": str(times_lost), "last_lost_worker": worker}
    return _away(store, found, queue, times_lost, most, said, f"{LOST}: {worker}, {why}", now)


def hand_back(store: Store, task: str, now: datetime, worker: str, why: str) -> str:
    """A worker gives a task back that it can't begin, for a reason of its own: another one may. In a transaction.

    Returns: the status that it has now; failed after `MOST_HANDED_BACK` times since it was enqueued.
    Raises: InvalidTaskId. InvalidTaskStatus: it doesn't run.
    """
    found, queue = _running(store, task)
    times_back = int((found.get("runtime") or {}).get(BACK) or 0) + 1
    store.runs.hand_over(task, now)
    text = f"{HANDED_BACK}: {worker}, {why}"
    return _away(store, found, queue, times_back, MOST_HANDED_BACK, {BACK: str(times_back)}, text, now)


def _running(store: Store, task: str) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """A task that runs, and the queue that it came from."""
    found = transitions.existing(store, task, ("id", "status", "execution", "runtime", "enqueue_status"))
    if found["status"] != "in_progress":
        raise InvalidTaskStatus(f"its status is {found['status']}, expected in_progress", task=task)
    return found, store.queues.get((found.get("execution") or {}).get("queue") or "")


def _away(
    store: Store, task: dict[str, Any], queue: dict[str, Any] | None,
    times: int, most: int, said: dict[str, str], text: str, now: datetime,
) -> str:  # fmt: skip
    """To the front of its queue, or failed; `said` goes with its runtime properties."""
    fields: dict[str, Any] = {"runtime": {**(task.get("runtime") or {}), **said}}
    if queue is None or times > most:
        spent = f", for the {_ordinal(times)} time" if times > 1 else ""
        status, text = "failed", f"{text}{spent}"
    else:
        status, fields["enqueue_status"] = "queued", "stopped"
        text = f"{text}; back at the front of its queue, retry {times} of {most}"
    transitions.change(
        store, task["id"], status, Change(now, reason=text, message=text), allowed_from=("in_progress",), **fields,
    )  # fmt: skip
    if status == "queued" and queue is not None:
        store.queues.add(queue["id"], task["id"], now, front=True)
    _say(store, task["id"], text, now)
    log.warning("task %s: %s", task["id"], text)
    return status


def _ordinal(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")


def _say(store: Store, task: str, text: str, now: datetime) -> None:
    """In the task's console, between what the two runs say."""
    at = int(now.timestamp() * 1000)
    line = {"type": "log", "task": task, "level": "warn", "timestamp": at, "msg": f"{text}\n"}
    ingest.write(store, ingest.sort([line], now), now)


def require_ours(store: Store, login: str, named: Iterable[str]) -> None:
    """Raises: InvalidTaskStatus when one of these tasks was handed on, and this login had run it before."""
    lost = store.runs.lost_to(login).intersection(named)
    if lost:
        raise InvalidTaskStatus(HANDED_ON, task=lost.pop())


def require_ours_by_name(store: Store, login: str, files: Iterable[str]) -> None:
    """The same for the names of files, which have their task's id in them."""
    if store.runs.lost_to(login):
        require_ours(store, login, [found[1] for name in files for found in _TASK_IN_A_NAME.finditer(name)])


def shown(store: Store, login: str, tasks: list[dict[str, Any]]) -> None:
    """An old run that asks how its task does hears that it is stopped, whatever the new one is at."""
    lost = store.runs.lost_to(login) if tasks else set()
    for task in tasks:
        if task.get("id") in lost and "status" in task:
            task |= {"status": "stopped", "status_message": HANDED_ON, "status_reason": HANDED_ON}


def silent_for(seen: str, since: datetime, now: datetime) -> float:
    """Seconds that a worker has said nothing; silence counts from `since` at the earliest."""
    return (now - max(times.parse(seen), since)).total_seconds()
