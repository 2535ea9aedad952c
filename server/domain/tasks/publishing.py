"""Publishing: a task's results become final, and the models it made with them."""

from __future__ import annotations

from typing import Any

from server.api.change import Change
from server.domain.tasks import transitions
from server.store import Store
from server.store.database import times


def publish(
    store: Store,
    task: str,
    by: Change,
    *,
    models: bool = True,
) -> dict[str, Any]:
    """Returns: the task's fields that were set. Raises: InvalidTaskId, InvalidTaskStatus."""
    fields = transitions.change(store, task, "published", by)
    if models:
        moment = times.text(by.now)
        for model in store.models.find(
            {"task": task, "ready": False, "page_size": 10_000, "only_fields": "id"}
        ):
            store.models.update(model["id"], {"ready": True, "last_update": moment, "last_change": moment})
    return fields
