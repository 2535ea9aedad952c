"""Who calls: from an access key, a token or a browser's session to an `Identity`."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import replace
from datetime import datetime, timedelta

from server.api.call import Identity
from server.api.errors import (
    BadAuthType,
    BadCredentials,
    BlockedToken,
    ImpersonationError,
    InvalidCredentials,
    NotAllowedForRole,
    StorageFull,
    WrongPassword,
)
from server.api.tokens import Tokens
from server.domain.users import passwords, users
from server.domain.users.login_limits import LoginLimits
from server.store import Store

_COOKIE = "soundyard_session"
ACT_AS = "x-clearml-impersonate-as"
"""The header by which an admin acts for another user."""
SESSION_LIFE = timedelta(days=14)
ADMIN = "Soundyard"
"""The name of the user that exists from the first start on."""
PROGRAMS, PROGRAMS_ID = "Soundyard programs", "50757264796172642070726f6772616d"
"""The user that agents and tasks are: the client configuration has its key."""
WEB_PAGE_KEY = (
    "EYVQ385RW7Y2QQUH88CZ7DWIQ1WUHP",
    "yfc8KQo*GMXb*9p((qcYC7ByFIpF7I&4VH3BfUYXH%o9vX1ZUZQEEw1Inc)S",
)
"""The default of the published clearml-web, in its environment file."""
_KEPT_AS = {"open": "link", "none": "open"}
"""Earlier versions let everybody in who was on the machine, and called that open: who came in by it is not let in by
being it."""
_MODES = {kept: auth for auth, kept in _KEPT_AS.items()}
_ACCESS_KEY = re.compile(r"^([0-9A-F]{32}|[0-9A-Z]{20,})$")


def cookie(port: int) -> str:
    """The name of the session's cookie: a browser has the same cookies for all ports of a machine."""
    return f"{_COOKIE}_{port}"


def basic(header: str) -> tuple[str, str]:
    """The two parts of HTTP Basic (RFC 7617). Raises: BadCredentials when it can't be read."""
    try:
        name, _, secret = base64.b64decode(header, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as fault:
        raise BadCredentials("the Authorization header can't be decoded") from fault
    return name, secret


def enter_mode(store: Store, auth: str, now: datetime) -> None:
    """The server starts with this setting of `auth`. What was let in without a password doesn't stay with them on.

    ClearML's own web page signs in with a key pair that everybody knows, then acts for a user of the list. Where
    everybody gets in that key is as good as none, and is accepted; elsewhere it is not.
    """
    access_key, secret = WEB_PAGE_KEY
    if auth == "none":
        store.users.add_credentials(ensure_admin(store, now), access_key, secret, "ClearML's web page", now)
    else:
        store.users.drop_credentials(access_key)
    if mode(store) != auth:
        store.users.close_all_sessions()
        store.settings.set("auth", _KEPT_AS.get(auth, auth))


def mode(store: Store) -> str | None:
    """How the server was started last: `open`, `password` or `none`; None when it never was."""
    kept = store.settings.get("auth")
    return _MODES.get(kept, kept)


def impersonated(store: Store, identity: Identity, user: str) -> str:
    """The user an admin asks to act for. Raises: NotAllowedForRole, ImpersonationError."""
    if not identity.may("admin"):
        raise NotAllowedForRole("acting for others is an admin's right")
    if store.users.get(user) is None:
        raise ImpersonationError("there is no such user", user=user)
    return user


def acting_as(store: Store, identity: Identity, user: str) -> Identity:
    """What an admin does for a user is done as that user, with that user's rights. Raises: as `impersonated`."""
    found = users.existing(store, impersonated(store, identity, user))
    return Identity(
        found["id"],
        found["role"],
        found["company"],
        found["name"],
        key=identity.key,
        session=identity.session,
        login=identity.login,
        until=identity.until,
    )


def of_key(store: Store, access_key: str, secret: str) -> Identity:
    identity = store.users.identity_of_key(access_key, secret)
    if identity is None:
        raise InvalidCredentials()
    return identity


def of_token(store: Store, tokens: Tokens, token: str, now: datetime) -> Identity:
    """A token is as good as what it came from: a revoked key or a closed session ends it at once."""
    claims = tokens.verify(token, now)
    if claims.get("key"):
        identity = store.users.identity_of_key(claims["key"])
    else:
        identity = store.users.identity_of_session(claims.get("session", ""))
    if identity is None:
        raise BlockedToken()
    return replace(identity, until=int(claims.get("until", 0)), login=str(claims.get("jti", "")))


def of_password(
    store: Store, limits: LoginLimits, name: str, password: str, address: str, now: datetime
) -> Identity:
    """Who signs in with this name and password.

    Raises:
        InvalidCredentials: the name looks like an access key, which is never limited: programs repeat themselves.
        TooManyAttempts: this name, or this address, failed too often lately. WrongPassword
    """
    if _ACCESS_KEY.match(name):
        raise InvalidCredentials()
    limits.check(name, address, now)
    user = store.users.by_name(name)
    if not passwords.matches(password, user["password"] if user else None) or user is None:
        limits.failed(name, address, now)
        raise WrongPassword()
    limits.succeeded(name, address)
    return Identity(user["id"], user["role"], user["company"], user["name"])


def open_session(store: Store, user: str, now: datetime, until: int = 0) -> Identity:
    """A browser is signed in; where the disk has no room, until the server ends. Returns: the identity that names the
    session; nothing made with it outlives `until` (0: no such limit)."""
    try:
        with store.transaction():
            session = store.users.open_session(user, now, now + SESSION_LIFE)
    except StorageFull:
        session = store.users.open_passing_session(user)
    identity = store.users.identity_of_session(session)
    assert identity is not None
    return replace(identity, until=until)


def identify(store: Store, tokens: Tokens, authorization: str, cookie: str, now: datetime) -> Identity | None:
    """The caller's identity, or None when nothing was presented.

    Raises:
        InvalidCredentials, InvalidToken, BadAuthType: something was presented that doesn't hold.
    """
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "basic":
        return of_key(store, *basic(value))
    if scheme.lower() == "bearer":
        return of_token(store, tokens, value.strip(), now)
    if cookie:
        return of_token(store, tokens, cookie, now)
    if authorization:
        raise BadAuthType(scheme[:40])
    return None


def ensure_admin(store: Store, now: datetime) -> str:
    """The first user, made on the first start. Returns: its id."""
    for user in store.users.all():
        if user["role"] == "admin":
            return user["id"]
    with store.transaction():
        return store.users.create(ADMIN, "admin", now)


def ensure_programs(store: Store, now: datetime) -> str:
    """The user that agents and tasks are; its role is a person's to change. Returns: its id."""
    if store.users.get(PROGRAMS_ID) is None:
        name = PROGRAMS if store.users.by_name(PROGRAMS) is None else f"{PROGRAMS} ({PROGRAMS_ID[:8]})"
        store.users.create(name, "user", now, user=PROGRAMS_ID)
    return PROGRAMS_ID
