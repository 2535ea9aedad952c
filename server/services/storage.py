"""`storage.*`: the credentials of cloud storage that a company keeps with its server, usage, and retention.

The credentials are kept for those who read them back; this server itself stores files in its own folder alone.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pydantic import Field

from server.api.call import Call
from server.api.errors import ValidationFailed
from server.api.registry import endpoint
from server.api.request import Nothing, Request
from server.domain import project_tree
from server.domain.projects import retention_forecast, retention_policy
from server.domain.projects.retention_policy import EVERYWHERE
from server.domain.usage import usage
from server.store.database import times

_NAME = "storage"
_KINDS = ("aws", "google", "azure")


@endpoint("storage.get_settings", Nothing, role="admin")
def get_settings(call: Call, request: Nothing) -> dict[str, Any]:
    """The credentials kept, by kind of storage."""
    return {"settings": call.store.settings.get(_NAME) or {}}


class SetSettings(Request):
    aws: dict[str, Any] | None = None
    google: dict[str, Any] | None = None
    azure: dict[str, Any] | None = None


@endpoint("storage.set_settings", SetSettings, role="admin")
def set_settings(call: Call, request: SetSettings) -> dict[str, Any]:
    """Replace the credentials of the kinds given."""
    given = {kind: value for kind, value in request.given().items() if value is not None}
    return {"updated": _change(call, given)}


class ResetSettings(Request):
    keys: list[str]


@endpoint("storage.reset_settings", ResetSettings, role="admin")
def reset_settings(call: Call, request: ResetSettings) -> dict[str, Any]:
    """Forget the credentials of these kinds."""
    unknown = sorted(set(request.keys) - set(_KINDS))
    if unknown:
        raise ValidationFailed(f"keys are of {', '.join(_KINDS)}, not {', '.join(unknown)}")
    return {"updated": _change(call, dict.fromkeys(request.keys))}


class GetUsage(Request):
    limit: int = Field(default=20, ge=1, le=1000)
    """How many projects and tasks to name, the largest first."""


@endpoint("storage.get_usage", GetUsage, role="viewer")
def get_usage(call: Call, request: GetUsage) -> dict[str, Any]:
    """What takes how much room: disk, database, files by kind, project and task. Not in ClearML's API."""
    return usage(call.store, request.limit)


class Retention(Request):
    project: str = EVERYWHERE
    """For it and all below it; `*`: everywhere."""
    rules: dict[str, float | None] = Field(default_factory=dict)
    """Rule → days; 0: never; null: as the project above has it."""


@endpoint("storage.get_retention", Retention, role="admin")
def get_retention(call: Call, request: Retention) -> dict[str, Any]:
    """What is let go of when it is old: what is set, and what would go now, were `rules` set. Not in ClearML's API."""
    _require_project(call, request.project)
    now = retention_policy.policy(call.store)
    then = retention_policy.changed(now, request.project, request.rules) if request.rules else now
    found = retention_forecast.foreseen(call.store, call.now, then)
    names = call.store.projects.names({*now, *(one.project for one in found)})
    return {
        "rules": [{"name": name, "what": what} for name, what in retention_policy.RULES.items()],
        "set": [{"project": {"id": of, "name": names.get(of)}, "rules": rules} for of, rules in now.items()],
        "foreseen": [
            {**asdict(one), "project": {"id": one.project, "name": names.get(one.project)}} for one in found
        ],
    }


@endpoint("storage.set_retention", Retention, role="admin")
def set_retention(call: Call, request: Retention) -> dict[str, Any]:
    """Set rules. `storage.get_retention` with the same fields says beforehand what would go. Not in ClearML's API."""
    _require_project(call, request.project)
    if not request.rules:
        return {"updated": 0}
    retention_policy.change(call.store, request.project, request.rules)
    return {"updated": 1}


def _require_project(call: Call, project: str) -> None:
    if project != EVERYWHERE:
        project_tree.existing(call.store, project)


def _change(call: Call, changes: dict[str, Any]) -> int:
    if not changes:
        return 0
    with call.store.transaction():
        kept = {**(call.store.settings.get(_NAME) or {}), **changes}
        kept = {kind: value for kind, value in kept.items() if value is not None}
        call.store.settings.set(_NAME, {**kept, "last_update": times.text(call.now)})
    return 1
