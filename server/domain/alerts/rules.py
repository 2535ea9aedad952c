"""Rules of alerts: what each kind consists of, checked before it is kept."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from server.api.errors import InvalidQueueId, ValidationFailed
from server.domain import project_tree
from server.domain.tasks.transitions import STATUSES
from server.store import Store

KINDS = {
    "status": ("statuses", "project", "tag"),
    "metric": ("metric", "variant", "comparison", "value", "ended", "project", "tag"),
    "queue": ("queue", "minutes"),
    "worker": (),
    "disk": ("free_gb",),
}
"""Kind → the fields of its condition."""


def checked(store: Store, kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A condition as it is kept. Raises: ValidationFailed, InvalidProjectId, InvalidQueueId."""
    condition: dict[str, Any] = {name: given.get(name) or None for name in KINDS[kind]}
    if kind == "status":
        unknown = set(condition["statuses"] or ()) - set(STATUSES)
        if unknown or not condition["statuses"]:
            raise ValidationFailed(f"statuses: one or more of {', '.join(STATUSES)} are expected")
    if kind == "metric":
        if not condition["metric"] or not condition["variant"]:
            raise ValidationFailed("metric and variant: which value, such as accuracy and test")
        if condition["comparison"] not in ("below", "above"):
            raise ValidationFailed("comparison is below or above")
        condition |= {"value": _number(given, "value", -math.inf), "ended": bool(given.get("ended"))}
    if kind == "queue":
        condition["minutes"] = _number(given, "minutes", 0, 525_600)
        if condition["queue"] and store.queues.get(condition["queue"]) is None:
            raise InvalidQueueId(queue=condition["queue"])
    if kind == "disk":
        condition["free_gb"] = _number(given, "free_gb", 0)
    if condition.get("project"):
        project_tree.existing(store, condition["project"])
    return condition


def _number(given: Mapping[str, Any], name: str, above: float, most: float = 1e12) -> float:
    value = given.get(name)
    if not isinstance(value, int | float) or not math.isfinite(value) or not above < value <= most:
        raise ValidationFailed(f"{name}: a number is expected" + (f" above {above:g}" if above == 0 else ""))
    return float(value)
