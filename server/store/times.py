"""Times as the database holds them: ISO 8601, UTC, always microseconds, so that text order is time order."""

from __future__ import annotations

from datetime import datetime, timezone

from dateutil import parser


def text(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat(timespec="microseconds")


def parse(value: str) -> datetime:
    """Any form a client may send; without a zone it is UTC. Raises: ValueError."""
    moment = parser.parse(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
