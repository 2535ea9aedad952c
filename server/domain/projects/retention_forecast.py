"""What a round of retention would take, before it does: by rule and project, in tasks, rows and bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from server.domain.projects.retention import POINTS, checkpoints, due, is_deletable, unlisted, unnamed
from server.domain.projects.retention_policy import RULES, Policy
from server.store import Store
from server.store.files import addresses


@dataclass
class Gone:
    """What a rule takes, or took, from a project."""

    rule: str
    project: str
    tasks: int = 0
    rows: int = 0
    bytes: int = 0


def foreseen(store: Store, now: datetime, set_to: Policy | None = None) -> list[Gone]:
    """What a round would take now, by rule and project; rows and bytes are what they take today. `set_to`: if that were
    set, instead of what is."""
    found: dict[tuple[str, str], Gone] = {}

    def add(rule: str, project: str, rows: int, size: int, tasks: int = 1) -> None:
        one = found.setdefault((rule, project), Gone(rule, project))
        one.tasks, one.rows, one.bytes = one.tasks + tasks, one.rows + rows, one.bytes + size

    for rule, weigh in _WEIGHTS.items():
        for task in due(store, rule, now, set_to):
            rows, size = weigh(store, task.id)
            if rows or size:
                add(rule, task.project, rows, size)
    for _, project, size in unnamed(store, now, set_to):
        add("unnamed", project, 1, size, tasks=0)
    for _, size in unlisted(store, now, set_to):
        add("unnamed", "", 1, size, tasks=0)
    return sorted(found.values(), key=lambda one: (list(RULES).index(one.rule), -one.bytes))


def _weigh_curves(store: Store, task: str) -> tuple[int, int]:
    rows = 0
    for series in store.events.series.of([task], "scalar"):
        count = store.events.scalars.count(series.id)
        rows += max(0, count - POINTS) if count > 2 * POINTS else 0
    return rows, 24 * rows


def _weigh_checkpoints(store: Store, task: str) -> tuple[int, int]:
    artifacts, old_models = checkpoints(store, task)
    keys = addresses.keys_of([one.get("uri") for one in artifacts])
    size = store.retention.file_bytes(keys, task, ("artifacts",))
    for model in old_models:
        size += store.retention.file_bytes(addresses.keys(model["uri"]), model["id"], ("uri",))
    return len(artifacts) + len(old_models), size


def _weigh_task(store: Store, task: str) -> tuple[int, int]:
    if not is_deletable(store, task):
        return 0, 0
    rows, size = store.retention.events(task)
    left = store.releases.left([task], [], reset=False)
    return rows + 1, size + store.releases.bytes(left.going)


_WEIGHTS: dict[str, Callable[[Store, str], tuple[int, int]]] = {
    "console": lambda store, task: store.retention.lines(task),
    "scalars": _weigh_curves,
    "samples": lambda store, task: store.retention.samples(task),
    "checkpoints": _weigh_checkpoints,
    "archived": _weigh_task,
}
