"""The log: to stderr, and to a file of bounded size in the data folder; nothing is written over and over.

A line is text or, with `--log-format json`, one object: time, level, logger, message, the id of the request that it is
about, an exception's traceback, and what else its record has in `fields`.

What has been said five times within a minute, or with the same traceback, is counted and not written; how often it
came is said when it comes again after that. So no fault, and nobody who causes one again and again, fills a disk.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime, timezone
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import orjson

from server.api import request_ids

FOLDER, NAME, ACCESS_NAME = "logs", "server.log", "access.log"
ACCESS = "soundyard.access"
"""The logger of the requests."""
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
        self._said: dict[tuple[Any, ...], int] = {}
        self._left_out: dict[tuple[Any, ...], int] = {}
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


def _kind(record: logging.LogRecord) -> tuple[Any, ...]:
    """What makes two records the same: the sentence without what differs, and where an exception came from."""
    fault = record.exc_info[1] if record.exc_info else None
    place = fault.__traceback__ if fault else None
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = (place.tb_frame.f_code.co_filename, place.tb_lineno) if place else ()
    return record.name, str(record.msg)[:500], type(fault).__name__, where


class _Text(logging.Formatter):
    def __init__(self) -> None:
        super().__init__(_FORMAT)

    def format(self, record: logging.LogRecord) -> str:
        about = request_ids.current.get()
        text = super().format(record) + (f" (request {about})" if about else "")
        return _bounded(text)


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _bounded(record.getMessage()),
            "request": request_ids.current.get(),
            "exception": _bounded(self.formatException(record.exc_info)) if record.exc_info else "",
        }
        said = {name: value for name, value in fields.items() if value} | getattr(record, "fields", {})
        return orjson.dumps(said, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


_FORMATS: dict[str, type[logging.Formatter]] = {"text": _Text, "json": _Json}


def _bounded(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} … ({len(text):,} characters)"


def set_up(level: str, form: str = "text") -> None:
    """To stderr."""
    _add(logging.StreamHandler(sys.stderr), form)
    logging.getLogger().setLevel(level.upper())
    logging.getLogger("uvicorn").setLevel(logging.WARNING)


def also_to_file(folder: Path, megabytes: float, form: str = "text") -> None:
    """And to `folder/logs/server.log`. A disk without room takes nothing from the server but this."""
    handler = _file(folder, NAME, megabytes)
    if handler:
        _add(handler, form)


def of_requests(where: str, folder: Path, megabytes: float, form: str = "text") -> None:
    """The log of requests. Each line counts there, however often it comes: it is bounded by its files alone."""
    logger = logging.getLogger(ACCESS)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    handler = (
        logging.StreamHandler(sys.stderr) if where == "stderr" else _file(folder, ACCESS_NAME, megabytes)
    )
    if handler:
        handler.setFormatter(_FORMATS[form]())
        logger.addHandler(handler)


def _file(folder: Path, name: str, megabytes: float) -> logging.Handler | None:
    if megabytes <= 0:
        return None
    try:
        (folder / FOLDER).mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            folder / FOLDER / name,
            maxBytes=int(megabytes * 1e6),
            backupCount=KEPT,
            encoding="utf-8",
            errors="backslashreplace",
            delay=True,
        )
    except OSError as fault:
        logging.getLogger("soundyard").warning("no log is kept in %s: %s", folder, fault)
        return None
    handler.handleError = lambda record: None  # type: ignore[method-assign]  # stderr has it
    return handler


def _add(handler: logging.Handler, form: str) -> None:
    handler.setFormatter(_FORMATS[form]())
    handler.addFilter(Sparingly())
    logging.getLogger().addHandler(handler)
