"""The kinds of things people count and list: some are projects or tasks with a mark of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.api.errors import ValidationFailed
from server.domain import project_tree
from server.store import Store
from server.store.documents.documents import Collection

_NOT_HIDDEN = {"system_tags": ["-hidden"]}
_KINDS: dict[str, tuple[str, dict[str, Any], bool]] = {
    "projects": ("projects", {}, False),
    "tasks": ("tasks", {"type": ["-report"]}, False),
    "models": ("models", {}, False),
    "pipelines": ("projects", {"system_tags": ["pipeline"]}, True),
    "pipeline_runs": ("tasks", {"system_tags": ["pipeline"]}, True),
    "datasets": ("projects", {"system_tags": ["dataset"]}, True),
    "dataset_versions": ("tasks", {"system_tags": ["dataset"]}, True),
    "reports": ("tasks", {"type": ["report"]}, True),
}
"""Name → collection, what marks it, whether it is hidden by nature."""


def kind(store: Store, name: str) -> tuple[Collection, dict[str, Any], bool]:
    """Of a kind, by its plural: where it is kept, its mark, whether it is hidden by nature."""
    if name not in _KINDS:
        raise ValidationFailed(f"{name!r} is unknown; expected one of {', '.join(_KINDS)}")
    collection, mark, hidden = _KINDS[name]
    return getattr(store, collection), mark, hidden


def restrictions(
    store: Store, name: str, query: Mapping[str, Any], search_hidden: bool
) -> list[dict[str, Any]]:
    """The queries that must hold besides the caller's own."""
    _, mark, hidden = kind(store, name)
    visible = hidden or search_hidden or query.get("search_hidden") or query.get("id")
    return [mark] if visible else [mark, _NOT_HIDDEN]


def with_subprojects(store: Store, query: Mapping[str, Any]) -> dict[str, Any]:
    """The query, its `project` extended by what lies below when it says so."""
    projects = query.get("project")
    if not projects or not query.get("include_subprojects"):
        return dict(query)
    return {**query, "project": project_tree.scope(store, projects)}


def count(
    store: Store, name: str, query: Mapping[str, Any], users: list[str] | None, search_hidden: bool
) -> int:
    """How many of a kind match a query; `users`: only theirs (projects: those that hold something of theirs)."""
    collection, _, _ = kind(store, name)
    also = restrictions(store, name, query, search_hidden)
    if users and collection is store.projects:
        active = store.projects.with_ancestors(store.contents.projects_of_users(users))
        also.append({"id": sorted(active) or ["-"]})
    elif users:
        also.append({"user": users})
    return collection.count(with_subprojects(store, query), *also)


def usages(store: Store, projects: list[str] | None, include_subprojects: bool) -> list[dict[str, Any]]:
    """Of each project: `project`, `tasks`, `models`, `files` and their `size` in bytes."""
    within = project_tree.scope(store, projects, include_subprojects) if projects else None
    tasks = store.contents.counts("tasks", within)
    models = store.contents.counts("models", within)
    files = store.contents.file_sizes(within)
    ids = [one for one in {*tasks, *models, *files} if one]
    names = store.projects.names(ids)
    found = [
        {
            "project": {"id": id, "name": names.get(id)},
            "tasks": tasks.get(id, (0, 0))[0],
            "models": models.get(id, (0, 0))[0],
            "files": files.get(id, (0, 0))[0],
            "size": files.get(id, (0, 0))[1],
        }
        for id in ids
    ]
    return sorted(found, key=lambda one: (-one["size"], one["project"]["name"] or ""))
