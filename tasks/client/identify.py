"""Whose id is that? For messages about an id of another kind, of a name where an id is wanted, and of a queue."""

import re
from typing import Any

from tasks.errors import NothingThere

TASK_FIELDS = [
    "id",
    "name",
    "type",
    "status",
    "system_tags",
    "models.output",
    "script.entry_point",
    "hyperparams",
    "parent",
]
MODEL_FIELDS = ["id", "name", "uri", "framework", "task"]
SOME = 3  # that are named in a message


def task(task_id: str) -> dict[str, Any] | None:
    """A task's fields; None when there is none of that id."""
    return _one("tasks", task_id, TASK_FIELDS)


def model(model_id: str) -> dict[str, Any] | None:
    """A model's fields; None when there is none of that id."""
    return _one("models", model_id, MODEL_FIELDS)


def what_instead(text: str, wanted: str) -> str:
    """What an id or a name stands for that is no `wanted` (`model`, `dataset`, `task`): `is a task's id (…)`."""
    if found := task(text):
        kind = "dataset" if "dataset" in (found.get("system_tags") or []) else "task"
        return f"is the id of a {kind} ({found['name']}, {found['type']}), not of a {wanted}{_its(found, wanted)}"
    if found := model(text):
        return f"is the id of a model ({found['name']}), not of a {wanted}"
    for service, kind in (("queues", "queue"), ("projects", "project")):
        if found := _one(service, text, ["id", "name"]):
            return f"is the id of a {kind} ({found['name']}), not of a {wanted}"
    if called := _named(text, wanted):
        return f"is a name, and an id is wanted; {' and '.join(called)} {'is' if len(called) == 1 else 'are'} called so"
    return f"is not the id of a {wanted} on this server"


def _its(found: dict[str, Any], wanted: str) -> str:
    """The models of a task that was given where one of its models was meant."""
    made = [one["model"] for one in (found.get("models") or {}).get("output") or []]
    if wanted != "model" or not made:
        return ""
    return f" (its model{'s are' if len(made) > 1 else ' is'} {', '.join(made[-SOME:])})"


def _one(service: str, wanted: str, fields: list[str]) -> dict[str, Any] | None:
    found = _all(service, id=[wanted], only_fields=fields) if wanted else []
    return found[0] if found else None


def _named(name: str, wanted: str) -> list[str]:
    """Ids of what is called so."""
    if not name.strip():
        return []
    service = "models" if wanted == "model" else "tasks"
    query: dict[str, Any] = {
        "name": f"^{re.escape(name)}$",
        "only_fields": ["id"],
        "page": 0,
        "page_size": SOME,
    }
    if wanted == "dataset":
        query |= {"system_tags": ["dataset"]}
    return [str(one["id"]) for one in _all(service, order_by=["-last_update"], **query)]


def _all(service: str, **query: Any) -> list[dict[str, Any]]:
    from clearml.backend_api.session.client import APIClient

    return [one.data.to_dict() for one in getattr(APIClient(), service).get_all(**query)]


def queue(name: str) -> str:
    """The id of the queue of that name. Raises NothingThere, which lists those that there are."""
    found = _all("queues", only_fields=["id", "name"])
    for one in found:
        if one["name"] == name:
            return str(one["id"])
    there = ", ".join(sorted(one["name"] for one in found)) or "none"
    raise NothingThere(
        f"There is no queue {name!r} on this server; there are: {there}. An agent that is started for it makes it: "
        f"python -m agents.start --queue {name or 'NAME'}"
    )


def listeners(queue_id: str, besides: str = "") -> list[str]:
    """Names of the workers that take from a queue, without one that is held up by the task `besides`."""
    from clearml.backend_api.session.client import APIClient

    workers = [one.data.to_dict() for one in APIClient().workers.get_all()]
    return [
        str(one["id"])
        for one in workers
        if queue_id in [queue.get("id") for queue in one.get("queues") or []]
        and (not besides or (one.get("task") or {}).get("id") != besides)
    ]
