"""Permissions by project: none, read or write, for one user or for everybody, where a role is not enough.

An entry counts for its project and for all below it, until an entry further down says otherwise; on one project a
user's own entry is before everybody's. What nobody has said anything of is as the role says. No entry gives more than
the role does, admins are never restricted, and *everybody* means people: the user that agents and tasks are is
restricted by entries alone that name it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TypeVar

from server.api.call import Identity
from server.api.errors import InvalidUserId, ValidationFailed
from server.domain import project_tree
from server.domain.users.access import PROGRAMS_ID
from server.store import Store
from server.store.database import restriction
from server.store.project_access import EVERYBODY

T = TypeVar("T")

LEVELS = ("none", "read", "write")
UNSET = "unset"
"""Instead of a level: take the entry away."""


def set_level(store: Store, project: str, subject: str, level: str) -> int:
    """Say what a user (or everybody, `*`) may do in a project. Returns: entries changed (0 or 1).

    Raises:
        InvalidProjectId, InvalidUserId. ValidationFailed: no such level.
    """
    project_tree.existing(store, project)
    if subject != EVERYBODY and store.users.get(subject) is None:
        raise InvalidUserId(user=subject)
    if level == UNSET:
        return store.project_access.remove(project, subject)
    if level not in LEVELS:
        raise ValidationFailed(f"level is one of {', '.join((*LEVELS, UNSET))}, not {level!r}")
    store.project_access.set(project, subject, level)
    return 1


def restriction_of(store: Store, identity: Identity | None) -> restriction.Restriction | None:
    """What is closed to a caller; None when nothing is."""
    if identity is None or identity.may("admin"):
        return None
    entries = store.project_access.of(identity.user, everybody=identity.user != PROGRAMS_ID)
    levels: dict[str, str] = {}
    for name, level in entries:
        levels.update(dict.fromkeys(store.project_access.below(name), level))
    closed = restriction.Restriction(
        frozenset(id for id, level in levels.items() if level == "none"),
        frozenset(id for id, level in levels.items() if level == "read"),
    )
    return closed if closed.hidden or closed.read_only else None


def as_caller(store: Store, identity: Identity | None) -> AbstractContextManager[None]:
    """What the block reads and changes is only what this caller may."""
    return restriction.restricted(restriction_of(store, identity))


def each_as_caller(store: Store, identity: Identity | None, pieces: Iterator[T]) -> Iterator[T]:
    """The pieces, each made with what this caller may: they are asked for when the request's own block has ended."""
    allowed = restriction_of(store, identity)
    while True:
        with restriction.restricted(allowed):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece
