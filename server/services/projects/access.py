"""Who may read or change a project. Not in ClearML's open API."""

from __future__ import annotations

from typing import Any, Literal

from server.api.call import Call
from server.api.registry import endpoint
from server.api.request import Request
from server.domain import project_tree
from server.domain.users import project_access
from server.services.projects.read import OfProject


class GetAccess(Request):
    project: str | None = None


@endpoint("projects.get_access", GetAccess, role="admin")
def get_access(call: Call, request: GetAccess) -> dict[str, Any]:
    """What is said of who may do what, in one project or in all; where nothing is said, the role alone counts."""
    if request.project is not None:
        project_tree.existing(call.store, request.project)
    return {"entries": call.store.project_access.all(request.project)}


class SetAccess(OfProject):
    user: str
    """A user's id, or `*` for everybody."""
    level: Literal["none", "read", "write", "unset"]


@endpoint("projects.set_access", SetAccess, role="admin")
def set_access(call: Call, request: SetAccess) -> dict[str, Any]:
    """Say what a user (`*`: everybody) may do in a project and below it: none, read or write; `unset` takes it back."""
    with call.store.transaction():
        updated = project_access.set_level(call.store, request.project, request.user, request.level)
    return {"updated": updated}
