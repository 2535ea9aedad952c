"""Processes that serve a model, as they report themselves, and their figures over time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from server.store.database import times
from server.store.database.db import Database


class Serving:
    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, container: str, report: dict[str, Any], now: datetime) -> None:
        """Keep what a container says of itself; its registration time stays."""
        self._db.execute(
            "INSERT INTO serving_containers(id, endpoint_url, registered, last_update, timeout, report)"
            " VALUES (:id, :url, :now, :now, :timeout, :report) ON CONFLICT(id) DO UPDATE SET"
            " endpoint_url = excluded.endpoint_url, last_update = excluded.last_update,"
            " timeout = excluded.timeout, report = excluded.report",
            {
                "id": container,
                "url": report.get("endpoint_url"),
                "now": times.text(now),
                "timeout": report["timeout"],
                "report": orjson.dumps(report).decode(),
            },
        )

    def remove(self, container: str) -> int:
        return self._db.execute("DELETE FROM serving_containers WHERE id = ?", (container,))

    def alive(self, now: datetime) -> list[dict[str, Any]]:
        """Containers heard of within their timeout: `id`, `endpoint_url`, `registered`, `last_update`, `report`."""
        rows = self._db.rows(
            "SELECT * FROM serving_containers"
            " WHERE (julianday(?) - julianday(last_update)) * 86400.0 <= timeout ORDER BY registered, id",
            (times.text(now),),
        )
        return [{**dict(row), "report": orjson.loads(row["report"])} for row in rows]

    def add_stats(self, container: str, url: str, at: int, values: dict[str, float]) -> None:
        """`at`: seconds."""
        self._db.execute_many(
            "INSERT OR REPLACE INTO serving_stats(container, metric, timestamp, endpoint_url, value)"
            " VALUES (?, ?, ?, ?, ?)",
            [(container, metric, at, url, value) for metric, value in values.items()],
        )

    def history(self, url: str, metric: str, start: float, end: float, interval: int) -> list[dict[str, Any]]:
        """The mean of each container in each interval: `container`, `date` (s), `value`."""
        rows = self._db.rows(
            "SELECT container, timestamp / :interval * :interval AS date, AVG(value) AS value FROM serving_stats"
            " WHERE endpoint_url = :url AND metric = :metric AND timestamp BETWEEN :start AND :end"
            " GROUP BY container, date ORDER BY date, container",
            {"url": url, "metric": metric, "start": start, "end": end, "interval": interval},
        )
        return [dict(row) for row in rows]

    def drop_old(self, before: datetime) -> None:
        self._db.execute("DELETE FROM serving_stats WHERE timestamp < ?", (int(before.timestamp()),))
        self._db.execute("DELETE FROM serving_containers WHERE last_update < ?", (times.text(before),))
