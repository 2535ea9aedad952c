"""Requests kept as a data set, where whoever runs the endpoint has asked for it.

The sounds lie in folders by day; `manifest.csv` lists them with what the model said, as `audio.datasets.manifest` reads
it. People correct the column `label` before anything is trained on it.
"""

import csv
import io
import logging
import os
import shutil
import threading
import uuid
from datetime import datetime, timezone
from pathlib import Path

import soundfile

from audio.errors import ConfigError
from audio.inference.prediction import Prediction

log = logging.getLogger("soundyard.model")

TABLE = "manifest.csv"
COLUMNS = ("path", "label", "score", "at", "model")


class Keeper:
    """A folder that grows up to a size."""

    def __init__(self, folder: Path, megabytes: float) -> None:
        """Raises ConfigError: it can't be written."""
        self.folder, self._most = folder, megabytes * 1e6
        self._lock = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._table = (folder / TABLE).open("a", encoding="utf-8", newline="")
            self._size = sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())
        except OSError as error:
            raise ConfigError(
                f"keep is {folder}, which can't be written: {error.strerror or error}."
            ) from error
        if not self._table.tell():
            self._row(COLUMNS)

    def keep(self, sound: Path, found: Prediction, model: str) -> str:
        """A copy of a sound and a row on it. Gives `kept`, `full` or `failed`, and raises nothing."""
        try:
            size = sound.stat().st_size
            with self._lock:
                if self._size + size > self._most:
                    return "full"
                self._size += size
            now = datetime.now(timezone.utc)
            place = Path(f"{now:%Y-%m-%d}") / f"{uuid.uuid4().hex}.{_suffix(sound)}"
            target = self.folder / place
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(sound, target.with_suffix(".part"))
            target.with_suffix(".part").replace(target)
            label, score = found.top(1)[0]
            with self._lock:
                self._row((place.as_posix(), label, f"{score:.4f}", now.isoformat(timespec="seconds"), model))
        except OSError as error:
            log.warning("a request can't be kept: %s", error)
            return "failed"
        return "kept"

    def _row(self, cells: tuple[str, ...]) -> None:
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(cells)
        self._table.write(line.getvalue())
        self._table.flush()

    def close(self) -> None:
        self._table.close()


def _suffix(sound: Path) -> str:
    """By what it is, as its name is not known."""
    try:
        return str(soundfile.info(os.fsencode(sound)).format).lower()
    except soundfile.LibsndfileError:
        return "m4a"  # what FFmpeg alone reads; it is told by its content
