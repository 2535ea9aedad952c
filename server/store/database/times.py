"""Times as the database holds them: ISO 8601, UTC, always microseconds, so that text order is time order."""

from __future__ import annotations

from datetime import datetime, timezone

from dateutil import parser

from server.api.errors import ValidationFailed


def text(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat(timespec="microseconds")


def given(value: str, name: str) -> str:
    """A date that a client gave for a field, as the database holds it. Raises: ValidationFailed."""
    try:
        return text(parse(value))
    except (ValueError, OverflowError) as error:
        raise ValidationFailed(f"{name}: {value!r} is not a date") from error


def parse(value: str) -> datetime:
    """Any form a client may send; without a zone it is UTC. Raises: ValueError."""
    moment = parser.parse(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
