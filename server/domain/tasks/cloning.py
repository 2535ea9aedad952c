"""Cloning: what a copy takes from its template, and what stays behind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from server.domain import project_tree
from server.domain.tasks import models, recorded_arguments, task_fields, transitions
from server.store import Store

OF_TEMPLATES = "template"
"""The tag of drafts that stand ready to be cloned; what is cloned from one is a run, and no template itself."""

COPIED = (
    "name",
    "type",
    "comment",
    "project",
    "tags",
    "script",
    "hyperparams",
    "configuration",
    "container",
    "parent",
)
OF_ONE_RUN = frozenset({"development", "archived", "shared"})
"""System tags that say something of a run, not of what is run."""


def clone(
    store: Store,
    template: Mapping[str, Any],
    changes: Mapping[str, Any],
    user: str,
    company: str,
    now: datetime,
) -> str:
    """A draft with the template's code, parameters and inputs, and the changes on top. Returns: its id.

    What the template's run produced stays behind: output artifacts and models, metrics, runtime, its queue. So do
    the system tags of that one run, and the tag `template`; the others are copied, unless the changes name some.
    """
    fields = {name: template[name] for name in COPIED if template.get(name) is not None}
    fields["tags"] = [tag for tag in template.get("tags") or [] if tag != OF_TEMPLATES]
    fields["system_tags"] = [tag for tag in template.get("system_tags") or [] if tag not in OF_ONE_RUN]
    fields["execution"] = _execution(template.get("execution") or {})
    fields["models"] = {"input": (template.get("models") or {}).get("input") or [], "output": []}
    destination = (template.get("output") or {}).get("destination")
    fields["output"] = {"destination": destination} if destination else {}
    overrides = dict(changes)
    execution = overrides.pop("execution", None)
    if execution:
        fields["execution"] = {**fields["execution"], **execution}
    fields |= {name: value for name, value in overrides.items() if value is not None}
    recorded = template.get("hyperparams") or {}
    fields["script"] = recorded_arguments.without(
        fields.get("script") or {}, recorded if "Args" in recorded else fields.get("hyperparams") or {}
    )
    return store.tasks.insert(task_fields.document(store, fields, user, company, now))


def require_references(store: Store, template: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    """Whether what the clone takes over is still there. Raises: InvalidTaskId, InvalidProjectId, InvalidModelId."""
    if template.get("parent") and "parent" not in changes:
        transitions.existing(store, template["parent"], ("id",))
    if template.get("project") and "project" not in changes:
        project_tree.existing(store, template["project"])
    inputs = (template.get("models") or {}).get("input") or []
    for one in [] if "models" in changes else inputs:
        models.existing(store, one["model"], ("id",))


def _execution(execution: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in execution.items() if name != "queue"}
    kept["artifacts"] = [one for one in execution.get("artifacts") or [] if one.get("mode") == "input"]
    return kept
