"""One reported event, checked and put where it will be written: a point, a rich event or a console line."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from server.api import limits
from server.store.events.logs import Line
from server.store.events.scalars import SINGLE_VALUE

INT64 = 2**63
LAST_MOMENT = 253_402_300_800_000
"""Milliseconds: the year 10,000, from which on no calendar date can be made."""
Point = tuple[int, int, "float | None"]
"""Iteration, milliseconds, value."""


@dataclass
class Reported:
    """What one task (or model) reported in a batch, grouped as it will be written."""

    scalars: dict[tuple[str, str], list[Point]] = field(default_factory=dict)
    rich: dict[tuple[str, str, str], list[tuple[Any, ...]]] = field(default_factory=dict)
    """By kind, metric and variant: `RichEvent` without the series' number."""
    logs: list[Line] = field(default_factory=list)
    last_iteration: int | None = None

    @property
    def events(self) -> int:
        return len(self.logs) + sum(map(len, (*self.scalars.values(), *self.rich.values())))

    def reach(self, iteration: int) -> None:
        if iteration != SINGLE_VALUE and (self.last_iteration is None or iteration > self.last_iteration):
            self.last_iteration = iteration


class Rejected(Exception):
    """Says what is wrong with an event."""


def put(reported: Reported, event: dict[str, Any], now_ms: int) -> list[Point] | None:
    """Add an event to what its task has reported.

    Returns: the points of its curve when it is a scalar whose names are text as they are.
    Raises: Rejected.
    """
    timestamp = event.get("timestamp")
    timestamp = now_ms if timestamp is None else _whole(timestamp, "timestamp")
    if not 0 <= timestamp < LAST_MOMENT:
        raise Rejected("`timestamp` is out of range: milliseconds since 1970 are expected")
    return _KINDS[event["type"]](reported, event, timestamp)


def _put_scalar(reported: Reported, event: dict[str, Any], timestamp: int) -> list[Point] | None:
    """Returns: the points of the curve, when its names are text as they are and not made into it."""
    point = (_whole(event.get("iter") or 0, "iter"), timestamp, _number(event.get("value")))
    metric, variant = event.get("metric"), event.get("variant")
    points = reported.scalars.setdefault((_name(metric, "metric"), _name(variant, "variant")), [])
    points.append(point)
    return points if isinstance(metric, str) and isinstance(variant, str) else None


def _put_log(reported: Reported, event: dict[str, Any], timestamp: int) -> None:
    metric, variant = event.get("metric"), event.get("variant")
    reported.logs.append(
        Line(
            task=event["task"],
            timestamp=timestamp,
            level=_text(event.get("level"), "level"),
            worker=_text(event.get("worker"), "worker"),
            metric=None if metric is None else _name(metric, "metric"),
            variant=None if variant is None else _name(variant, "variant"),
            msg=_text(event.get("msg"), "msg") or "",
        )
    )


def _rich(
    kind: str, body: Callable[[dict[str, Any]], str]
) -> Callable[[Reported, dict[str, Any], int], None]:
    def put(reported: Reported, event: dict[str, Any], timestamp: int) -> None:
        iteration = _whole(event.get("iter") or 0, "iter")
        series = (kind, _name(event.get("metric"), "metric"), _name(event.get("variant"), "variant"))
        row = (
            iteration,
            timestamp,
            _text(event.get("worker"), "worker"),
            body(event),
            (_text(event.get("key"), "key") or "") if kind == "image" else None,
        )
        reported.rich.setdefault(series, []).append(row)

    return put


def _values(event: dict[str, Any]) -> str:
    values = event.get("values")
    if not isinstance(values, list):
        raise Rejected("`values` must be a list of numbers")
    return orjson.dumps([_number(value) for value in values]).decode()


def _plot(event: dict[str, Any]) -> str:
    plot = event.get("plot_str")
    if isinstance(plot, (dict, list)):
        return orjson.dumps(plot).decode()
    text = _text(plot, "plot_str") or ""
    return _without_literals(text) if "NaN" in text or "Infinity" in text else text


def _without_literals(plot: str) -> str:
    """The SDK's heatmaps and surfaces have NaN and Infinity in them, which JSON hasn't: gaps, as everywhere."""
    try:
        orjson.loads(plot)
    except orjson.JSONDecodeError:
        try:
            return orjson.dumps(json.loads(plot)).decode()
        except (ValueError, TypeError, RecursionError):
            pass
    return plot


def _url(event: dict[str, Any]) -> str:
    return _text(event.get("url"), "url") or ""


_KINDS: dict[str, Callable[[Reported, dict[str, Any], int], list[Point] | None]] = {
    "training_stats_scalar": _put_scalar,
    "training_stats_vector": _rich("vector", _values),
    "plot": _rich("plot", _plot),
    "training_debug_image": _rich("image", _url),
    "log": _put_log,
}


def _whole(value: Any, name: str) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError) as fault:
        raise Rejected(f"`{name}` must be a whole number") from fault
    if not -INT64 <= number < INT64:
        raise Rejected(f"`{name}` is out of range")
    return number


def _number(value: Any) -> float | None:
    """A value to keep; None for NaN and the infinities, which neither JSON nor a chart can hold: a gap."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError) as fault:
        raise Rejected("`value` must be a number") from fault
    return number if math.isfinite(number) else None


def _name(value: Any, name: str) -> str:
    if value is None:
        return ""
    if isinstance(value, (dict, list)):
        raise Rejected(f"`{name}` must be text")
    text = str(value)
    if len(text) > limits.NAME:
        raise Rejected(f"`{name}` has more than {limits.NAME:,} characters")
    return text


def _text(value: Any, name: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (dict, list)):
        raise Rejected(f"`{name}` must be text")
    return str(value)


TYPES = frozenset(_KINDS)
