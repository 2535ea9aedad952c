"""Retention: what is let go of when it is old. Nothing, until somebody sets it, for all projects or for some.

`retention_policy` has what can be set, in days since a task's last sign of life. What is running, published or tagged
`keep` is left alone, and a file stays as long as anything names it. The work is done in small steps, each a transaction
of its own; one that is broken off goes on with the next round.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from server.api.errors import ApiError
from server.domain.projects.retention_policy import EVERYWHERE, Policy, by_days, policy
from server.domain.tasks import deletion, models
from server.store import Store
from server.store.database import times
from server.store.events.scalars import SINGLE_VALUE
from server.store.files import addresses
from server.store.upkeep.retention import KEEP, OldTask

POINTS = 500
"""That a thinned curve keeps, about. One with fewer than twice as many is left as it is."""
_SOME = 1000
"""Rows or files of one step."""
_CHECKPOINT = re.compile(r"^(checkpoint|ckpt)([-_.\d]|$)", re.IGNORECASE)
_IN_FILE_NAME = re.compile(r"(checkpoint|ckpt)", re.IGNORECASE)


def due(store: Store, rule: str, now: datetime, set_to: Policy | None = None) -> Iterator[OldTask]:
    only = {"checkpoints": "completed", "archived": "archived"}.get(rule, "ended")
    for days, projects in by_days(store, rule, set_to):
        yield from store.retention.tasks(rule, projects, times.text(now - timedelta(days=days)), only=only)


class Interrupted(Exception):
    """The round was told to end; the next one goes on."""


class Round:
    """One round. `pause` is called after each step with the seconds that it took; it may wait, or raise
    `Interrupted`, which leaves a sound database and the rest for later."""

    def __init__(
        self, store: Store, now: datetime, pause: Callable[[float], object] = lambda took: None
    ) -> None:
        self._store = store
        self._now = now
        self._pause = pause
        self.rows = 0
        """Removed."""
        self.files = 0

    def run(self) -> None:
        """Raises: StorageFull, Interrupted."""
        for rule, carry_out in self._rules().items():
            for task in due(self._store, rule, self._now):
                carry_out(task.id)
                if rule != "archived":  # one that can't be deleted now may be deleted later
                    with self._step():
                        self._store.retention.note(rule, task)
        self._remove_unnamed()
        if self._store.space.can_be_given_back():
            while self._store.space.free_bytes():
                with self._step():
                    left = self._store.space.give_back(_SOME)
                if not left:
                    break
            self._store.space.shorten()

    def _rules(self) -> dict[str, Callable[[str], None]]:
        return {
            "console": self._drop_lines,
            "scalars": self._thin_curves,
            "samples": self._drop_samples,
            "checkpoints": self._drop_checkpoints,
            "archived": self._delete,
        }

    def _step(self) -> _Step:
        return _Step(self._store, self._pause)

    def _some(self, drop: Callable[[], int]) -> None:
        """Until nothing is left."""
        while True:
            with self._step():
                gone = drop()
            self.rows += gone
            if gone < _SOME:
                return

    def _drop_lines(self, task: str) -> None:
        self._some(lambda: self._store.retention.drop_lines(task, _SOME))

    def _thin_curves(self, task: str) -> None:
        for series in self._store.events.series.of([task], "scalar"):
            long = self._store.events.scalars.count(series.id) > 2 * POINTS
            if long or self._store.retention.has_begun(task, series.id):
                self._thin(task, series.id)

    def _thin(self, task: str, series: int) -> None:
        """Of each stretch of iterations one point stays: what was broken off and begun again leaves the same."""
        scalars = self._store.events.scalars
        first, last = scalars.points(series, limit=1)[0].iter, scalars.last(series, 1)[0].iter
        always = {first, last, *self._store.retention.extremes(series, SINGLE_VALUE)}
        stretch, at = -1, SINGLE_VALUE
        with self._step():
            self._store.events.tiles.delete(series)  # an overview would show what is gone
            self._store.retention.begin_curve(task, series)
        while piece := scalars.points(series, at, limit=_SOME):
            going = []
            for point in piece:
                before, stretch = stretch, (point.iter - first) * POINTS // (last - first + 1)
                if stretch == before and point.iter not in always:
                    going.append(point.iter)
            at = piece[-1].iter
            with self._step():
                self.rows += self._store.retention.thin(series, going)
        with self._step():
            self._store.retention.end_curve(task, series)

    def _drop_samples(self, task: str) -> None:
        for series in self._store.events.series.of([task], "image"):
            self._some(lambda number=series.id: self._store.retention.drop_rich(number, _SOME))  # type: ignore[misc]
        paths = self._store.releases.of_events(task, ("samples",))
        with self._step():
            for series in self._store.events.series.of([task], "image"):
                self._store.retention.drop_series(series.id)
            self._store.file_uses.drop([task], ("samples",))
            self._store.releases.release(paths)
        self.files += len(paths)

    def _drop_checkpoints(self, task: str) -> None:
        with self._step():
            artifacts, old_models = checkpoints(self._store, task)
            if artifacts:
                execution = (self._store.tasks.get(task, ("execution",)) or {})["execution"]
                kept = [one for one in execution["artifacts"] if one not in artifacts]
                self._store.tasks.update(task, {"execution": {**execution, "artifacts": kept}})
                self._store.releases.release_addresses(one.get("uri") for one in artifacts)
            for model in old_models:
                models.delete(self._store, model["id"], force=False)
        self.files += len(artifacts) + len(old_models)

    def _delete(self, task: str) -> None:
        if not is_deletable(self._store, task):
            return
        self._drop_lines(task)
        for series in self._store.events.series.of([task]):
            drop = (
                self._store.retention.drop_points
                if series.kind == "scalar"
                else self._store.retention.drop_rich
            )
            self._some(lambda number=series.id, drop=drop: drop(number, _SOME))  # type: ignore[misc]
        with self._step():
            if is_deletable(self._store, task):
                deletion.delete(self._store, task)
                self.rows += 1

    def _remove_unnamed(self) -> None:
        days = policy(self._store).get(EVERYWHERE, {}).get("unnamed", 0)
        before = times.text(self._now - timedelta(days=days))
        paths = [path for path, _, _ in unnamed(self._store, self._now)]
        for start in range(0, len(paths), _SOME):
            with self._step():
                still = self._store.retention.still_unnamed(paths[start : start + _SOME], before)
                self.files += len(self._store.files.delete(still))
        lying = [name for name, _ in unlisted(self._store, self._now)]
        for start in range(0, len(lying), _SOME):
            with self._step():
                self.files += len(self._store.files.delete(lying[start : start + _SOME]))


class _Step:
    """A transaction, and a pause after it."""

    def __init__(self, store: Store, pause: Callable[[float], object]) -> None:
        self._transaction = store.transaction()
        self._pause = pause

    def __enter__(self) -> None:
        self._began = time.monotonic()
        self._transaction.__enter__()

    def __exit__(self, *fault: Any) -> None:
        self._transaction.__exit__(*fault)
        if fault[0] is None:
            self._pause(time.monotonic() - self._began)


def is_deletable(store: Store, task: str) -> bool:
    found = store.tasks.get(task)
    try:
        if found is not None:
            deletion.require_deletable(store, found)
    except ApiError:
        return False
    return found is not None


def checkpoints(store: Store, task: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The artifacts and output models of a task that are checkpoints, and that nobody keeps."""
    document = store.tasks.get(task, ("execution", "models")) or {}
    artifacts = [
        one
        for one in (document.get("execution") or {}).get("artifacts") or []
        if one.get("mode") != "input" and _CHECKPOINT.match(one.get("key") or "")
    ]
    listed = [one.get("model") for one in (document.get("models") or {}).get("output") or []]
    return artifacts, [
        model for model in store.models.all({"task": task}) if _is_old(store, model, listed[-1:], task)
    ]


def _is_old(store: Store, model: Mapping[str, Any], newest: Sequence[Any], task: str) -> bool:
    name = str(model.get("uri") or "").rpartition("/")[2]
    if model["id"] in newest or not newest or model.get("ready") or KEEP in (model.get("tags") or []):
        return False
    used = any(other != task for other in store.models.tasks_with(model["id"]))
    return bool(_IN_FILE_NAME.search(name)) and not used and not store.models.count({"parent": model["id"]})


def unlisted(store: Store, now: datetime, set_to: Policy | None = None) -> list[tuple[str, int]]:
    """Name and bytes of files in the folder that aren't in the list: a process was killed before it had noted them."""
    days = (policy(store) if set_to is None else set_to).get(EVERYWHERE, {}).get("unnamed", 0)
    before = (now - timedelta(days=days)).timestamp()
    found = []
    for name in store.files.audit()[1] if days else ():
        facts = store.files.path(name).stat()
        if facts.st_mtime < before and not store.releases.namers(addresses.key(name)):
            found.append((name, facts.st_size))
    return found


def unnamed(store: Store, now: datetime, set_to: Policy | None = None) -> list[tuple[str, str, int]]:
    days = (policy(store) if set_to is None else set_to).get(EVERYWHERE, {}).get("unnamed", 0)
    return store.retention.unnamed(times.text(now - timedelta(days=days))) if days else []
