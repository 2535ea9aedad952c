"""One-time links: how a browser gets in where nobody has a password, on a machine that others have accounts on, too.

A link holds a secret of which only the hash is kept. It is printed where the server was started, or by
`python -m server link` for whoever can read the data folder; it works once, and for a day.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

from server.api.errors import StorageFull
from server.store import Store
from server.store.database import times

PATH = "/link"
LIFE = timedelta(days=1)
_NAME = "links"
_MOST = 20


def make(store: Store, now: datetime) -> str:
    """Returns: the secret of a new link. Raises: StorageFull."""
    secret = secrets.token_urlsafe(32)
    with store.transaction():
        kept = _valid(store, now)[-(_MOST - 1) :]
        store.settings.set(_NAME, [*kept, {"hash": _hash(secret), "until": times.text(now + LIFE)}])
    return secret


@dataclass
class Links:
    """The running server's: where the disk has no room, what can't be written is remembered. Safe for threads."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _passing: set[str] = field(default_factory=set)
    _used: set[str] = field(default_factory=set)

    def make(self, store: Store, now: datetime) -> str:
        """Returns: the secret of a new link; on a disk without room one that ends with the server."""
        try:
            return make(store, now)
        except StorageFull:
            secret = secrets.token_urlsafe(32)
            with self._lock:
                self._passing.add(_hash(secret))
            return secret

    def use(self, store: Store, secret: str, now: datetime) -> bool:
        """Whether this is the secret of a link that holds; from now on it doesn't."""
        asked = _hash(secret)
        with self._lock:
            if asked in self._passing:
                self._passing.discard(asked)
                return True
            if asked in self._used or not any(one["hash"] == asked for one in _valid(store, now)):
                return False
            self._used.add(asked)
        with suppress(StorageFull), store.transaction():
            store.settings.set(_NAME, [one for one in _valid(store, now) if one["hash"] != asked])
        return True


def address(url: str, secret: str, to: str = "") -> str:
    """What a browser opens. `to`: a place of the page to go on to."""
    return f"{url}{PATH}?secret={secret}" + (f"&next={quote(to, safe='')}" if to else "")


def _valid(store: Store, now: datetime) -> list[dict[str, str]]:
    return [one for one in store.settings.get(_NAME) or [] if one["until"] > times.text(now)]


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
