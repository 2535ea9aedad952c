"""What a handler knows about the call it answers, beside the request's own fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from server.api.change import Change

if TYPE_CHECKING:
    from server.api.tokens import Tokens
    from server.domain.users.login_limits import LoginLimits
    from server.settings import Settings
    from server.store import Store

ROLES = ("viewer", "user", "admin")
"""In rising order: a role may do what those before it may."""


@dataclass(frozen=True)
class Identity:
    """Who calls. `key` is the access key the token came from (empty for a browser's session)."""

    user: str
    role: str
    company: str
    name: str = ""
    key: str = ""
    session: str = ""
    login: str = ""
    """Of the token, each its own: tells programs apart that have one key. Empty for a key that comes by itself."""
    until: int = 0
    """Seconds since 1970: nothing that is made with a token of a limited life may outlive it. 0: it isn't limited."""

    def may(self, role: str) -> bool:
        return ROLES.index(self.role) >= ROLES.index(role)


@dataclass
class Call:
    """One call: who, when, with what at hand. Handlers are plain functions run in a thread."""

    endpoint: str
    identity: Identity | None
    now: datetime
    store: Store
    settings: Settings
    tokens: Tokens
    login_limits: LoginLimits
    version: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cookies: list[tuple[str, str, int]] = field(default_factory=list)
    """Session cookies to set with the answer: (name, value, seconds to live; 0 removes)."""
    client: str = ""
    """The caller's address, for login limits and the log."""

    @property
    def user(self) -> str:
        assert self.identity is not None, f"{self.endpoint} is served without credentials"
        return self.identity.user

    @property
    def login(self) -> str:
        return self.identity.login if self.identity else ""

    def change(self, force: bool | None = False, reason: str | None = "", message: str | None = "") -> Change:
        """A change that this caller makes now, with what the request says of it."""
        return Change(self.now, self.user, self.login, bool(force), reason or "", message or "")

    @property
    def company(self) -> str:
        return self.identity.company if self.identity else ""
