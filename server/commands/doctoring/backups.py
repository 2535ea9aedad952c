"""What `doctor` says of the backups that a server makes by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from server.app.jobs.backups import listed
from server.commands.doctoring.finding import OK, PROBLEM, Finding
from server.settings import Settings


def findings(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Nothing where none are made."""
    if not settings.backup_every:
        return
    made = listed(settings.backups)
    if not made:
        yield Finding(PROBLEM, f"there is no backup in {settings.backups}", _ADVICE)
    elif now - made[0][0] > 2 * timedelta(hours=settings.backup_every) + timedelta(minutes=15):
        yield Finding(
            PROBLEM, f"the newest backup is of {made[0][0]:%Y-%m-%d %H:%M} UTC: {made[0][1]}", _ADVICE
        )
    else:
        newest = f"the newest is of {made[0][0]:%Y-%m-%d %H:%M} UTC"
        yield Finding(OK, f"{len(made)} backups are in {settings.backups}; {newest}")


_ADVICE = "the server's log says why; `python -m server backup FILE` makes one now"
