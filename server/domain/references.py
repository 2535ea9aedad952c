"""What `…_ex` answers say about the things an object refers to: `{"id", "name"}` in place of an id."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from server.domain.users import COMPANY_NAME
from server.store import Store


def expanded(store: Store, documents: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Documents with project, task, user and parent (of a model) expanded. What is gone keeps its id only."""
    listed = [dict(one) for one in documents]
    for field, names in _names(store, listed).items():
        for document in listed:
            id = document.get(field)
            if isinstance(id, str):
                document[field] = {"id": id, **({"name": names[id]} if id in names else {})}
    return listed


def _names(store: Store, documents: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    def ids(field: str) -> list[str]:
        return [one[field] for one in documents if isinstance(one.get(field), str) and one[field]]

    named: dict[str, dict[str, str]] = {"company": dict.fromkeys(ids("company"), COMPANY_NAME)}
    if ids("project"):
        named["project"] = store.projects.names(ids("project"))
    if ids("user"):
        named["user"] = {user["id"]: user["name"] for user in store.users.all()}
    for field, collection in (("task", store.tasks), ("parent", store.models)):
        if ids(field):
            query = {"id": ids(field), "only_fields": ["name"], "page_size": len(ids(field))}
            named[field] = {one["id"]: one["name"] for one in collection.find(query)}
    return named
