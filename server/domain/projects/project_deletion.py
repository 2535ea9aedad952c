"""Deleting projects, and moving the contents of one into another."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from server.api.errors import (
    ProjectCannotBeMergedIntoItsChild,
    ProjectHasDatasets,
    ProjectHasModels,
    ProjectHasPipelines,
    ProjectHasTasks,
)
from server.domain import project_tree
from server.domain.tasks import deletion, models
from server.store import Store


@dataclass
class Removed:
    deleted: int = 0
    disassociated_tasks: int = 0
    deleted_tasks: int = 0
    deleted_models: int = 0
    urls: dict[str, list[str]] = field(default_factory=dict)


def contents(store: Store, project: str) -> dict[str, int]:
    """How many tasks and models a project and all below it hold, and how many of them aren't archived."""
    project_tree.existing(store, project)
    below = store.projects.with_descendants([project])
    answer = {}
    for table in ("tasks", "models"):
        counted = store.contents.counts(table, below).values()
        answer[table] = sum(total for total, _ in counted)
        answer[f"non_archived_{table}"] = sum(shown for _, shown in counted)
    for name, query in _KINDS.items():
        answer[name] = store.tasks.count({"project": below}, query)
    return answer


_KINDS = {
    "reports": {"type": ["report"]},
    "pipelines": {"system_tags": ["pipeline"]},
    "datasets": {"system_tags": ["dataset"]},
}


def delete(
    store: Store, project: str, *, force: bool = False, delete_contents: bool = False, free_files: bool = True
) -> Removed:
    """Delete a project and all below it. What lies there is deleted too, or stays without a project.

    With `free_files`, the files go that nothing names any more.

    Raises:
        InvalidProjectId. ProjectHasTasks, ProjectHasModels: without `force`, when something there isn't archived.
    """
    held = contents(store, project)
    if not force and held["non_archived_tasks"]:
        for kind, error in (("pipelines", ProjectHasPipelines), ("datasets", ProjectHasDatasets)):
            if held[kind]:
                raise error("use force=true to delete it", id=project)
        raise ProjectHasTasks("use force=true to delete it", id=project)
    if not force and held["non_archived_models"]:
        raise ProjectHasModels("use force=true to delete it", id=project)
    below = store.projects.with_descendants([project])
    removed = Removed()
    if delete_contents:
        _delete_contents(store, below, free_files, removed)
    else:
        removed.disassociated_tasks = store.tasks.move(store.tasks.ids({"project": below}), None)
        store.models.move(store.models.ids({"project": below}), None)
    removed.deleted = len(below)
    store.projects.delete(below)
    return removed


def _delete_contents(store: Store, projects: list[str], free_files: bool, removed: Removed) -> None:
    for task in store.tasks.ids({"project": projects}):
        one = deletion.delete(store, task, force=True, free_files=free_files)
        removed.deleted_tasks += 1
        removed.deleted_models += one.deleted_models
        for kind, urls in one.urls.items():
            removed.urls.setdefault(kind, []).extend(urls)
    for model in store.models.ids({"project": projects}):
        uri = models.delete(store, model, force=True, free_files=free_files)
        removed.deleted_models += 1
        if uri:
            removed.urls.setdefault("model_urls", []).append(uri)


def merge(
    store: Store, project: str, destination: str | None, user: str, company: str, now: datetime
) -> tuple[int, int]:
    """Move everything in a project into another (or out to the top), then delete the empty one.

    Sub-projects of the same name are merged as well. Returns: tasks and models moved, projects moved.

    Raises:
        InvalidProjectId. ProjectCannotBeMergedIntoItsChild: the destination is the project or lies below it.
    """
    source = project_tree.existing(store, project)
    target = project_tree.existing(store, destination) if destination else None
    if destination in store.projects.with_descendants([project]):
        raise ProjectCannotBeMergedIntoItsChild(project=project, destination=destination)
    entities = store.tasks.move(store.tasks.ids({"project": [project]}), destination)
    entities += store.models.move(store.models.ids({"project": [project]}), destination)
    projects = 0
    for child in store.projects.children(source["id"]):
        name = f"{target['name']}/{child['basename']}" if target else child["basename"]
        same = store.projects.by_name(name)
        if same and same["id"] != child["id"]:
            more = merge(store, child["id"], same["id"], user, company, now)
            entities, projects = entities + more[0], projects + more[1]
        else:
            project_tree.relocate(store, child["id"], name, user, company, now)
            projects += 1
    store.projects.delete([project])
    return entities, projects
