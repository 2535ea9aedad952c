"""The audit log: who signed in or failed to, made and revoked keys, changed users, roles and settings, deleted what.

It is written right after the deed, in a transaction of its own: what can't be written is said in the server's log and
undoes nothing.
"""

from __future__ import annotations

import getpass
import logging
import sqlite3
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from server.api import request_ids
from server.api.call import Identity
from server.api.errors import ApiError
from server.store import Store

log = logging.getLogger("soundyard.audit")

SIGN_IN, USERS, SETTINGS, DELETION = "sign-in", "users", "settings", "deletion"
KINDS = (SIGN_IN, USERS, SETTINGS, DELETION)
MOST_NAMED = 20
"""Things that one entry names."""
_MOST, _MOST_FAILED = 100_000, 10_000
_FAILURES_A_MINUTE = 60
_COMMAND_LINE = "command line"


def record(
    store: Store,
    now: datetime,
    kind: str,
    action: str,
    *,
    user: str = "",
    user_name: str = "",
    client: str = "",
    what: list[dict[str, str]] | None = None,
    details: Mapping[str, Any] | None = None,
    failed: bool = False,
) -> None:
    """Write one entry. What keeps it from being written is logged, not raised."""
    entry = {
        "kind": kind,
        "action": action,
        "failed": failed,
        "user": user,
        "user_name": user_name,
        "client": client,
        "request": request_ids.current.get(),
        "what": what or [],
        "details": dict(details or {}),
    }
    try:
        with store.transaction():
            store.audit.add(now, entry)
    except (ApiError, sqlite3.Error) as fault:
        log.error("%s by %s is not in the audit log: %s", action, user_name or user, fault)


def files_deleted(store: Store, now: datetime, who: Identity, client: str, names: list[str]) -> None:
    """By the file server's own addresses."""
    what = [{"id": name, "name": ""} for name in names[:MOST_NAMED]]
    details = {"deleted": len(names)}
    record(
        store, now, DELETION, "files.delete", user=who.user, user_name=who.name, client=client, what=what,
        details=details,
    )  # fmt: skip


def by_command_line(store: Store, now: datetime, action: str, what: dict[str, str], **details: Any) -> None:
    """What somebody did who has the data folder."""
    try:
        account = getpass.getuser()
    except (KeyError, OSError):  # an account without a name
        account = "?"
    name = f"{account} ({_COMMAND_LINE})"
    record(store, now, USERS, action, user_name=name, client=_COMMAND_LINE, what=[what], details=details)


@dataclass
class Failures:
    """Failed sign-ins: one entry for the same name and address in a minute, and sixty of all in that time. How many
    more there were is said in the next one. Safe for any number of threads."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _since: datetime | None = None
    _seen: set[tuple[str, str]] = field(default_factory=set)
    _left_out: int = 0

    def note(self, store: Store, now: datetime, name: str, client: str, why: str) -> None:
        with self._lock:
            if self._since is None or now - self._since > timedelta(minutes=1):
                self._since, self._seen = now, set()
            key = (name[:100], client)
            if key in self._seen or len(self._seen) >= _FAILURES_A_MINUTE:
                self._left_out += 1
                return
            self._seen.add(key)
            before, self._left_out = self._left_out, 0
        details = {"why": why[:200], **({"others_before": before} if before else {})}
        record(
            store,
            now,
            SIGN_IN,
            "auth.login",
            user_name=name[:100],
            client=client,
            details=details,
            failed=True,
        )


def prune(store: Store, now: datetime, days: float) -> int:
    """Forget what is too old or too much. Returns: entries dropped."""
    with store.transaction():
        return store.audit.drop(now - timedelta(days=days), _MOST, _MOST_FAILED)
