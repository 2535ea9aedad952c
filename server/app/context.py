"""What the process has open, handed to each room."""

from __future__ import annotations

from dataclasses import dataclass, field

from server.api.tokens import Tokens
from server.domain.soundness import Soundness
from server.domain.users.audit import Failures
from server.domain.users.links import Links
from server.domain.users.login_limits import LoginLimits
from server.settings import Settings
from server.store import Store


@dataclass(frozen=True)
class Context:
    settings: Settings
    store: Store
    tokens: Tokens
    login_limits: LoginLimits = field(default_factory=LoginLimits)
    soundness: Soundness = field(default_factory=Soundness)
    links: Links = field(default_factory=Links)
    failures: Failures = field(default_factory=Failures)
