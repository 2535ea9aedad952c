"""The status machine of tasks: one table, and the one way to change a status.

A change is a compare-and-set: it says which statuses it may start from, and the database changes the task only
while it has one of them. Whoever comes second gets an error, never a task in two minds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from server.api.change import Change
from server.api.errors import InvalidTaskId, InvalidTaskStatus
from server.store import Store
from server.store.database import times

STATUSES = (
    "created", "queued", "in_progress", "stopped", "published", "publishing", "closed", "failed", "completed",
    "unknown",
)  # fmt: skip

ALLOWED: dict[str, frozenset[str]] = {
    "created": frozenset({"queued", "in_progress"}),
    "queued": frozenset({"created", "in_progress", "stopped"}),
    "in_progress": frozenset({"created", "stopped", "failed", "completed"}),
    "stopped": frozenset(
        {"created", "queued", "in_progress", "failed", "completed", "closed", "publishing", "published"}
    ),
    "closed": frozenset({"created", "failed", "stopped", "publishing", "published"}),
    "failed": frozenset({"created", "queued", "in_progress", "stopped", "published"}),
    "completed": frozenset({"created", "queued", "in_progress", "published", "publishing"}),
    "publishing": frozenset({"published"}),
    "published": frozenset(),
    "unknown": frozenset(STATUSES),
}
"""From a status to those it may turn into. Staying is always allowed."""

ENDED = frozenset({"stopped", "failed", "completed", "closed", "published"})
STOPPING = "stopping"
"""The message by which a running task's agent learns that it shall stop."""

AGENTS_WORDS = re.compile(r"worker execution (done|exit code -?\d+)")
"""What an agent says of every task that ends; it wipes out no reason that somebody gave before."""
AGENT_INTERRUPTED = "user abort"
"""What an agent says of its task when it is itself interrupted, also of one that has failed already."""


def sources(status: str) -> list[str]:
    """The statuses from which this one may be reached, itself included."""
    return [one for one, targets in ALLOWED.items() if status == one or status in targets]


def existing(store: Store, task: str, only_fields: Iterable[str] | None = None) -> dict[str, Any]:
    """The task. Raises: InvalidTaskId."""
    found = store.tasks.get(task, only_fields)
    if found is None:
        raise InvalidTaskId(id=task)
    return found


def change(
    store: Store,
    task: str,
    to: str,
    by: Change,
    *,
    allowed_from: Iterable[str] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """Set a task's status and what goes with it. Returns: the fields that were set, none where it changes nothing.

    `allowed_from` narrows the statuses that the table allows; a forced change may start from any.
    To be called in a transaction.

    Raises:
        InvalidTaskId: no such task. InvalidTaskStatus: it can't go from its status to this one.
    """
    before = existing(
        store, task, ("status", "status_reason", "status_message", "started", "completed", "project")
    )
    if (before["status"], to, by.reason) == ("failed", "stopped", AGENT_INTERRUPTED) and not by.force:
        return {}
    allowed = STATUSES if by.force else (sources(to) if allowed_from is None else list(allowed_from))
    updates = {**_stamps(before, to, by.now), **changed_by(by), **fields}
    late_start = before["status"] == to == "in_progress" and STOPPING in (before.get("status_message") or "")
    wordless = not (by.reason or by.message) or AGENTS_WORDS.fullmatch(by.reason)
    late_end = before["status"] == to in ENDED and before.get("status_reason") and wordless
    if not (late_start or late_end):
        # A late `started` must not wipe out the request to stop, nor an end that is told twice the reason for it.
        updates |= {"status_reason": by.reason, "status_message": by.message}
    if not store.tasks.update(task, updates, expected_status=allowed):
        raise InvalidTaskStatus(
            f"its status is {before['status']}, expected {', '.join(allowed)}",
            task=task, current_status=before["status"], new_status=to,
        )  # fmt: skip
    if to != "queued":
        store.queues.remove(task)
    if before.get("project"):
        store.projects.touch(before["project"], updates["last_update"])
    return updates


def _stamps(before: dict[str, Any], to: str, now: datetime) -> dict[str, Any]:
    """The times that belong to a status."""
    moment = times.text(now)
    stamps: dict[str, Any] = {"status": to}
    if before["status"] != to:
        stamps["status_changed"] = moment
    if to == "in_progress":
        stamps |= {"started": before.get("started") or moment, "completed": None}
    elif to in ENDED:
        if before["status"] == "in_progress":
            stamps |= {"completed": moment, "active_duration": seconds_since(before.get("started"), now)}
        elif not before.get("completed"):
            stamps["completed"] = moment
        if to == "published":
            stamps["published"] = moment
    return stamps


def seconds_since(started: str | None, now: datetime) -> int | None:
    return max(0, int((now - times.parse(started)).total_seconds())) if started else None


def changed_by(by: Change) -> dict[str, Any]:
    """What every change of a task or model leaves behind."""
    moment = times.text(by.now)
    changes: dict[str, Any] = {"last_update": moment, "last_change": moment}
    return {**changes, "last_changed_by": by.user} if by.user else changes
