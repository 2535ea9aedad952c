"""The audit log: who signed in or failed to, made and revoked keys, changed users, roles and settings, deleted what.

An entry is committed with the deed, so that a crash leaves both or neither; how many it were, and the id of what was
made, are added afterwards. What concerns no deed (a failed sign-in) has a transaction of its own.
"""

from __future__ import annotations

import getpass
import logging
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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


def entry(
    kind: str,
    action: str,
    *,
    user: str = "",
    user_name: str = "",
    client: str = "",
    what: list[dict[str, str]] | None = None,
    details: Mapping[str, Any] | None = None,
    failed: bool = False,
) -> dict[str, Any]:
    return {
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


def record(store: Store, now: datetime, kind: str, action: str, **told: Any) -> None:
    """Write an `entry`: as a part of the transaction that this is called in, which fails with it; outside of one in its
    own, and what keeps it from being written is logged, not raised."""
    made = entry(kind, action, **told)
    if store.db.is_writing:
        store.audit.add(now, made)
        return
    with _logged(made), store.transaction():
        store.audit.add(now, made)


@contextmanager
def _logged(made: Mapping[str, Any]) -> Iterator[None]:
    try:
        yield
    except (ApiError, sqlite3.Error) as fault:
        who = made["user_name"] or made["user"]
        log.error("%s by %s is not in the audit log: %s", made["action"], who, fault)


class Beside:
    """An entry that is committed with the first thing that a block commits; what is known only afterwards is told then.

    A deed that fails in its midst is kept as that. One that commits nothing is written when it is told.
    """

    def __init__(self, store: Store, now: datetime, made: dict[str, Any]) -> None:
        self._store, self._now, self.entry = store, now, made
        self._id: int | None = None

    def __enter__(self) -> Beside:
        self._store.db.before_commit(self._write)
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: object) -> None:
        self._store.db.before_commit(None)
        if fault is not None and self._id is not None:
            why = fault.message if isinstance(fault, ApiError) else "the server's log has the details"
            self.tell(details={**self.entry["details"], "why": why[:200]}, failed=True)

    def _write(self) -> None:
        written = self._store.audit.add(self._now, self.entry)

        def committed() -> None:
            self._id = written

        self._store.db.after_commit(committed)

    def tell(self, **more: Any) -> None:
        """Say what of the entry is known by now: `what`, `details`, `failed`."""
        before = dict(self.entry)
        self.entry.update(more)
        if self._id is not None and self.entry == before:
            return
        with _logged(self.entry), self._store.transaction():
            if self._id is None:
                self._store.audit.add(self._now, self.entry)
            else:
                self._store.audit.tell(self._id, self.entry)

    def withdraw(self) -> None:
        """Nothing was done."""
        if self._id is not None:
            with _logged(self.entry), self._store.transaction():
                self._store.audit.withdraw(self._id)


def deleting_files(store: Store, now: datetime, who: Identity, client: str, names: list[str]) -> Beside:
    """By the file server's own addresses. `told_files` says which of them went."""
    made = entry(
        DELETION, "files.delete", user=who.user, user_name=who.name, client=client, **told_files(names)
    )
    return Beside(store, now, made)


def told_files(names: list[str]) -> dict[str, Any]:
    what = [{"id": name, "name": ""} for name in names[:MOST_NAMED]]
    return {"what": what, "details": {"deleted": len(names)}}


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
