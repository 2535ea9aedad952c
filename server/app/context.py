"""What the process has open, handed to each room."""

from __future__ import annotations

from dataclasses import dataclass

from server.api.tokens import Tokens
from server.settings import Settings
from server.store import Store


@dataclass(frozen=True)
class Context:
    settings: Settings
    store: Store
    tokens: Tokens
