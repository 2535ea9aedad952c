"""What was made public belongs to everybody, and is protected: nobody changes it until it is made private again."""

from __future__ import annotations

from typing import Any

from server.api.errors import NoWritePermission
from server.store import Store
from server.store.documents.documents import Collection

EVERYBODY = ""
"""The company of what is public."""
_NAMED = {
    "tasks": {"task": "tasks", "tasks": "tasks", "ids": "tasks"},
    "reports": {"task": "tasks"},
    "models": {"model": "models", "ids": "models"},
    "projects": {"project": "projects"},
    "events": {"task": "tasks", "model": "models"},
}
"""Service → the fields of its requests that name what would be changed, and where that is kept."""
_CHANGES_NOTHING = frozenset({"tasks.clone", "tasks.validate", "tasks.make_public", "tasks.make_private"})
_CHANGES_NOTHING |= {"models.make_public", "models.make_private"}


def require_private(collection: Collection, id: str) -> None:
    """Raises: NoWritePermission for what is public."""
    found = collection.get(id, ("company",))
    if found and found.get("company") == EVERYBODY:
        raise NoWritePermission(id=id)


def check(store: Store, endpoint: str, request: Any) -> None:
    """What a request that may change things names isn't public. (The `*_many` look at each one by itself.)

    Raises:
        NoWritePermission
    """
    service, _, action = endpoint.partition(".")
    if endpoint in _CHANGES_NOTHING or action.endswith("_many"):
        return
    for field, table in _NAMED.get(service, {}).items():
        named = getattr(request, field, None) or []
        for id in [named] if isinstance(named, str) else named:
            require_private(getattr(store, table), id)
