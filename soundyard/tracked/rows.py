"""A task as scripts and tables want it: flat, in words, with the names of things instead of their ids."""

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote

WORDS = {"created": "draft", "in_progress": "running", "stopped": "aborted"}  # as the page says
STATUSES = {word: status for status, word in WORDS.items()} | {
    one: one for one in ("queued", "completed", "failed", "published", "closed", *WORDS)
}
FIELDS = [
    *(
        "id",
        "name",
        "type",
        "status",
        "project.id",
        "project.name",
        "user.name",
        "parent",
        "tags",
        "system_tags",
    ),
    *(
        "created",
        "started",
        "completed",
        "last_update",
        "last_iteration",
        "last_worker",
        "execution.queue.name",
    ),
    *("status_reason", "status_message", "hyperparams", "last_metrics"),
]
DATES = ("created", "started", "completed", "updated")

Row = dict[str, Any]


def row(task: Mapping[str, Any], web: str = "") -> Row:
    """What is listed of a task. `web` is the page's address; dates are ISO 8601 texts, in UTC."""
    project = task.get("project") or {}
    return {
        "id": task["id"],
        "name": task.get("name", ""),
        "project": project.get("name", ""),
        "type": task.get("type", ""),
        "status": WORDS.get(task["status"], task["status"]),
        "user": (task.get("user") or {}).get("name", ""),
        "tags": list(task.get("tags") or []),
        "archived": "archived" in (task.get("system_tags") or []),
        "parent": id_of(task.get("parent")),
        "queue": ((task.get("execution") or {}).get("queue") or {}).get("name"),
        "worker": task.get("last_worker") or None,
        "created": task.get("created"),
        "started": task.get("started"),
        "completed": task.get("completed"),
        "updated": task.get("last_update"),
        "iteration": task.get("last_iteration"),
        "reason": task.get("status_message") or task.get("status_reason") or "",
        "parameters": parameters(task),
        "metrics": metrics(task),
        "url": f"{web.rstrip('/')}/projects/{quote(project.get('id') or '*')}/tasks/{task['id']}"
        if web
        else "",
    }


def id_of(named: Any) -> str | None:
    """Of what an answer gives as an id, or with its name."""
    return (named["id"] if isinstance(named, dict) else named) or None


def parameters(task: Mapping[str, Any]) -> dict[str, str]:
    """`Args/lr` → its text."""
    return {
        f"{section}/{name}": str(one.get("value") or "")
        for section, names in (task.get("hyperparams") or {}).items()
        for name, one in names.items()
    }


def metrics(task: Mapping[str, Any], which: str = "value") -> dict[str, float]:
    """`loss/train` → its last value, or another that the server keeps: `min_value`, `max_value`."""
    return {
        f"{one['metric']}/{one['variant']}": one.get(which)
        for variants in (task.get("last_metrics") or {}).values()
        for one in variants.values()
    }


def moment(text: str | None) -> datetime | None:
    """A date of the server."""
    if not text:
        return None
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)
