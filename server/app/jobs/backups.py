"""Backups that the server makes by itself: on time, each read again before it counts, the oldest removed after that.

Each is written by `python -m server backup` in a process of its own, so that nobody waits for it. Time is passed in.
"""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

from server.settings import Settings
from server.store.upkeep import backup

log = logging.getLogger("soundyard.backups")

_ROOT = Path(__file__).resolve().parents[3]
_NAME = re.compile(r"^soundyard-(\d{8}-\d{6})\.tar$")
_STAMP = "%Y%m%d-%H%M%S"
_AGAIN = timedelta(minutes=10)
"""After one that failed."""


def listed(folder: Path) -> list[tuple[datetime, Path]]:
    """The backups that servers made there by themselves, the newest first."""
    found = []
    for path in folder.glob("soundyard-*.tar"):
        if named := _NAME.match(path.name):
            found.append((datetime.strptime(named[1], _STAMP).replace(tzinfo=timezone.utc), path))
    return sorted(found, reverse=True)


class Backups:
    """One at a time. `end` may be called from another thread."""

    def __init__(self, settings: Settings, damage: Callable[[], list[str]] = list) -> None:
        """`damage`: what is known to be wrong with the database; while anything is, none is made."""
        self._damage = damage
        self._settings = settings
        self._folder = settings.backups
        self._every = timedelta(hours=settings.backup_every)
        self._not_before: datetime | None = None
        self._process: subprocess.Popen[str] | None = None
        self._ended = False

    def run(self, now: datetime) -> None:
        """Make one if it is time."""
        if self._ended or not self._every or not self.is_due(now):
            return
        self._not_before = now + _AGAIN
        wrong = self._damage()
        if wrong:
            log.error("the database is damaged, and nothing was backed up: %s", "; ".join(wrong)[:1000])
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        backup.clear(self._folder)
        target = self._folder / f"soundyard-{now.strftime(_STAMP)}.tar"
        code, said = self._write(target)
        if self._ended:
            return
        if code:
            log.error("no backup was made: %s", said.strip()[-1000:] or f"it ended with {code}")
            return
        self._not_before = None
        log.info("backed up: %s, %.1f MB", target, target.stat().st_size / 1e6)
        for _, old in listed(self._folder)[self._settings.backup_keep :]:
            old.unlink(missing_ok=True)

    def is_due(self, now: datetime) -> bool:
        """A clock that was put back makes none wait for longer than it would have."""
        made = [at for at, _ in listed(self._folder)[:1] if at <= now]
        waits = self._not_before is not None and now < self._not_before <= now + _AGAIN
        return not waits and (not made or now - made[0] >= self._every)

    def _write(self, target: Path) -> tuple[int, str]:
        """Returns: the exit status, and what was said."""
        command = [sys.executable, "-m", "server", "backup", str(target), "--data", str(self._settings.data)]
        self._process = subprocess.Popen(
            command,
            cwd=_ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self._process.pid, 10)
        _, said = self._process.communicate()
        return self._process.returncode, said

    def end(self) -> None:
        """Break off what is being written; it removes what it has."""
        self._ended = True
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(4)
