"""Events on their way in: from the lines of a request to rows, in one transaction.

`sort` reads and checks the lines without touching the database, so that the one writer is held only while rows
are written. What is wrong with a line is counted under a sentence; the other lines are kept.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from server.domain.events import overview
from server.domain.events.last_metrics import summary
from server.domain.events.reported import INT64, LAST_MOMENT, TYPES, Point, Rejected, Reported, put
from server.store import Store
from server.store.events.rich import RichEvent

Owner = tuple[str, bool, bool]
"""Id, whether it is a model's, whether events may be added though it is published."""


@dataclass
class Batch:
    owners: dict[Owner, Reported] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)


@dataclass
class Outcome:
    added: int
    errors: Counter[str]


def lines(body: bytes) -> tuple[list[Any], Counter[str]]:
    """The events of a body: one JSON object a line, or one JSON array. Returns: them, and what can't be read."""
    try:  # all lines as one array: one call of the parser instead of thousands (no JSON text holds a bare newline)
        return orjson.loads(b"[" + body.strip().replace(b"\n", b",") + b"]"), Counter()
    except orjson.JSONDecodeError:
        pass
    events, errors = [], Counter[str]()
    for piece in body.split(b"\n"):
        if piece.strip():
            try:
                events.append(_loads(piece))
            except ValueError:
                errors["not JSON"] += 1
    return events, errors


def _loads(piece: bytes) -> Any:
    """One line. Python's own parser also reads NaN and Infinity, which Python's clients write."""
    try:
        return orjson.loads(piece)
    except orjson.JSONDecodeError:
        try:
            value = json.loads(piece)
            json.dumps(
                value, ensure_ascii=False
            ).encode()  # half a surrogate pair can't be stored: ValueError
        except RecursionError as error:
            raise ValueError("nested too deep") from error
        return value


def sort(events: Iterable[Any], now: datetime, errors: Counter[str] | None = None) -> Batch:
    """Check events and group them by what they belong to."""
    batch = Batch(errors=errors or Counter())
    now_ms = int(now.timestamp() * 1000)
    known: _Known = {}
    for event in events:
        if isinstance(event, list):  # a body that is one array
            for inner in event:
                if not _known_curve(inner, known):
                    _sort_one(inner, batch, known, now_ms)
        elif not _known_curve(event, known):
            _sort_one(event, batch, known, now_ms)
    return batch


_Known = dict[tuple[Any, ...], list[Point]]


def _known_curve(event: Any, known: _Known) -> bool:
    """The short way for nearly all events: one more well-formed point of a curve that the batch has already."""
    try:
        points = known.get(_curve(event))
        iteration, timestamp, value = event["iter"], event["timestamp"], event["value"]
    except (TypeError, KeyError, AttributeError):
        return False
    if points is None or type(iteration) is not int or type(timestamp) is not int:
        return False
    if not (-INT64 <= iteration < INT64 and 0 <= timestamp < LAST_MOMENT):
        return False
    if type(value) is not float or value - value != 0.0:  # NaN or infinite
        return False
    points.append((iteration, timestamp, value))
    return True


def _curve(event: dict[str, Any]) -> tuple[Any, ...]:
    get = event.get
    return get("type"), get("task"), get("metric"), get("variant"), get("model_event"), get("allow_locked")


def _sort_one(event: Any, batch: Batch, known: _Known, now_ms: int) -> None:
    try:
        if not isinstance(event, dict):
            raise Rejected("not a JSON object")
        if event.get("type") not in TYPES:
            raise Rejected(f"unknown event type {event.get('type')!r}"[:80])
        owner = event.get("task")
        if not owner or not isinstance(owner, str):
            raise Rejected("the event names no task")
        key = (owner, event.get("model_event") is True, event.get("allow_locked") is True)
        reported = batch.owners.get(key) or batch.owners.setdefault(key, Reported())
        points = put(reported, event, now_ms)
        if points is not None:
            known[_curve(event)] = points
    except Rejected as fault:
        batch.errors[str(fault)] += 1
    except TypeError:  # a list or an object where a name is expected
        batch.errors["a field has the wrong type"] += 1


def write(store: Store, batch: Batch, now: datetime) -> Outcome:
    """Write a batch in one transaction: when this returns, all that it counts as added is durable."""
    errors, added = Counter(batch.errors), 0
    with store.transaction():
        exists = {
            models: store.events.locked(
                {owner[0] for owner in batch.owners if owner[1] is models}, models=models
            )
            for models in {owner[1] for owner in batch.owners}
        }
        for (owner, model, unlocked), reported in batch.owners.items():
            locked = exists[model].get(owner)
            if locked is None:
                errors[f"Invalid {'model' if model else 'task'} id {owner}"] += reported.events
            elif locked and not unlocked:
                errors[f"{'Model' if model else 'Task'} {owner} is published"] += reported.events
            elif reported.events:
                _write_one(store, owner, model, reported, now)
                added += reported.events
    return Outcome(added, errors)


def _write_one(store: Store, owner: str, model: bool, reported: Reported, now: datetime) -> None:
    events = store.events
    for (metric, variant), points in reported.scalars.items():
        number = events.series.number(owner, "scalar", metric, variant)
        events.scalars.add(number, points)
        new = summary(points)
        reported_in_all = events.last_metrics.add(owner, metric, variant, new)
        overview.keep_up(store, number, points, reported_in_all)
        reported.reach(new.iter)
    for (kind, metric, variant), rows in reported.rich.items():
        number = events.series.number(owner, kind, metric, variant)
        events.rich.add(RichEvent(number, *row) for row in rows)
        if kind == "image":
            events.rich.drop_overwritten(number, {row[3] for row in rows})
        events.note_files(owner, kind, [row[3] for row in rows])
        reported.reach(max(row[0] for row in rows))
    events.logs.add(reported.logs)
    events.touch(owner, reported.last_iteration, now, model=model)
