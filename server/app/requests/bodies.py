"""Requests' bodies: how long one may stop coming, and how much memory all of them together may take."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from starlette.requests import Request

from server.api.errors import BadRequest, TooManyRequests
from server.api.limits import ANONYMOUS_BODY, BODY_PAUSE

_PATIENCE = 30.0
"""Seconds that a body waits for memory."""
_LARGE = 4_000_000
"""Bytes from which on a body is taken apart with few others at once: as objects it is many times as large."""
_LARGE_AT_ONCE = 2


def is_small(request: Request) -> bool:
    """Whether a body's length is said, and so short that it may be read before it is known who sends it."""
    said = request.headers.get("content-length")
    if said is None:
        return "transfer-encoding" not in request.headers
    return said.isdecimal() and int(said) <= ANONYMOUS_BODY


async def pieces(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes. Raises: BadRequest, when nothing comes for too long. ClientDisconnect."""
    stream = request.stream()
    while True:
        try:
            with anyio.fail_after(BODY_PAUSE):
                piece = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError as fault:
            raise BadRequest(f"the body stopped coming for {BODY_PAUSE:g} s") from fault
        yield piece


class Bodies:
    """Memory for the bodies that are being read or worked on, shared by all callers. Lives in the event loop."""

    def __init__(self, most_of_one: int, most_of_all: int) -> None:
        self._most_of_one = most_of_one
        self._most = max(most_of_all, most_of_one)
        self._used = 0
        self._reading: list[object] = []  # the oldest first
        self._freed = asyncio.Event()
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)

    @asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[bytes]:
        """A request's body; its memory counts as used until the block is left.

        Raises:
            BadRequest: it is too long, or stopped coming. TooManyRequests: the others' take all there is.
        """
        parts: list[bytes] = []
        size = 0
        self._reading.append(parts)
        try:
            async for part in pieces(request):
                size += len(part)
                self._used += len(part)
                parts.append(part)
                if size > self._most_of_one:
                    raise BadRequest(f"the body exceeds {self._most_of_one:,} bytes (setting max_body_mb)")
                if self._used > self._most:
                    await self._wait(parts)
            self._is_read(parts)
            if size < _LARGE:
                yield b"".join(parts)
            else:
                async with self._large:
                    yield b"".join(parts)
        finally:
            self._used -= size
            self._is_read(parts)

    def _is_read(self, mine: object) -> None:
        self._reading = [one for one in self._reading if one is not mine]
        self._freed.set()

    async def _wait(self, mine: object) -> None:
        """The oldest waits for nobody, or all would wait for each other."""
        try:
            with anyio.fail_after(_PATIENCE):
                while self._used > self._most and self._reading[0] is not mine:
                    self._freed.clear()
                    await self._freed.wait()
        except TimeoutError as fault:
            raise TooManyRequests("others are sending as much as there is memory for; try again") from fault
