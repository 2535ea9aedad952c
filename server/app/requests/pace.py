"""How fast one caller may ask, and how many of its requests are worked on at once: nobody takes the server for himself.

A caller is who its credentials say, once they have been found good; until then, and without any, it is its address.
Who asks too fast is made to wait; only who would wait too long is refused.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.requests import Request

from server.api.errors import TooManyRequests

_LONGEST_WAIT = 5.0
"""Seconds."""
_AT_ONCE = 30
"""Requests of one caller in worker threads; there are 40 of those."""
_MOST_KEPT = 10_000


@dataclass
class _Caller:
    due: float = 0.0
    """When what it asked for until now would be done at the pace that it is allowed."""
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))


class Pace:
    """Lives in the event loop; `is_good` may be called from any thread."""

    def __init__(self, per_second: float) -> None:
        self._each = 1 / per_second if per_second > 0 else 0.0
        self._burst = 2 * per_second * self._each
        self._callers: OrderedDict[str, _Caller] = OrderedDict()
        self._good: OrderedDict[str, None] = OrderedDict()

    def is_good(self, request: Request) -> None:
        """Its credentials hold."""
        name = _credentials(request)
        if name and name not in self._good:
            self._good[name] = None
            while len(self._good) > _MOST_KEPT:
                self._good.popitem(last=False)

    @asynccontextmanager
    async def turn(self, request: Request) -> AsyncIterator[None]:
        """Wait until it is this request's turn. Raises: TooManyRequests."""
        caller = self._caller(request)
        if self._each:
            now = asyncio.get_running_loop().time()
            due = max(caller.due, now - self._burst)
            wait = due + self._each - now
            if wait > _LONGEST_WAIT:
                raise TooManyRequests(f"more than {1 / self._each:g} requests a second; ask more slowly")
            caller.due = due + self._each
            if wait > 0:
                await asyncio.sleep(wait)
        yield

    @asynccontextmanager
    async def place(self, request: Request) -> AsyncIterator[None]:
        """Hold one of the places that its caller has in the worker threads."""
        async with self._caller(request).places:
            yield

    def _caller(self, request: Request) -> _Caller:
        name = _credentials(request)
        if name not in self._good:
            name = request.client.host if request.client else ""
        found = self._callers.setdefault(name, _Caller())
        self._callers.move_to_end(name)
        while len(self._callers) > _MOST_KEPT:
            self._callers.popitem(last=False)
        return found


def _credentials(request: Request) -> str:
    said = request.headers.get("authorization") or request.headers.get("cookie") or ""
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest() if said else ""
