"""`auth.*`: tokens, access keys, sessions."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from server.api import called
from server.api.call import Call, Identity
from server.api.errors import (
    BadRequest,
    InvalidId,
    InvalidToken,
    NoCredentials,
    NotAllowedForRole,
    StorageFull,
    ValidationFailed,
)
from server.api.registry import endpoint
from server.api.request import Nothing, Request
from server.domain.users import access, users


class Login(Request):
    expiration_sec: int | None = None


@endpoint("auth.login", Login, role=None)
def login(call: Call, request: Login) -> dict[str, Any]:
    """A token, for an access key or a still valid token; a session besides, for a user and password.

    One that was asked for with a short life is only exchanged for others that end with it; so is what came of it.
    """
    wanted = call.query.get("expiration_sec") or request.expiration_sec
    usual = timedelta(days=call.settings.token_days)
    life = min(usual, timedelta(seconds=_seconds(wanted))) if wanted else usual
    limited = life < usual
    identity = call.identity
    if identity is None:
        identity = call.identity = _signed_in(call)
        life = min(life, access.SESSION_LIFE) if wanted else access.SESSION_LIFE
    elif call.headers.get(access.ACT_AS):
        user = access.impersonated(call.store, identity, call.headers[access.ACT_AS])
        identity = access.open_session(call.store, user, call.now, identity.until)
        life = min(life, access.SESSION_LIFE) if wanted else access.SESSION_LIFE
    elif identity.key:
        with suppress(StorageFull), call.store.transaction():  # a disk without room keeps nobody from reading
            call.store.users.note_use(identity.key, call.client, call.now)
    token = call.tokens.sign(identity, call.now, life, limited=limited)
    if identity.session:
        call.cookies.append((access.cookie(call.settings.port), token, int(life.total_seconds())))
    return {"token": token}


def _seconds(wanted: object) -> int:
    try:
        return min(max(int(str(wanted)), 60), 10 * 365 * 86400)
    except ValueError as fault:
        raise ValidationFailed(f"expiration_sec must be a whole number, not {wanted!r}") from fault


def _signed_in(call: Call) -> Identity:
    """A browser's new session: by password, or for the first user where everybody on the machine is let in."""
    authorization = call.headers.get("authorization", "")
    if authorization.lower().startswith("basic "):
        name, password = access.basic(authorization.partition(" ")[2])
        user = access.of_password(call.store, call.login_limits, name, password, call.client, call.now).user
    elif call.settings.auth == "open" and not authorization:
        raise NoCredentials(
            called.spoken(
                "a browser is let in by the link that the server printed; `python -m server link` makes another"
            )
        )
    elif authorization or call.settings.auth == "password":
        raise NoCredentials()
    else:
        user = access.ensure_admin(call.store, call.now)
    return access.open_session(call.store, user, call.now)


class CreateCredentials(Request):
    label: str | None = None


@endpoint("auth.create_credentials", CreateCredentials, role="viewer")
def create_credentials(call: Call, request: CreateCredentials) -> dict[str, Any]:
    """A new key pair for the caller. The secret is shown this once. Not for a token of a limited life."""
    if call.identity and call.identity.until:
        raise NotAllowedForRole(
            "a key would outlive your token, which has a limited life; sign in without one"
        )
    with call.store.transaction():
        access_key, secret = call.store.users.create_credentials(call.user, request.label, call.now)
    return {"credentials": {"access_key": access_key, "secret_key": secret, "label": request.label}}


@endpoint("auth.get_credentials", Nothing, role="viewer")
def get_credentials(call: Call, request: Nothing) -> dict[str, Any]:
    """The caller's keys, without their secrets."""
    return {"credentials": call.store.users.credentials(call.user), "additional_credentials": {}}


class EditCredentials(Request):
    access_key: str
    label: str | None = None


@endpoint("auth.edit_credentials", EditCredentials, role="viewer")
def edit_credentials(call: Call, request: EditCredentials) -> dict[str, Any]:
    """Change a key's label."""
    with call.store.transaction():
        updated = call.store.users.label_credentials(call.user, request.access_key, request.label)
    if not updated:
        raise InvalidId(access_key=request.access_key)
    return {"updated": updated}


class RevokeCredentials(Request):
    access_key: str


@endpoint("auth.revoke_credentials", RevokeCredentials, role="viewer")
def revoke_credentials(call: Call, request: RevokeCredentials) -> dict[str, Any]:
    """Remove a key. Tokens made from it stop working with the answer."""
    with call.store.transaction():
        revoked = call.store.users.revoke_credentials(call.user, request.access_key)
    if not revoked:
        raise InvalidId(access_key=request.access_key)
    return {"revoked": revoked}


@endpoint("auth.logout", Nothing, role="viewer")
def logout(call: Call, request: Nothing) -> dict[str, Any]:
    """Close the session the call came from."""
    if not call.identity or not call.identity.session:
        raise BadRequest("only a browser's session can be closed; to end a key, revoke it")
    with call.store.transaction():
        call.store.users.close_session(call.identity.session)
    call.cookies.append((access.cookie(call.settings.port), "", 0))
    return {}


# Management: for an administrator, or for another service that asks on behalf of people


@endpoint("auth.fixed_users_mode", Nothing, role=None)
def fixed_users_mode(call: Call, request: Nothing) -> dict[str, Any]:
    """Whether users sign in with passwords."""
    return {"enabled": call.settings.auth == "password", "guest": {"enabled": False}}


class GetTokenForUser(Request):
    user: str
    company: str | None = None
    expiration_sec: int | None = None


@endpoint("auth.get_token_for_user", GetTokenForUser, role="admin")
def get_token_for_user(call: Call, request: GetTokenForUser) -> dict[str, Any]:
    """A token with which to act as another user. It ends with its time, or with that user's sessions."""
    users.existing(call.store, request.user)
    users.require_company(call, request.company, "company")
    life = min(timedelta(seconds=_seconds(request.expiration_sec or 86400)), access.SESSION_LIFE)
    until = call.identity.until if call.identity else 0
    identity = access.open_session(call.store, request.user, call.now, until)
    return {"token": call.tokens.sign(identity, call.now, life, limited=True)}


class ValidateToken(Request):
    token: str


@endpoint("auth.validate_token", ValidateToken, role="admin")
def validate_token(call: Call, request: ValidateToken) -> dict[str, Any]:
    """Whether a token of this server still holds, and why not."""
    try:
        access.of_token(call.store, call.tokens, request.token, call.now)
    except InvalidToken as fault:
        return {"valid": False, "msg": fault.message}
    return {"valid": True, "msg": ""}
