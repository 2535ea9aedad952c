"""Events as rows: scalars, rich events (vectors, plots, debug samples) and logs, and what a task last reported.

All of them belong to a task or to a model, by its id. A chart's line (kind, metric, variant) is a *series* with a
number, so that its rows are small and lie together.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from server.store.database import times
from server.store.database.db import Database
from server.store.events.last_metrics import LastMetrics
from server.store.events.logs import Logs
from server.store.events.rich import RichEvents
from server.store.events.scalars import Scalars
from server.store.events.series import AllSeries, Series
from server.store.events.stream import Stream
from server.store.events.tiles import Tiles
from server.store.files import addresses
from server.store.files.file_uses import FileUses

__all__ = ["Events", "Series"]

_LOCKED = {
    "tasks": "SELECT id, status IN ('published', 'publishing') FROM tasks WHERE id IN ({})",
    "models": "SELECT id, ready FROM models WHERE id IN ({})",
}


class Events:
    def __init__(self, db: Database) -> None:
        self._db = db
        self.series = AllSeries(db)
        self.scalars = Scalars(db)
        self.tiles = Tiles(db)
        self.rich = RichEvents(db)
        self.logs = Logs(db)
        self.last_metrics = LastMetrics(db)
        self.stream = Stream(db)
        self._uses = FileUses(db)

    def locked(self, ids: Iterable[str], *, models: bool = False) -> dict[str, bool]:
        """Which of these tasks (or models) exist, and whether they are published, so that events need
        `allow_locked`."""
        found: dict[str, bool] = {}
        wanted = list(ids)
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            sql = _LOCKED["models" if models else "tasks"].format(", ".join("?" * len(part)))
            found.update((row[0], bool(row[1])) for row in self._db.rows(sql, part))
        return found

    def names(self, ids: Iterable[str], *, models: bool = False) -> dict[str, str]:
        sql = f"SELECT name FROM {'models' if models else 'tasks'} WHERE id = ?"
        return {one: self._db.value(sql, (one,)) for one in ids}

    def touch(self, owner: str, last_iteration: int | None, now: datetime, *, model: bool = False) -> None:
        """Note that a task (or model) has reported, and how far it is."""
        table = "models" if model else "tasks"
        self._db.execute(
            f"UPDATE {table} SET last_update = ?, last_iteration = max(coalesce(last_iteration, 0), ?)"
            " WHERE id = ?",
            (times.text(now), last_iteration or 0, owner),
        )

    def note_files(self, owner: str, kind: str, bodies: Iterable[str]) -> None:
        """Keep up with the files that debug samples and plots name."""
        if kind == "image":
            self._uses.add(owner, "samples", addresses.keys_of(bodies))
        elif kind == "plot":
            self._uses.add(owner, "plots", set().union(*map(addresses.keys_in, bodies)))

    def delete_of(self, owner: str) -> int:
        """Remove every event of a task or model, and its last metrics. Returns: the number of events."""
        removed = self.logs.delete(owner)
        for series in self.series.of([owner]):
            removed += self.scalars.delete(series.id) + self.rich.delete(series.id)
            self.tiles.delete(series.id)
        self.series.delete(owner)
        self._uses.drop([owner], ("samples", "plots"))
        self.last_metrics.delete(owner)
        return removed
