"""`audit.*`: who did what that others may want to know of. Not in ClearML's own API."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from server.api.call import Call
from server.api.errors import ValidationFailed
from server.api.registry import endpoint
from server.api.request import Request
from server.domain.users import audit


class GetAll(Request):
    kind: str = ""
    failed: bool | None = None
    page: int = Field(default=0, ge=0, le=1_000_000)
    page_size: int = Field(default=50, ge=1, le=500)


@endpoint("audit.get_all", GetAll, role="admin")
def get_all(call: Call, request: GetAll) -> dict[str, Any]:
    """Sign-ins, changes of users, keys and settings, deletions; the newest first, by page."""
    if request.kind not in ("", *audit.KINDS):
        raise ValidationFailed(f"kind is one of {', '.join(audit.KINDS)}, not {request.kind!r}")
    entries, total = call.store.audit.page(request.page, request.page_size, request.kind, request.failed)
    return {"entries": entries, "total": total}
