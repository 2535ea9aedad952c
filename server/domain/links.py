"""One-time links: how a browser gets in where nobody has a password, on a machine that others have accounts on, too.

A link holds a secret of which only the hash is kept. It is printed where the server was started, or by
`python -m server link` for whoever can read the data folder; it works once, and for a day.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from urllib.parse import quote

from server.store import Store, times

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


def make_passing(store: Store) -> str:
    """A link of which nothing is written: it holds as long as this process, for a disk without room."""
    secret = secrets.token_urlsafe(32)
    store.settings.passing.setdefault(_NAME, set()).add(_hash(secret))
    return secret


def use(store: Store, secret: str, now: datetime) -> bool:
    """Whether this is the secret of a link that holds; from now on it doesn't."""
    asked = _hash(secret)
    passing = store.settings.passing.get(_NAME, set())
    if asked in passing:
        passing.remove(asked)
        return True
    if not any(one["hash"] == asked for one in _valid(store, now)):
        return False  # without asking for the one writer
    with store.transaction():
        valid = _valid(store, now)
        left = [one for one in valid if one["hash"] != asked]
        store.settings.set(_NAME, left)
    return len(left) < len(valid)


def address(url: str, secret: str, to: str = "") -> str:
    """What a browser opens. `to`: a place of the page to go on to."""
    return f"{url}{PATH}?secret={secret}" + (f"&next={quote(to, safe='')}" if to else "")


def _valid(store: Store, now: datetime) -> list[dict[str, str]]:
    return [one for one in store.settings.get(_NAME) or [] if one["until"] > times.text(now)]


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
