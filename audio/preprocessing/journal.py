"""The journal of a preprocessing run: what lets a killed one continue.

A line for every clip, written after its samples: reading it back, the samples are cut to the last whole line. The
first line is a fingerprint of the input and the settings; when these changed, everything starts anew.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from audio.clips.store import SAMPLES
from audio.io.decoding import PENDING, Prepared
from audio.io.reading import Undecodable

JOURNAL = "journal.jsonl"


class Journal:
    """The samples written so far and a line for every clip: its number of frames, or why it was skipped."""

    def __init__(self, folder: Path, key: str):
        self.folder = folder
        for left in folder.glob(f"{PENDING}*"):
            left.unlink()  # of a run that was killed
        self.entries = self._read(key)
        frames = sum(int(e["frames"]) for e in self.entries)
        self.samples = (folder / SAMPLES).open("r+b" if frames else "wb")
        self.samples.truncate(2 * frames)
        self.samples.seek(2 * frames)
        self.lines = (folder / JOURNAL).open("w")
        self._write_line({"key": key})
        for entry in self.entries:
            self._write_line(entry)

    def _read(self, key: str) -> list[dict[str, Any]]:
        """Entries of an interrupted run whose samples are all on disk."""
        try:
            lines = (self.folder / JOURNAL).read_text().splitlines()
            if not lines or json.loads(lines[0]) != {"key": key}:
                return []
            room = (self.folder / SAMPLES).stat().st_size // 2
        except (OSError, ValueError):
            return []
        entries: list[dict[str, Any]] = []
        for line in lines[1:]:
            try:
                entry = json.loads(line)
            except ValueError:  # the line that was being written
                break
            room -= int(entry["frames"])
            if room < 0:
                break
            entries.append(entry)
        return entries

    def _write_line(self, entry: dict[str, Any]) -> None:
        self.lines.write(json.dumps(entry) + "\n")

    def add(self, answer: Prepared | Undecodable) -> None:
        """Write a clip's samples, then its line: a line without samples never happens."""
        if isinstance(answer, Undecodable):
            entry: dict[str, Any] = {"frames": 0, "reason": str(answer)}
        else:
            self._take_over(answer)
            self.samples.flush()
            entry = {"frames": answer.num_samples, "content": answer.content, "scale": answer.scale}
            entry |= {"notes": answer.notes} if answer.notes else {}
        self._write_line(entry)
        self.lines.flush()
        self.entries.append(entry)

    def _take_over(self, answer: Prepared) -> None:
        if answer.samples is not None:
            self.samples.write(answer.samples.tobytes())
            return
        assert answer.file is not None
        with answer.file.open("rb") as source:
            shutil.copyfileobj(source, self.samples, 1 << 20)
        answer.file.unlink()

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *exc: object) -> None:
        try:
            self.samples.close()
        finally:
            self.lines.close()
