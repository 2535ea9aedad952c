"""Who asks, whatever is asked for: the credentials in a request's headers, or its cookie."""

from __future__ import annotations

from datetime import datetime, timezone

from starlette.requests import Request

from server.api.call import Identity
from server.api.errors import ApiError, BadCredentials, InvalidCredentials, TooManyAttempts, WrongPassword
from server.app.context import Context
from server.app.requests.observed import facts_of
from server.app.requests.pace import Pace
from server.domain.users import access

_REFUSED_SIGN_INS = (InvalidCredentials, WrongPassword, TooManyAttempts)


def identified(
    request: Request, context: Context, pace: Pace, now: datetime | None = None
) -> Identity | None:
    """None when nothing was presented. Runs in a worker thread. Raises: what `access.identify` does."""
    identity = access.identify(
        context.store,
        context.tokens,
        request.headers.get("authorization", ""),
        request.cookies.get(access.cookie(context.settings.port), ""),
        now or datetime.now(timezone.utc),
    )
    if identity is not None:
        facts_of(request.scope).user = identity.user
        pace.is_good(request)
    return identity


def note_refusal(request: Request, context: Context, fault: ApiError) -> None:
    """Keep a failed sign-in in the audit log: a key or a password that is wrong, whatever it was to open."""
    if not isinstance(fault, _REFUSED_SIGN_INS):
        return
    try:
        name, _ = access.basic(request.headers.get("authorization", "").partition(" ")[2])
    except BadCredentials:
        name = ""
    client = request.client.host if request.client else ""
    context.failures.note(context.store, datetime.now(timezone.utc), name, client, fault.message)
