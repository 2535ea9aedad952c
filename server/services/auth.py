"""`auth.*`: tokens, access keys, sessions."""

from __future__ import annotations

from datetime import timedelta

from server.api.call import Call, Identity
from server.api.errors import BadRequest, InvalidId, Unauthorized
from server.api.registry import endpoint
from server.api.request import Nothing, Request
from server.domain import access


class Login(Request):
    expiration_sec: int | None = None


@endpoint("auth.login", Login, role=None)
def login(call: Call, request: Login) -> dict:
    """A token for an access key (HTTP Basic) or a still valid token; a session for a browser."""
    wanted = call.query.get("expiration_sec") or request.expiration_sec
    life = timedelta(days=call.settings.token_days)
    if wanted:
        life = min(life, timedelta(seconds=max(int(wanted), 60)))
    identity = call.identity
    if identity is None:
        if call.settings.auth == "password":
            raise Unauthorized("give an access key and secret key, or sign in with a password")
        identity, life = _open_session(call), access.SESSION_LIFE
    elif identity.key:
        with call.store.transaction():
            call.store.users.note_use(identity.key, call.client, call.now)
    token = call.tokens.sign(identity, call.now, life)
    if identity.session:
        call.cookies.append((access.COOKIE, token, int(life.total_seconds())))
    return {"token": token}


def _open_session(call: Call) -> Identity:
    with call.store.transaction():
        user = access.ensure_admin(call.store, call.now)
        session = call.store.users.open_session(user, call.now, call.now + access.SESSION_LIFE)
    identity = call.store.users.identity_of_session(session)
    assert identity is not None
    return identity


class CreateCredentials(Request):
    label: str | None = None


@endpoint("auth.create_credentials", CreateCredentials)
def create_credentials(call: Call, request: CreateCredentials) -> dict:
    """A new key pair for the caller. The secret is shown this once."""
    with call.store.transaction():
        access_key, secret = call.store.users.create_credentials(call.user, request.label, call.now)
    return {"credentials": {"access_key": access_key, "secret_key": secret, "label": request.label}}


@endpoint("auth.get_credentials", Nothing)
def get_credentials(call: Call, request: Nothing) -> dict:
    """The caller's keys, without their secrets."""
    return {"credentials": call.store.users.credentials(call.user), "additional_credentials": []}


class EditCredentials(Request):
    access_key: str
    label: str | None = None


@endpoint("auth.edit_credentials", EditCredentials)
def edit_credentials(call: Call, request: EditCredentials) -> dict:
    """Change a key's label."""
    with call.store.transaction():
        updated = call.store.users.label_credentials(call.user, request.access_key, request.label)
    if not updated:
        raise InvalidId(access_key=request.access_key)
    return {"updated": updated}


class RevokeCredentials(Request):
    access_key: str


@endpoint("auth.revoke_credentials", RevokeCredentials)
def revoke_credentials(call: Call, request: RevokeCredentials) -> dict:
    """Remove a key. Tokens made from it stop working with the answer."""
    with call.store.transaction():
        revoked = call.store.users.revoke_credentials(call.user, request.access_key)
    if not revoked:
        raise InvalidId(access_key=request.access_key)
    return {"revoked": revoked}


@endpoint("auth.logout", Nothing, role="viewer")
def logout(call: Call, request: Nothing) -> dict:
    """Close the session the call came from."""
    if not call.identity or not call.identity.session:
        raise BadRequest("only a browser's session can be closed; to end a key, revoke it")
    with call.store.transaction():
        call.store.users.close_session(call.identity.session)
    call.cookies.append((access.COOKIE, "", 0))
    return {}
