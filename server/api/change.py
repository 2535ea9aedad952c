"""What a change of a document is made with: who, when, why, and whether in spite of its rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Change:
    """Made from a request by `Call.change`, or by the server on its own; it goes whole to whatever writes."""

    now: datetime
    user: str | None = None
    """None: the server, by itself."""
    login: str = ""
    """Whose token asks: see `Identity.login`."""
    force: bool = False
    """Whatever the state is."""
    reason: str = ""
    message: str = ""
