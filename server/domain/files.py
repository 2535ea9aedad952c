"""Files: removed when nobody names them, kept when somebody does; and what a deletion would do to them, beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

from server.domain import overwriting, project_tree
from server.domain.tasks import models as model_rules
from server.domain.tasks import transitions
from server.store import Store
from server.store.database import restriction
from server.store.files import addresses
from server.store.files.files import task_of
from server.store.files.incoming import Incoming
from server.store.files.releases import Namer

_LISTED = 20
"""How many of those who keep or lose something are named; all are counted."""

Outcome = Literal["deleted", "kept", "gone", "missing"]


def remove(store: Store, *spellings: str) -> tuple[Outcome, list[dict[str, Any]]]:
    """Remove a file that a client wants gone, unless something still names it.

    Returns: what became of it (`gone`: it went with what named it, before), and who keeps it.
    Raises: BadFileName. ClosedProject.
    """
    file = store.files.find(*spellings)
    if file is None:
        return ("gone" if _went(store, spellings) else "missing"), []
    name = store.files.name(file)
    store.files.require_changeable([name])
    with store.transaction():  # nobody names it between the look and the deed
        namers = store.releases.namers(addresses.key(name))
        if not namers:
            store.files.delete([name])
    return ("kept" if namers else "deleted"), _listed(store, namers)


def keep(store: Store, incoming: Iterable[tuple[str, Incoming]], user: str, now: datetime) -> None:
    """Give finished uploads their names. What others name and they would replace is set aside.

    Raises: BadFileName, ClosedProject, StorageFull.
    """
    pairs = list(incoming)
    store.files.require_changeable(store.files.name(store.files.path(name)) for name, _ in pairs)
    if any(store.files.find(name) for name, _ in pairs):
        with store.transaction():
            overwriting.set_aside(store, (name for name, _ in pairs))
    store.files.keep(pairs, user, now)


def _went(store: Store, spellings: Sequence[str]) -> bool:
    """The SDK deletes a task, a model or an artifact, and then each file, which went with it: that's no failure."""
    tasks = {task for task in map(task_of, spellings) if task}
    return store.releases.freed({addresses.key(one) for one in spellings}) or any(
        not store.tasks.exists(task) for task in tasks
    )


# Beforehand


def before_deletion(store: Store, tasks: Sequence[str], *, reset: bool = False) -> dict[str, Any]:
    """What the deletion (or the reset) of these tasks would do.

    Returns: how many `tasks` and `models` go and how many `kept_models` stay; `files` and `bytes` that go;
    `kept_files`, and `kept_by` whom; `losers`, who would lose files that they read. Lists name the first twenty
    (`{kind, id, name, published, files}`), `…_total` counts all.

    Raises: InvalidTaskId.
    """
    for task in tasks:
        transitions.existing(store, task, ("id",))
    gone, kept = _output_models(store, tasks, reset=reset)
    return _answer(store, tasks, gone, len(kept), reset=reset)


def before_model_deletion(store: Store, models: Sequence[str]) -> dict[str, Any]:
    """As `before_deletion`, of models. Raises: InvalidModelId."""
    for model in models:
        model_rules.existing(store, model, ("id",))
    return _answer(store, [], models, 0)


def before_project_deletion(store: Store, project: str) -> dict[str, Any]:
    """As `before_deletion`, of a project with all that lies in it and below it. Raises: InvalidProjectId."""
    project_tree.existing(store, project)
    below = store.projects.with_descendants([project])
    tasks = store.tasks.ids({"project": below})
    gone, kept = _output_models(store, tasks)
    inside = store.models.ids({"project": below})
    return _answer(store, tasks, list(dict.fromkeys([*gone, *inside])), len(set(kept) - set(inside)))


def _output_models(store: Store, tasks: Sequence[str], *, reset: bool = False) -> tuple[list[str], list[str]]:
    """The models that go with tasks, one task after the other, and those that stay: see `deletion`."""
    order = {} if reset else {task: number for number, task in enumerate(tasks)}
    gone: list[str] = []
    kept: list[str] = []
    for model, task, ready, users in store.models.made_by(tasks):
        used = any(order.get(user, len(tasks)) > order.get(task, 0) for user in users)
        (kept if ready or used else gone).append(model)
    return gone, kept


def _answer(
    store: Store, tasks: Sequence[str], models: Sequence[str], kept_models: int, *, reset: bool = False
) -> dict[str, Any]:
    left = store.releases.left(tasks, models, reset=reset)
    losers = store.releases.losers(tasks, models)
    return {
        "tasks": len(tasks),
        "models": len(models),
        "kept_models": kept_models,
        "files": len(left.going),
        "bytes": store.releases.bytes(left.going),
        "kept_files": len(left.kept),
        "kept_by": _listed(store, left.namers),
        "kept_by_total": len(left.namers),
        "losers": _listed(store, losers),
        "losers_total": len(losers),
    }


def _listed(store: Store, namers: Sequence[Namer]) -> list[dict[str, Any]]:
    """The first of them, without those that the caller doesn't see."""
    if restriction.current() is not None:
        namers = [one for one in namers if getattr(store, f"{one.kind}s").exists(one.id)]
    return [{**one._asdict(), "published": bool(one.published)} for one in namers[:_LISTED]]
