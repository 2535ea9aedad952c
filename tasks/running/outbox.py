"""What is on its way to the server: files and calls that wait on this machine until it takes them.

The work goes on meanwhile: sending is done by a thread of its own, in order, again and again until it succeeds. Of
several things with one name only the newest is sent. A file that waits is kept under a name of its own (a link, no
copy), so that it may be replaced while it waits or travels.
"""

import os
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tasks.running.outages import EVERY, Line, first_line, say

Send = Callable[[], None]
LONGEST_PAUSE = 30.0  # s between tries of what fails although the server answers


@dataclass
class Parcel:
    """Something to be sent."""

    name: str
    send: Send
    file: Path | None = None  # removed when it has arrived, or a newer one takes its place
    tries: int = 0

    def drop(self) -> None:
        if self.file is not None:
            self.file.unlink(missing_ok=True)


class Outbox:
    """Sends parcels in a thread of its own. Safe to be used by several threads."""

    def __init__(self, folder: Path, line: Line) -> None:
        """`folder` is emptied: what an earlier process left in it is made again by the one that goes on."""
        self.folder, self.line = folder, line
        shutil.rmtree(folder, ignore_errors=True)
        self._waiting: dict[str, Parcel] = {}
        self._sending: Parcel | None = None
        self._changed = threading.Condition()
        self._number = 0
        self._looking = threading.Lock()
        self._away = False  # whether it has been said that the server is away
        self._fault = ""  # of the last try
        threading.Thread(target=self._run, daemon=True, name="outbox").start()
        threading.Thread(target=self._watch, daemon=True, name="outbox-watch").start()

    def post(self, name: str, send: Send) -> None:
        """Call `send` once the server answers, again when it raises."""
        self._add(Parcel(name, send))

    def post_file(self, name: str, path: Path, send: Callable[[Path], None]) -> None:
        """Call `send` with a file of what `path` holds now. Raises OSError when the disk takes no link and no copy."""
        self._number += 1
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = self.folder / f"{self._number}-{path.name}"
        try:
            os.link(path, kept)
        except OSError:  # a file system without links
            shutil.copyfile(path, kept)
        self._add(Parcel(name, lambda: send(kept), kept))

    def _add(self, parcel: Parcel) -> None:
        with self._changed:
            older = self._waiting.pop(parcel.name, None)
            if older:
                older.drop()
            self._waiting[parcel.name] = parcel
            self._changed.notify_all()

    @property
    def waiting(self) -> list[str]:
        """Names of what has not arrived."""
        with self._changed:
            return [*([self._sending.name] if self._sending else []), *self._waiting]

    def settle(self, seconds: float | None = None, tries: int = 5) -> list[str]:
        """Wait until everything has arrived; gives the names of what has not.

        That is so after `seconds` (None: as long as the server is away, for what `Line` waits at most), or when the
        server answered and refused a parcel so many times.
        """
        began = time.monotonic()
        longest = self.line.seconds if seconds is None else seconds
        with self._changed:
            while self._waiting or self._sending:
                parcels = [*self._waiting.values(), *([self._sending] if self._sending else [])]
                if time.monotonic() - began > longest or all(one.tries >= tries for one in parcels):
                    break
                self._changed.wait(0.1)
        left = self.waiting
        if left:
            say(f"note: not on the server: {', '.join(left)}. {self._fault}")
        return left

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                parcel = self._waiting.pop(next(iter(self._waiting)))
                self._sending = parcel
                self._changed.notify_all()  # `_watch`
            arrived = self._try(parcel)
            with self._changed:
                self._sending = None
                if arrived or parcel.name in self._waiting:
                    parcel.drop()
                else:
                    self._waiting[parcel.name] = parcel  # behind the others
                self._changed.notify_all()
            if not arrived:
                time.sleep(EVERY if self._away else min(LONGEST_PAUSE, EVERY * parcel.tries))

    def _watch(self) -> None:
        """Look at the line while something is on its way: the SDK tries for minutes, without a word, to send what an
        outage has caught in the middle."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._sending)
                travelling = self._sending
            time.sleep(EVERY)
            if self._sending is travelling and not self.line.there():
                time.sleep(EVERY)  # once may be a busy server
                if self._sending is travelling:
                    self._look()

    def _try(self, parcel: Parcel) -> bool:
        """Send it, if the server answers."""
        if not self._look():
            return False
        try:
            parcel.send()
        except Exception as fault:  # whatever the SDK raises for a refused or broken upload
            self._fault = first_line(fault)
            if self.line.there():
                parcel.tries += 1
                if parcel.tries in (1, 5):
                    say(f"note: {parcel.name} could not be uploaded ({self._fault}); it is tried again later")
            return False
        return True

    def _look(self) -> bool:
        """Whether the server answers; a word is said when that has changed."""
        with self._looking:
            there = self.line.there()
            if there and self._away:
                say("The server answers again: what has waited is uploaded.")
            if not there:
                self._fault = "The server does not answer."
                if not self._away:
                    say(
                        "The server does not answer. The work goes on; what it should get is kept here and uploaded "
                        "later."
                    )
            self._away = not there
            return there
