"""What is noted of each request: its id, how long it took and how it ended, for the metrics and the log of requests.

Never its query string, headers or body: those hold secrets.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.api import request_ids
from server.app.process import logs

_log = logging.getLogger(logs.ACCESS)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
_CLIENT_GONE, _FAILED = 499, 500
_LONGEST_PATH = 500


@dataclass
class Facts:
    """Filled in on the way; in the request's scope as `facts`."""

    id: str
    endpoint: str = "page"
    """A registered endpoint, or a word for what else was asked: never anything that a client made up."""
    user: str = ""
    code: int = _CLIENT_GONE
    size: int = 0
    """Bytes of the answer's body."""


def facts_of(scope: Scope) -> Facts:
    """Those of a request that nobody observes are nobody's."""
    return scope.get("facts") or Facts("")


class Observer:
    def __init__(self, note: Callable[[Facts, float], object], to_log: bool) -> None:
        """`note` is called with each request's facts and seconds when it has ended."""
        self._note = note
        self._to_log = to_log

    async def __call__(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        facts = Facts(request_ids.chosen(Headers(scope=scope).get(request_ids.HEADER, "")))
        before = request_ids.current.set(facts.id)
        started = time.perf_counter()
        try:
            await app(dict(scope, facts=facts), receive, _told(facts, send))
        except Exception:
            facts.code = _FAILED
            raise
        finally:
            seconds = time.perf_counter() - started
            self._note(facts, seconds)
            if self._to_log:
                _write(facts, scope, seconds)
            request_ids.current.reset(before)


def _told(facts: Facts, send: Send) -> Callable[[Message], Awaitable[None]]:
    """`send`, which also notes what is sent, and adds the request's id."""

    async def tell(message: Message) -> None:
        if message["type"] == "http.response.start":
            facts.code = message["status"]
            name = (request_ids.HEADER.encode(), facts.id.encode())
            message = {**message, "headers": [*message.get("headers", ()), name]}
        elif message["type"] == "http.response.body":
            facts.size += len(message.get("body", b""))
        await send(message)

    return tell


def _write(facts: Facts, scope: Scope, seconds: float) -> None:
    path = quote(scope["path"], safe="/:;,=@+~", errors="surrogateescape")[:_LONGEST_PATH]
    method = scope["method"] if scope["method"] in _METHODS else "?"
    fields = {
        "client": (scope.get("client") or ("",))[0],
        "user": facts.user,
        "method": method,
        "path": path,
        "endpoint": facts.endpoint,
        "code": facts.code,
        "bytes": facts.size,
        "seconds": round(seconds, 4),
    }
    text = "%(client)s %(user)s %(method)s %(path)s %(code)s %(bytes)s B %(seconds)s s"
    _log.info(text, {**fields, "user": facts.user or "-"}, extra={"fields": fields})
