"""Overview of long curves: for each tile of points, the lowest and highest of every 32, 128, 512 and 2,048.

Tiles follow one another: each covers the iterations above the one before, up to its own `stop`. What lies above
the last tile is read from the points themselves.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence

from server.store.database.db import Database
from server.store.events.scalars import SINGLE_VALUE, Point

SIZES = (32, 128, 512, 2048)
_POINT = struct.Struct("<qqd")
_COLUMNS = ", ".join(f"by_{size}" for size in SIZES)


class Tiles:
    def __init__(self, db: Database) -> None:
        self._db = db

    def count(self, series: int) -> int:
        return self._db.value("SELECT count(*) FROM scalar_tiles WHERE series = ?", (series,))

    def last_stop(self, series: int) -> int:
        """The iteration up to which there are tiles; below every iteration when there are none."""
        found = self._db.value("SELECT max(stop) FROM scalar_tiles WHERE series = ?", (series,))
        return SINGLE_VALUE if found is None else found

    def put(self, series: int, stop: int, extremes: Mapping[int, Iterable[Point]]) -> None:
        """Write a tile, or replace the one that ends at `stop`. `extremes`: points by block size."""
        blobs = [b"".join(_POINT.pack(*point) for point in extremes[size]) for size in SIZES]
        self._db.execute(
            f"INSERT INTO scalar_tiles(series, stop, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT(series, stop) DO UPDATE SET "
            + ", ".join(f"by_{size} = excluded.by_{size}" for size in SIZES),
            (series, stop, *blobs),
        )

    def covering(self, series: int, iterations: Iterable[int]) -> set[tuple[int, int]]:
        """The tiles these iterations lie in, each as (iteration it begins above, its stop)."""
        found = set()
        last = SINGLE_VALUE - 1
        for iteration in sorted(iterations):
            if iteration <= last:
                continue
            row = self._db.row(
                "SELECT min(stop), (SELECT max(stop) FROM scalar_tiles WHERE series = :s AND stop < :i)"
                " FROM scalar_tiles WHERE series = :s AND stop >= :i",
                {"s": series, "i": iteration},
            )
            if row is None or row[0] is None:
                break
            last = row[0]
            found.add((SINGLE_VALUE if row[1] is None else row[1], last))
        return found

    def extremes(self, series: int, size: int) -> Sequence[Point]:
        """Lowest and highest point of every `size` points, in order, over all tiles."""
        rows = self._db.rows(f"SELECT by_{size} FROM scalar_tiles WHERE series = ? ORDER BY stop", (series,))
        return [Point._make(one) for row in rows for one in _POINT.iter_unpack(row[0])]

    def delete(self, series: int) -> None:
        self._db.execute("DELETE FROM scalar_tiles WHERE series = ?", (series,))
