"""What a server writes when it starts; on a disk without room it is put off, and what is there is read meanwhile."""

from __future__ import annotations

import logging
from datetime import datetime, timezone

from server import SERVER_VERSION
from server.api.errors import StorageFull
from server.api.whole import lacks_room
from server.app.process.client_conf import ensure_client_conf
from server.domain.tasks import queues
from server.domain.users import access, audit
from server.settings import Settings
from server.store import Store

log = logging.getLogger("soundyard")


class CannotStart(Exception):
    """Says why, and what to do."""


def begin(settings: Settings, store: Store) -> bool:
    """Returns: whether there was room. Raises: CannotStart, where nothing can be read before something is written."""
    try:
        write(settings, store, datetime.now(timezone.utc))
    except StorageFull as fault:
        if (
            access.mode(store) != settings.auth
        ):  # the first start; or people are let in by other rules from now on
            raise CannotStart(
                f"the disk of {settings.data} has no room for what this start has to write: free some"
            ) from fault
        log.warning(
            "the disk of %s has no room: what is there can be read, changes are refused", settings.data
        )
        return False
    return True


def chosen(settings: Settings) -> dict[str, str]:
    """The settings that aren't the defaults, and the version that starts with them."""
    plain = vars(Settings(data=settings.data))
    changed = {name: str(value) for name, value in vars(settings).items() if value != plain[name]}
    return {"version": SERVER_VERSION, **changed}


def write(settings: Settings, store: Store, now: datetime) -> None:
    """All of it, or nothing. Raises: StorageFull."""
    try:
        store.releases.sweep()
        with store.transaction():
            queues.ensure_initial(store, now)
            access.enter_mode(store, settings.auth, now)
            ensure_client_conf(settings, store, now)
            told = chosen(settings)
            audit.record(store, now, audit.SETTINGS, "server.start", client="this machine", details=told)
    except OSError as fault:
        if lacks_room(fault):
            raise StorageFull() from fault
        raise
