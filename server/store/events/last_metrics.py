"""What a task last reported of each metric and variant, kept while events come in: tables sort by it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from server.store.database.db import Database

_ADD = """
INSERT INTO last_metrics(task, metric_hash, variant_hash, metric, variant, value, iter, timestamp, count,
    min_value, min_value_iteration, max_value, max_value_iteration, first_value, first_value_iteration,
    mean_value, numbers)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT(task, metric_hash, variant_hash) DO UPDATE SET
    value = iif((excluded.iter, excluded.timestamp) >= (iter, timestamp), excluded.value, value),
    timestamp = iif((excluded.iter, excluded.timestamp) >= (iter, timestamp), excluded.timestamp, timestamp),
    iter = max(excluded.iter, iter),
    count = count + excluded.count,
    min_value_iteration = iif(min_value IS NULL OR excluded.min_value < min_value,
        excluded.min_value_iteration, min_value_iteration),
    min_value = min(coalesce(excluded.min_value, min_value), coalesce(min_value, excluded.min_value)),
    max_value_iteration = iif(max_value IS NULL OR excluded.max_value > max_value,
        excluded.max_value_iteration, max_value_iteration),
    max_value = max(coalesce(excluded.max_value, max_value), coalesce(max_value, excluded.max_value)),
    first_value = iif(excluded.first_value_iteration < first_value_iteration,
        excluded.first_value, first_value),
    first_value_iteration = min(excluded.first_value_iteration, first_value_iteration),
    mean_value = iif(excluded.numbers = 0, mean_value, iif(numbers = 0, excluded.mean_value,
        mean_value + (excluded.mean_value - mean_value) * excluded.numbers / (numbers + excluded.numbers))),
    numbers = numbers + excluded.numbers
RETURNING count
"""


@dataclass
class Summary:
    """Of some points of one series: what `last_metrics` keeps. min, max and mean are None when no value is a
    number; `numbers` is how many are."""

    value: float | None
    iter: int
    timestamp: int
    count: int
    min_value: float | None
    min_value_iteration: int | None
    max_value: float | None
    max_value_iteration: int | None
    first_value: float | None
    first_value_iteration: int
    mean_value: float | None
    numbers: int


class LastMetrics:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, task: str, metric: str, variant: str, new: Summary) -> int:
        """Fold a batch's summary into what is kept: the last value is the one of the highest
        (iteration, timestamp), whatever the order of arrival. Returns: how many values there were in all."""
        names = (task, name_hash(metric), name_hash(variant), metric, variant)
        return self._db.rows(_ADD, (*names, *vars(new).values()))[0][0]

    def delete(self, task: str) -> None:
        self._db.execute("DELETE FROM last_metrics WHERE task = ?", (task,))


def name_hash(name: str) -> str:
    """The key of a metric's or variant's name in `last_metrics.<hash>.<hash>`."""
    return hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
