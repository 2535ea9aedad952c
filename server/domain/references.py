"""The `_ex` answers: documents in which ids of other things have become those things, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from server.domain.users.users import COMPANY_NAME
from server.store import Store
from server.store.documents.documents import Collection, Document
from server.store.documents.projection import paths, project, unwanted

Lookup = Callable[[Store, list[str]], Mapping[str, Document]]


def find(
    store: Store,
    collection: Collection,
    query: Mapping[str, Any],
    *also: Mapping[str, Any],
    default_order: str = "",
) -> tuple[list[Document], str | None]:
    """As `Collection.page`, expanded; `only_fields` may name fields of what is referred to (`project.name`)."""
    wanted = paths(query.get("only_fields"))
    references = _REFERENCES[collection.schema.table]
    left_out = [f"-{path}" for path in unwanted(query.get("only_fields"))]
    stored = [_stored(path, references) for path in wanted]
    plain = {**query, "only_fields": [*stored, *left_out]}
    documents, scroll = collection.page(plain, *also, default_order=default_order)
    documents = expanded(store, documents, collection.schema.table)
    return (documents if stored == wanted else project(documents, wanted)), scroll


def by_ids(
    store: Store, collection: Collection, ids: list[str], only_fields: list[str] | str | None
) -> list[Document]:
    """Those of these ids that exist, expanded. No id is read as a filter, where `-x` means all but x."""
    plain = [id for id in dict.fromkeys(ids) if collection.exists(id)]
    if not plain:
        return []
    query = {"id": plain, "only_fields": only_fields, "page_size": len(plain)}
    return find(store, collection, query)[0]


def expanded(store: Store, documents: Iterable[Document], of: str = "models") -> list[Document]:
    """Documents of a collection with references as objects, `{"id", "name"}`. What is gone keeps its id only."""
    listed = [dict(one) for one in documents]
    for field, lookup in _REFERENCES[of].items():
        ids = sorted({one[field] for one in listed if isinstance(one.get(field), str) and one[field]})
        found = lookup(store, ids) if ids else {}
        for one in listed:
            if one.get(field):
                one[field] = found.get(one[field], {"id": one[field]})
    if of == "tasks":
        _expand_queues(store, listed)
        _expand_models(store, listed)
    return listed


def _stored(path: str, references: Mapping[str, Lookup]) -> str:
    """What must be read to answer a path."""
    head = path.partition(".")[0]
    if head in references or head == "models":
        return head
    return "execution.queue" if path.startswith("execution.queue.") else path


def _expand_queues(store: Store, documents: Iterable[Document]) -> None:
    queued = [one["execution"] for one in documents if (one.get("execution") or {}).get("queue")]
    names = store.queues.names([execution["queue"] for execution in queued]) if queued else {}
    for execution in queued:
        id = execution["queue"]
        execution["queue"] = {"id": id, **({"name": names[id]} if id in names else {})}


def _expand_models(store: Store, documents: Iterable[Document]) -> None:
    listed = [
        item
        for one in documents
        for side in ("input", "output")
        for item in (one.get("models") or {}).get(side) or []
        if isinstance(item.get("model"), str)
    ]
    found = (
        _named(store.models, [item["model"] for item in listed], ("name", "uri", "ready")) if listed else {}
    )
    for item in listed:
        item["model"] = found.get(item["model"], {"id": item["model"]})


def _named(collection: Collection, ids: Iterable[str], fields: Iterable[str]) -> dict[str, Document]:
    query = {"id": sorted(set(ids)), "only_fields": list(fields)}
    return {one["id"]: one for one in collection.all(query)} if query["id"] else {}


def _projects(store: Store, ids: list[str]) -> dict[str, Document]:
    return _named(store.projects, ids, ("name", "basename"))


def _tasks(store: Store, ids: list[str]) -> dict[str, Document]:
    return _named(store.tasks, ids, ("name", "type", "status"))


def _models(store: Store, ids: list[str]) -> dict[str, Document]:
    return _named(store.models, ids, ("name",))


def _parents(store: Store, ids: list[str]) -> dict[str, Document]:
    found = _named(store.tasks, ids, ("name", "type", "status", "project"))
    names = _projects(store, [one["project"] for one in found.values() if one.get("project")])
    for one in found.values():
        one["project"] = names.get(one["project"], {"id": one["project"]}) if one.get("project") else {}
    return found


def _users(store: Store, ids: list[str]) -> dict[str, Document]:
    users = ((id, store.users.get(id)) for id in ids)
    return {id: {"id": id, "name": user["name"]} for id, user in users if user}


def _companies(store: Store, ids: list[str]) -> dict[str, Document]:
    return {id: {"id": id, "name": COMPANY_NAME} for id in ids}


_SHARED: dict[str, Lookup] = {"project": _projects, "user": _users, "company": _companies}
_REFERENCES: dict[str, dict[str, Lookup]] = {
    "tasks": {**_SHARED, "parent": _parents},
    "models": {**_SHARED, "parent": _models, "task": _tasks},
    "projects": {"user": _users, "company": _companies},
}
