"""Reports: tasks of type `report`, whose text is Markdown; each lies in the hidden `.reports` of its project."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from server.api.errors import InvalidTaskStatus, InvalidTaskType
from server.domain import project_tree
from server.domain.tasks import task_fields, transitions
from server.store import Store

TYPE = "report"
FOLDER = ".reports"
_MARKS = ["reports"]
_HIDDEN = ["reports", "hidden"]


def existing(store: Store, task: str) -> dict[str, Any]:
    """The report. Raises: InvalidTaskId. InvalidTaskType: it is another kind of task."""
    found = transitions.existing(store, task)
    if found["type"] != TYPE:
        raise InvalidTaskType("it isn't a report", id=task)
    return found


def draft(store: Store, task: str) -> dict[str, Any]:
    """As `existing`. Raises: InvalidTaskStatus for a published one."""
    found = existing(store, task)
    if found["status"] in ("published", "publishing"):
        raise InvalidTaskStatus("a published report can't be changed", id=task)
    return found


def create(
    store: Store, fields: Mapping[str, Any], user: str, company: str, now: datetime
) -> tuple[str, str]:
    """Returns: the ids of the report and of the project it lies in. Raises: InvalidProjectId."""
    project = folder(store, fields.get("project"), user, company, now)
    given = {name: value for name, value in fields.items() if name != "project" and value is not None}
    document = task_fields.document(
        store, {**given, "type": TYPE, "system_tags": _MARKS, "project": project}, user, company, now
    )
    return store.tasks.insert(document), project


def folder(store: Store, project: str | None, user: str, company: str, now: datetime) -> str:
    """The id of the hidden project that holds a project's reports (at the top: without one), made when missing."""
    if project:
        found = project_tree.existing(store, project)
        if found["basename"] == FOLDER:
            return project
        name = f"{found['name']}/{FOLDER}"
    else:
        name = FOLDER
    return project_tree.ensure(store, name, user, company, now, system_tags=_HIDDEN)


def drop_empty_folder(store: Store, project: str | None) -> None:
    """A `.reports` that held its last report goes with it."""
    found = store.projects.get(project, ("basename",)) if project else None
    if found and found["basename"] == FOLDER and not store.tasks.count({"project": [found["id"]]}):
        store.projects.delete(found["id"])
