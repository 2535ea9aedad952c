"""Long recordings on the server: sound in pieces among the debug samples, and what the page draws of them.

The tab *Events* of a task reads the artifact `recordings`, whose form `web/audio/events/recordings.js` states too.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audio.named import clock

if TYPE_CHECKING:
    from audio.events.hearing import Found

ARTIFACT = "recordings"
TITLE = "recordings"  # of the debug samples
AT_ONCE = 4  # pieces that wait in memory to be uploaded
VERSION = 1


class Timeline:
    """What the page is given of recordings, one after another."""

    def __init__(self, task_id: str, logger: Any, rate: int) -> None:
        """`rate` in Hz, of the sound that is uploaded: the model's."""
        self._task, self._logger, self._rate = task_id, logger, rate
        self._told: list[dict[str, Any]] = []
        self._series: list[list[str]] = []  # of each recording, its pieces' in order
        self.heard = 0  # recordings with their sound

    def add(self, found: "Found", name: str, with_sound: bool) -> None:
        """One recording and its events; its sound goes on its way to the server."""
        from audio.events.overview import PIECE, Overview
        from audio.events.tables import told_of
        from tasks.reporting import reports

        told, series = told_of(found) | {"file": name}, []
        if with_sound and not found.error:
            overview = Overview(found.path, self._rate)
            for piece in overview.pieces():
                series.append(f"{name} {clock(piece.start)}")
                reports.report_audio(self._logger, TITLE, series[-1], piece.waveform, self._rate)
                if len(series) % AT_ONCE == 0:
                    self._logger.flush(wait=True)
            told |= overview.picture() | {"piece": PIECE, "rate": self._rate}
            self.heard += 1
        self._told.append(told)
        self._series.append(series)

    def write(self, folder: Path, classes: list[str]) -> Path:
        """The file for the page, once all sound has arrived."""
        from tasks.reporting.clips import addresses_of

        every = [one for series in self._series for one in series]
        addresses = addresses_of(self._task, self._logger, every, TITLE) if every else {}
        for told, series in zip(self._told, self._series, strict=True):
            told["pieces"] = [addresses.get(one, "") for one in series]
        whole = {"version": VERSION, "classes": classes, "recordings": self._told}
        path = folder / f"{ARTIFACT}.json"
        path.write_text(json.dumps(whole, ensure_ascii=False, allow_nan=False), "utf-8", "surrogateescape")
        return path


def in_a_line(found: "Found") -> str:
    """What is told of a recording in the console."""
    if found.error:
        return f"can't be heard: {found.error}"
    noted = f" ({'; '.join(found.notes)})" if found.notes else ""
    return f"{len(found.events)} events in {clock(found.duration)}{noted}"
