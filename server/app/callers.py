"""Who asks, whatever is asked for: the credentials in a request's headers, or its cookie."""

from __future__ import annotations

from datetime import datetime, timezone

from starlette.requests import Request

from server.api.call import Identity
from server.app.context import Context
from server.app.observed import facts_of
from server.app.pace import Pace
from server.domain import access


def identified(
    request: Request, context: Context, pace: Pace, now: datetime | None = None
) -> Identity | None:
    """None when nothing was presented. Runs in a worker thread. Raises: what `access.identify` does."""
    identity = access.identify(
        context.store,
        context.tokens,
        request.headers.get("authorization", ""),
        request.cookies.get(access.COOKIE, ""),
        now or datetime.now(timezone.utc),
    )
    if identity is not None:
        facts_of(request.scope).user = identity.user
        pace.is_good(request)
    return identity
