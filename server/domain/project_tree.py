"""The tree of projects: a name is a path, and every part of it is a project."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from server.api import limits
from server.api.errors import (
    CannotUpdateProjectLocation,
    InvalidProjectId,
    InvalidProjectName,
    ProjectCannotBeMovedUnderItself,
    ProjectExists,
    ProjectPathTooLong,
)
from server.store import Store
from server.store.database import times


def existing(store: Store, project: str) -> dict[str, Any]:
    """The project. Raises: InvalidProjectId; one that says so when the name of a project was given."""
    found = store.projects.get(project)
    if found is None:
        named = store.projects.by_name(project)
        raise InvalidProjectId(f"that is a name; its id is {named['id']}" if named else "", id=project)
    return found


def clean_name(name: str) -> str:
    """Without blanks and slashes around its parts.

    Raises:
        InvalidProjectName: for an empty part, and for `.` and `..`: a project is a folder of files.
        ProjectPathTooLong
    """
    parts = [part.strip() for part in name.strip().strip("/").split("/")]
    if len(parts) > limits.DEPTH or len(name) > limits.NAME:
        raise ProjectPathTooLong(f"at most {limits.DEPTH} parts and {limits.NAME:,} characters")
    if not all(parts):
        raise InvalidProjectName(f"{name!r}: a part of it is empty")
    if {".", ".."} & set(parts):
        raise InvalidProjectName(f"{name!r}: a part of it is a dot or two, which no folder can be called")
    return "/".join(parts)


def create(store: Store, name: str, user: str, company: str, now: datetime, **fields: Any) -> str:
    """Create a project, and its parents where they are missing. Returns: its id.

    Raises:
        ProjectExists: the name is taken.
    """
    name = clean_name(name)
    if store.projects.by_name(name):
        raise ProjectExists(name=name)
    parent_name, _, basename = name.rpartition("/")
    parent = ensure(store, parent_name, user, company, now) if parent_name else None
    path = [*existing(store, parent)["path"], parent] if parent else []
    moment = times.text(now)
    document = {"id": uuid.uuid4().hex, "name": name, "basename": basename, "parent": parent, "path": path}
    stamps = {"user": user, "company": company, "created": moment, "last_update": moment}
    return store.projects.insert({"tags": [], "system_tags": [], **fields, **document, **stamps})


def ensure(store: Store, name: str, user: str, company: str, now: datetime, **fields: Any) -> str:
    """The id of the project with this name, created when missing."""
    found = store.projects.by_name(clean_name(name))
    return found["id"] if found else create(store, name, user, company, now, **fields)


def rename(store: Store, project: str, new_name: str, user: str, company: str, now: datetime) -> str:
    """Change the last part of a project's name; `new_name` is the whole path. Returns: it, cleaned.

    Raises:
        CannotUpdateProjectLocation: it names another place. ProjectExists: the name is taken.
    """
    before, name = existing(store, project)["name"], clean_name(new_name)
    if name.rpartition("/")[0] != before.rpartition("/")[0]:
        raise CannotUpdateProjectLocation(f"from {before!r} to {name!r}")
    relocate(store, project, name, user, company, now)
    return name


def relocate(store: Store, project: str, new_name: str, user: str, company: str, now: datetime) -> int:
    """Give a project another path; what lies below follows. Missing parents are created.

    Returns: the number of projects whose name changed.

    Raises:
        ProjectExists: the name is taken. ProjectCannotBeMovedUnderItself.
    """
    before, new_name = existing(store, project), clean_name(new_name)
    if new_name == before["name"]:
        return 0
    if new_name.startswith(before["name"] + "/"):
        raise ProjectCannotBeMovedUnderItself(f"from {before['name']!r} to {new_name!r}")
    if store.projects.by_name(new_name):
        raise ProjectExists(name=new_name)
    parent_name, _, basename = new_name.rpartition("/")
    parent = ensure(store, parent_name, user, company, now) if parent_name else None
    path = [*existing(store, parent)["path"], parent] if parent else []
    moment = times.text(now)
    fields = {"name": new_name, "basename": basename, "parent": parent, "path": path, "last_update": moment}
    store.projects.update(project, fields)
    return 1 + _rename_below(store, project, new_name, [*path, project], moment)


def _rename_below(store: Store, parent: str, name: str, path: list[str], moment: str) -> int:
    changed = 0
    for child in store.projects.children(parent):
        new_name = f"{name}/{child['basename']}"
        store.projects.update(child["id"], {"name": new_name, "path": path, "last_update": moment})
        changed += 1 + _rename_below(store, child["id"], new_name, [*path, child["id"]], moment)
    return changed


def scope(store: Store, projects: Any, include_subprojects: bool = True) -> list[Any]:
    """The project ids that a filter stands for, with what lies below. Operators and nulls pass through."""
    listed = list(projects) if isinstance(projects, (list, tuple, set)) else [projects] if projects else []
    plain = all(isinstance(one, str) and not one.startswith(("-", "__$")) for one in listed)
    return store.projects.with_descendants(listed) if include_subprojects and plain else listed
