"""Many recordings to one table: in parallel, with progress, and so that nothing is lost or told twice.

What each recording had is written to a journal at once (`audio.events.journal`); the table is made of the journal when
all are heard, or when the run is interrupted. So it is the same whoever was faster, and however often the run was
killed and started again.
"""

import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from audio.errors import ConfigError
from audio.events.config import EventConfig
from audio.events.hearing import Detector, Found
from audio.events.journal import ENDING, Journal
from audio.events.tables import EACH, WRITERS, table_beside
from audio.events.workers import OFTEN, Part, hear_all, heard, parts_of
from audio.named import clock, printable

ONES = 2  # recordings that are told of while they are heard
SELDOM = 10.0  # s between lines of progress where there is no terminal


@dataclass(frozen=True)
class Model:
    """The model that hears, and how it computes."""

    file: Path
    device: str = "auto"
    precision: str = "fp32"
    plugins: tuple[str, ...] = ()
    calibrated: bool = False

    def detector(self, config: EventConfig, threads: int = 0) -> Detector:
        """The model, ready to tell events. Raises CheckpointError, ConfigError."""
        return Detector(self.file, config, self.device, self.precision, threads, self.calibrated)

    def digest(self) -> str:
        """A hash of its file, by which a journal knows it. Raises OSError."""
        digest = hashlib.blake2b(digest_size=16)
        with self.file.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        return digest.hexdigest()


@dataclass(frozen=True)
class Output:
    """Where the events go: a table, or for some formats a folder of tables, one for each recording."""

    path: Path
    kind: str
    whole: bool = False  # one recording alone, whose table is `path` itself

    @property
    def is_folder(self) -> bool:
        return self.kind in EACH and not self.whole

    @property
    def journal(self) -> Path:
        """Beside it."""
        return self.path.with_name(self.path.name + ENDING)

    def refuse_what_it_cannot_be(self) -> None:
        """Raises ConfigError."""
        name = printable(str(self.path))
        if self.path.is_dir() and not self.is_folder:
            raise ConfigError(f"out is {name}, which is a folder; give the name of a file.")
        if self.path.exists() and not self.path.is_dir() and self.is_folder:
            raise ConfigError(
                f"out is {name}, a file; {self.kind} makes one for each recording: give a folder."
            )

    def write(self, recordings: Iterable[Found], common: Path) -> None:
        """All tables, each whole or not at all. Raises ConfigError: there is no room."""
        try:
            if not self.is_folder:
                _whole(self.path, WRITERS[self.kind](recordings))
                return
            for found in recordings:
                if not found.error:
                    table = self.path / table_beside(found.path, common, self.kind)
                    _whole(table, WRITERS[self.kind]([found]))
        except OSError as error:
            raise ConfigError(
                f"{printable(str(self.path))} can't be written: {error.strerror or error}. What was heard is kept in "
                f"{printable(str(self.journal))}; start again."
            ) from error


def _whole(path: Path, parts: Iterable[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w",
        encoding="utf-8",
        errors="backslashreplace",
        newline="",
        dir=path.parent,
        prefix=".",
        delete=False,
    ) as file:
        new = Path(file.name)
        try:
            file.writelines(parts)
            file.close()
            new.chmod(0o666 & ~_umask())
            new.replace(path)
        except BaseException:
            new.unlink(missing_ok=True)
            raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


Then = Callable[[Iterator[Found], list[str]], object]


def run(
    model: Model,
    config: EventConfig,
    files: Sequence[Path],
    output: Output,
    jobs: int,
    common: Path,
    then: Then | None = None,
) -> int:
    """Hear what was not heard before, and make the tables; gives how many recordings can't be heard.

    Ctrl-C leaves tables of what was heard until then. Tables of a folder of tables lie as the recordings do below
    `common`. `then` is given what was found in each recording, and the model's classes, once all are heard.

    Raises CheckpointError, ConfigError.
    """
    output.refuse_what_it_cannot_be()
    detector = model.detector(config)
    about = {
        "model": model.digest(),
        "calibrated": model.calibrated,
        **json.loads(json.dumps(asdict(config))),
    }
    with Journal(output.journal, about) as journal:
        left = [path for path in files if not journal.has(path)]
        shown = Progress(len(files), len(files) - len(left))
        started = {
            "model": str(model.file),
            "config": asdict(config),
            "device": model.device,
            "precision": model.precision,
            "plugins": list(model.plugins),
            "calibrated": model.calibrated,
        }
        try:
            for found in hear_all(detector, started, left, min(jobs, len(left)), shown.hears):
                journal.add(found)
                shown.heard(found)
        finally:
            shown.end()
            output.write(journal.found(files), common)
        if then:
            then(journal.found(files), detector.classes)
        return sum(bool(found.error) for found in journal.found(files))


def streamed(detector: Detector, files: Sequence[Path], kind: str, failed: list[Found]) -> Iterator[str]:
    """The text of a table of recordings, as they are heard one after another; `failed` gets what can't be."""
    shown = Progress(len(files), 0)

    def one_by_one() -> Iterator[Found]:
        for path in files:
            found = heard(detector, path, parts_of(path, shown.hears))
            shown.heard(found)
            shown.clear()  # the table may be on the same terminal
            if found.error:
                failed.append(found)
            yield found

    try:
        yield from WRITERS[kind](one_by_one())
    finally:
        shown.clear()


class Progress:
    """A line on stderr: over and over on a terminal, now and then elsewhere."""

    def __init__(self, all_files: int, before: int, stream: TextIO | None = None) -> None:
        self._all, self._done, self._before = all_files, before, before
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._started = self._last = time.monotonic()
        self._seconds = 0.0  # of sound
        self._stands = False  # there is a line on the terminal that the next one takes the place of
        self._parts: dict[Path, Part] = {}  # of what is being heard
        self._events = self._failed = 0
        if before:
            self._line(f"{before} of {all_files} recordings were heard before")

    def heard(self, found: Found) -> None:
        """One recording more."""
        self._done += 1
        self._parts.pop(found.path, None)
        self._seconds += found.duration
        self._events += len(found.events)
        if found.error:
            self._failed += 1
            self._line(f"error: {printable(found.error)}")
        self._now_and_then()

    def hears(self, part: Part) -> None:
        """A recording is heard as far as that."""
        self._parts[part.path] = part
        self._now_and_then()

    def _now_and_then(self) -> None:
        if time.monotonic() - self._last >= (OFTEN if self._live else SELDOM):
            self._show()

    def _show(self) -> None:
        self._last = time.monotonic()
        spent = self._last - self._started
        parts = self._parts.values()
        seconds = self._seconds + sum(part.heard for part in parts)
        begun = [f"{clock(part.heard)} of {clock(part.whole) if part.whole else '?'}" for part in parts]
        done = self._done + sum(min(1.0, part.heard / part.whole) for part in parts if part.whole)
        left = spent / (done - self._before) * (self._all - done) if done > self._before else None
        text = (
            f"{self._done} of {self._all} recordings, {self._events} events, {self._failed} can't be heard; "
            + "".join(f"{one}, " for one in begun[:ONES])
            + f"{seconds / spent:.0f} × as fast as sound"
            + (f", {clock(left)} left" if left is not None else "")
        )
        if self._live:
            self.clear()
            columns = shutil.get_terminal_size().columns
            self._stream.write(text[: columns - 1])  # of a line that wraps only the last row could be cleared
            self._stream.flush()
            self._stands = True
        else:
            self._line(text)

    def _line(self, text: str) -> None:
        self.clear()
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def clear(self) -> None:
        """Nothing stands on the terminal's line any more."""
        if self._stands:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._stands = False

    def end(self) -> None:
        """The last line."""
        if self._live and (self._done > self._before or self._parts):
            self._show()
            self._stream.write("\n")
            self._stands = False
