"""What a run over many recordings has found so far, on disk: a run that is killed and started again goes on from it.

A line for each recording, written as soon as it is heard; the tables are made of these lines. The first line says by
which model and parameters they were found. A line that was cut off, as by a power failure, is dropped and its recording
heard again; so is a recording whose file has changed since, and one that could not be heard.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from audio.errors import ConfigError
from audio.events.hearing import Found
from audio.events.tracking import Event
from audio.named import printable

ENDING = ".journal"
VERSION = 1


class Journal:
    """The lines of one run, and where each recording's last one stands."""

    def __init__(self, path: Path, about: dict[str, Any]) -> None:
        """Goes on with the journal at `path`, or begins one. `about`: what has to be the same for that, JSON-ready.

        Raises ConfigError: it was made by something else, is in use, or can't be written.
        """
        self.path = path
        self._places: dict[str, tuple[int, bool]] = {}  # file → where its line begins, whether it was heard
        self._marks: dict[str, list[int]] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a+b")
        except OSError as error:
            raise ConfigError(
                f"{printable(str(path))} can't be written: {error.strerror or error}."
            ) from error
        try:
            self._begin(about)
        except BaseException:
            self._file.close()
            raise

    def _begin(self, about: dict[str, Any]) -> None:
        name = printable(str(self.path))
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigError(f"{name} is in use: another run writes the same table.") from error
        self._file.seek(0)
        whole = 0
        for number, line in enumerate(self._file):
            try:
                told = json.loads(line) if line.endswith(b"\n") else None
            except ValueError:
                told = None
            if not isinstance(told, dict):
                break
            if number == 0:
                self._refuse_others(told, about, name)
            else:
                self._places[told["file"]] = (whole, not told["error"])
                self._marks[told["file"]] = told["mark"]
            whole += len(line)
        if whole == 0 and os.fstat(self._file.fileno()).st_size and self._file.seek(0) == 0:
            first = self._file.readline(1 << 16)
            if not b'{"format": "soundyard events"'.startswith(first[:28]):
                raise ConfigError(f"{name} is not a journal of this program; give another --out.")
        self._file.truncate(whole)
        if whole == 0:
            self._write({"format": "soundyard events", "version": VERSION, "about": about})

    def _refuse_others(self, told: dict[str, Any], about: dict[str, Any], name: str) -> None:
        if told.get("format") != "soundyard events" or told.get("version") != VERSION:
            raise ConfigError(f"{name} is not a journal of this program; give another --out.")
        before = told["about"]
        other = [key for key in about if before.get(key) != about[key]]
        if other:
            said = "; ".join(f"{key} was {before.get(key)!r} and is {about[key]!r}" for key in other)
            raise ConfigError(
                f"{name} was begun otherwise: {said}. Give another --out, or remove the file to begin anew."
            )

    def has(self, path: Path) -> bool:
        """Whether a recording was heard, and its file is the same as then."""
        key = _key(path)
        return self._places.get(key, (0, False))[1] and self._marks[key] == _mark(path)

    def add(self, found: Found) -> None:
        """Write down what was found in a recording. Raises ConfigError: the disk is full."""
        key, mark = _key(found.path), _mark(found.path)
        told = {
            "file": key,
            "mark": mark,
            "duration": found.duration,
            "events": [[*asdict(event).values()] for event in found.events],
            "notes": found.notes,
            "error": found.error,
        }
        self._places[key] = (self._write(told), not found.error)
        self._marks[key] = mark

    def _write(self, told: dict[str, Any]) -> int:
        self._file.seek(0, os.SEEK_END)
        place = self._file.tell()
        try:
            self._file.write(json.dumps(told).encode() + b"\n")
            self._file.flush()
        except OSError as error:
            name = printable(str(self.path))
            raise ConfigError(
                f"{name} can't be written: {error.strerror or error}. What was heard before is in it; make room and "
                "start again."
            ) from error
        return place

    def found(self, paths: Iterable[Path]) -> Iterator[Found]:
        """What is known of recordings, in their order; those that were not heard yet are left out."""
        for path in paths:
            place = self._places.get(_key(path))
            if place is None:
                continue
            self._file.seek(place[0])
            told = json.loads(self._file.readline())
            events = [Event(*one) for one in told["events"]]
            yield Found(path, told["duration"], events, told["notes"], told["error"])

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def _key(path: Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100  resolve() would follow links


def _mark(path: Path) -> list[int]:
    """What changes with a file's content; empty: it can't be looked at."""
    try:
        stat = path.stat()
    except OSError:
        return []
    return [stat.st_size, stat.st_mtime_ns]
