"""What the caller of the moment may not see or change, known to every statement that is run for them.

It is set for the time of a request (`restricted`). What the server does for itself meanwhile, so that references and
files stay right for everybody, is done `unrestricted`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any, TypeVar, cast

import orjson

from server.api.errors import ClosedProject

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Restriction:
    """Projects, by their ids, those below them included."""

    hidden: frozenset[str]
    read_only: frozenset[str]

    @cached_property
    def listed(self) -> str:
        """The hidden ones as JSON."""
        return orjson.dumps(sorted(self.hidden)).decode()

    def may_write(self, project: str) -> bool:
        return project not in self.hidden and project not in self.read_only


_current: ContextVar[Restriction | None] = ContextVar("restriction", default=None)


def current() -> Restriction | None:
    return _current.get()


def hidden() -> str:
    """The ids of projects that are not shown, as JSON."""
    found = _current.get()
    return found.listed if found else "[]"


def may_read(project: str | None) -> bool:
    """Of what lies in this project (in none: None, or empty)."""
    found = _current.get()
    return found is None or project not in found.hidden


def may_write(project: str | None) -> bool:
    found = _current.get()
    return found is None or found.may_write(project or "")


def require_write(project: str | None) -> None:
    """Raises: ClosedProject."""
    if not may_write(project):
        raise ClosedProject(project=project)


@contextmanager
def restricted(to: Restriction | None) -> Iterator[None]:
    """What the block reads and writes is only what this allows; None: anything."""
    token = _current.set(to)
    try:
        yield
    finally:
        _current.reset(token)


def unrestricted(function: F) -> F:
    """Have a function see and change everything, whoever it is called for."""

    @wraps(function)
    def whole(*arguments: Any, **more: Any) -> Any:
        with restricted(None):
            return function(*arguments, **more)

    return cast(F, whole)
