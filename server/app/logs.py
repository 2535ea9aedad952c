"""The log: to stderr, and to a file of bounded size in the data folder; nothing is written over and over.

What has been said five times within a minute, or with the same traceback, is counted and not written; how often it
came is said when it comes again after that. So no fault, and nobody who causes one again and again, fills a disk.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path

FOLDER, NAME = "logs", "server.log"
KEPT = 5
"""Files set aside."""
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_OFTEN, _WINDOW = 5, 60.0
"""How often the same is written within so many seconds."""
_MOST = 600
"""Records of any kind in that time."""
_LONGEST = 20_000
"""Characters of a record."""


class Sparingly(logging.Filter):
    """Lets through what has not been said too often. Safe for any number of threads. Time is passed in."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._lock = threading.Lock()
        self._since = clock()
        self._said: dict[tuple, int] = {}
        self._left_out: dict[tuple, int] = {}
        self._written = 0

    def filter(self, record: logging.LogRecord) -> bool:
        key = _kind(record)
        with self._lock:
            if self._clock() - self._since > _WINDOW:
                self._left_out = {one: said - _OFTEN for one, said in self._said.items() if said > _OFTEN}
                self._said, self._written, self._since = {}, 0, self._clock()
            said = self._said[key] = self._said.get(key, 0) + 1
            self._written += said <= _OFTEN
            silent = said > _OFTEN or self._written > _MOST
            before = self._left_out.pop(key, 0) if not silent else 0
        if before:
            record.msg, record.args = f"{record.getMessage()} (and {before} times more before)", ()
        return not silent


def _kind(record: logging.LogRecord) -> tuple:
    """What makes two records the same: the sentence without what differs, and where an exception came from."""
    fault = record.exc_info[1] if record.exc_info else None
    place = fault.__traceback__ if fault else None
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = (place.tb_frame.f_code.co_filename, place.tb_lineno) if place else ()
    return record.name, str(record.msg)[:500], type(fault).__name__, where


class _Bounded(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} … ({len(text):,} characters)"


def set_up(level: str) -> None:
    """To stderr."""
    _add(logging.StreamHandler(sys.stderr))
    logging.getLogger().setLevel(level.upper())
    logging.getLogger("uvicorn").setLevel(logging.WARNING)


def also_to_file(folder: Path, megabytes: float) -> None:
    """And to `folder/logs/server.log`. A disk without room takes nothing from the server but this."""
    if megabytes <= 0:
        return
    try:
        (folder / FOLDER).mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            folder / FOLDER / NAME,
            maxBytes=int(megabytes * 1e6),
            backupCount=KEPT,
            encoding="utf-8",
            delay=True,
        )
    except OSError as fault:
        logging.getLogger("soundyard").warning("no log is kept in %s: %s", folder, fault)
        return
    handler.handleError = lambda record: None  # type: ignore[method-assign]  # stderr has it
    _add(handler)


def _add(handler: logging.Handler) -> None:
    handler.setFormatter(_Bounded(_FORMAT))
    handler.addFilter(Sparingly())
    logging.getLogger().addHandler(handler)
