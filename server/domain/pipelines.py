"""Pipelines: a controller task, marked `pipeline`, whose steps are its children."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from server.api.errors import CannotRemoveAllRuns, InvalidTaskType
from server.domain import project_tree
from server.domain.tasks import cloning, transitions
from server.store import Store

MARK = "pipeline"
_NUMBER = re.compile(r" #(\d+)$")


def new_run(
    store: Store, task: str, args: Mapping[str, str | None], user: str, company: str, now: datetime
) -> str:
    """A draft of the controller with some of its `Args` changed. Returns: its id.

    Raises:
        InvalidTaskId. InvalidTaskType: the task is no pipeline's controller.
    """
    template = transitions.existing(store, task)
    if MARK not in template["system_tags"]:
        raise InvalidTaskType(f"a pipeline's controller has the system tag {MARK!r}", id=task)
    hyperparams = {section: dict(params) for section, params in template["hyperparams"].items()}
    section = hyperparams.setdefault("Args", {})
    for name, value in args.items():
        section[name] = {**section.get(name, {}), "value": value}
    changes = {
        "name": _next_name(store, template),
        "hyperparams": hyperparams,
    }
    return cloning.clone(store, template, changes, user, company, now)


def _next_name(store: Store, template: dict[str, Any]) -> str:
    """`name #2` for the second run."""
    base = _NUMBER.sub("", template["name"])
    query = {"name": f"^{re.escape(base)}( #[0-9]+)?$", "only_fields": ["name"]}
    if template.get("project"):
        query["project"] = [template["project"]]
    taken = [_NUMBER.search(one["name"]) for one in store.tasks.all(query)]
    return f"{base} #{max((int(number[1]) if number else 1 for number in taken), default=0) + 1}"


def steps(store: Store, run: str) -> list[str]:
    """The tasks that a run started."""
    return store.tasks.ids({"parent": run})


def require_run(store: Store, project: str, task: str) -> None:
    """Raises: InvalidTaskId. InvalidTaskType: the task is no run of this pipeline."""
    found = transitions.existing(store, task, ("project", "system_tags"))
    if found.get("project") != project or MARK not in found["system_tags"]:
        raise InvalidTaskType("it is no run of this pipeline", id=task)


def require_remaining(store: Store, project: str, runs: Iterable[str]) -> None:
    """Raises: InvalidProjectId. CannotRemoveAllRuns: no run of the pipeline would be left."""
    project_tree.existing(store, project)
    existing = set(store.tasks.ids({"project": [project], "system_tags": [MARK]}))
    if existing and not existing - set(runs):
        raise CannotRemoveAllRuns(project=project)
