"""Whether the database is damaged, looked at again and again while the server works.

SQLite's own check reads every page from the disk, past what the server has in memory, and finds those that don't fit
together (https://sqlite.org/pragma.html#pragma_quick_check); where that is soon done, each index is compared with its
table, too. A value that was changed within a row it can't find: rows have no checksums.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from server.api import called
from server.store.upkeep import checkup

log = logging.getLogger("soundyard.database")

_SHARE = 4
"""Times as long as a look takes, nothing is looked at: at most a fifth of a core and of the disk's time."""
_FIRST = 5.0
"""Seconds after the start."""
_REMIND = timedelta(hours=1)


class Soundness:
    """Time is passed in; `run` in one thread, `damage` may be read in any."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.damage: list[str] = []
        """What the last look found; empty when nothing."""
        self.looked: datetime | None = None
        self._clock = clock
        self._next = clock() + _FIRST
        self._said: datetime | None = None
        self._file: tuple[int, int] | None = None

    def run(self, folder: Path, every: float, now: datetime) -> None:
        """Look, if it is time. `every`: seconds."""
        began = self._clock()
        if began < self._next:
            return
        self.damage = self._not_ours(folder) or found_in(folder)
        self.looked = now
        took = self._clock() - began
        self._next = began + max(every, took * (1 + _SHARE))
        if not self.damage:
            self._said = None
        elif self._said is None or now - self._said >= _REMIND:
            self._said = now
            log.error(
                "the database in %s is damaged: %s. Stop the server, keep a copy of the folder, and bring the newest"
                + called.spoken(
                    " backup back (python -m server restore FILE --replace); `python -m server doctor` says more"
                ),
                folder,
                "; ".join(self.damage)[:1000],
            )

    def _not_ours(self, folder: Path) -> list[str]:
        """The file in the folder is not the one that the server has open: what it writes is lost when it ends."""
        found = checkup.identity(folder)
        self._file = self._file or found
        gone = [f"{name} was removed" for name in checkup.removed(folder)]
        if found is None:
            gone = gone or [f"{checkup.DATABASE} is not there any more"]
        elif found != self._file:
            gone = [f"another file was put in the place of {checkup.DATABASE}"]
        return [f"{one} while the server uses it" for one in gone]


def found_in(folder: Path) -> list[str]:
    """What is wrong with a folder's database; empty when nothing is, or when it can't be told now."""
    try:
        with checkup.reading(folder) as connection:
            return checkup.broken_pages(connection)
    except sqlite3.OperationalError as fault:
        log.warning("the database could not be checked: %s", fault)
        return []
    except sqlite3.DatabaseError as fault:
        return [str(fault)]
