"""`@endpoint`: how a service's function becomes `service.action`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from server.api.request import Request

H = TypeVar("H", bound=Callable[..., "dict[str, Any] | Answer"])
"""A handler: `(call, request) -> dict`."""


@dataclass(frozen=True)
class Answer:
    """An answer that is not an envelope: a download, say. A long one comes as an iterator of its pieces."""

    body: bytes | Iterator[bytes]
    content_type: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Endpoint:
    """`role` None: answered without credentials. `raw`: the body is not one JSON object; the handler reads
    `call.body` itself (json-lines)."""

    name: str
    handler: Callable[..., Any]
    request: type[Request]
    role: str | None
    raw: bool
    summary: str


_endpoints: dict[str, Endpoint] = {}


def endpoint(
    name: str, request: type[Request], *, role: str | None = "user", raw: bool = False
) -> Callable[[H], H]:
    """Register a handler `(call, request) -> dict` under its public name. A viewer may only call what says
    `role="viewer"`."""

    def register(handler: H) -> H:
        if name in _endpoints:
            raise RuntimeError(f"endpoint {name} is registered twice")
        summary = " ".join((handler.__doc__ or "").partition("\n\n")[0].split())
        _endpoints[name] = Endpoint(name, handler, request, role, raw, summary)
        return handler

    return register


def find(name: str) -> Endpoint | None:
    return _endpoints.get(name)


def all_endpoints() -> Iterator[Endpoint]:
    return iter(sorted(_endpoints.values(), key=lambda one: one.name))
