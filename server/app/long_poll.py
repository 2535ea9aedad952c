"""The long poll: an agent that asks an empty queue is answered when a task comes, not when it asks again.

`queues.get_next_task` is tried at once; an agent at the end of its round (see `domain.polling`) is then kept
waiting below its own read timeout of 30 s. An entry wakes one waiting agent. A task is never taken out of its queue
for a client that is seen to have gone; should it go while the answer is on its way, the task goes back.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from server.domain.workers.polling import Polls
from server.store import Store

ENDPOINT = "queues.get_next_task"
SHORTEST = 0.5
"""The least share of `hold_seconds` that a poll waits: agents that asked at one moment, as they do when a server has
started again, would all be answered at one moment for ever, and keep everybody else waiting then."""
Attempt = Callable[[bytes], Awaitable[Response]]


@dataclass(eq=False)
class _Waiter:
    queues: frozenset[str]
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class Holding:
    """Lives in the event loop's thread, except for `entry_added`."""

    def __init__(self, store: Store, seconds: float) -> None:
        self._store = store
        self._seconds = seconds
        self._polls = Polls()
        self._waiting: list[_Waiter] = []  # in order of arrival
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = False
        store.queues.when_added = self.entry_added

    def entry_added(self, queue: str) -> None:
        """Called from any thread once an entry is committed."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            with suppress(RuntimeError):  # the loop may close in this moment
                loop.call_soon_threadsafe(self._wake, frozenset({queue}))

    def end(self) -> None:
        """The server stops: let everybody go."""
        self._ended = True
        for waiter in self._waiting:
            waiter.woken.set()

    async def answer(self, request: HttpRequest, body: bytes, attempt: Attempt) -> Response:
        """Raises: ClientDisconnect when there is nobody left to answer."""
        self._loop = asyncio.get_running_loop()
        response = await attempt(body)
        queues = await self._queues_to_hold(request, body) if _is_empty(response) else []
        if not queues:
            return response
        gone = asyncio.ensure_future(_disconnect(request))
        try:
            with self._waiter(queues) as waiter:
                of_all = orjson.dumps({**orjson.loads(body), "queues": queues})
                return await self._held(waiter, gone, lambda: attempt(of_all))
        finally:
            gone.cancel()

    async def _held(
        self, waiter: _Waiter, gone: asyncio.Future[Any], attempt: Callable[[], Awaitable[Response]]
    ) -> Response:
        deadline = asyncio.get_running_loop().time() + self._seconds * random.uniform(SHORTEST, 1)
        while True:
            waiter.woken.clear()
            if gone.done():
                raise ClientDisconnect
            response = await attempt()
            left = deadline - asyncio.get_running_loop().time()
            if not _is_empty(response):
                if gone.done():
                    await self._give_back(response)
                    raise ClientDisconnect
                return response
            if left <= 0 or self._ended:
                return response
            woken = asyncio.ensure_future(waiter.woken.wait())
            done, _ = await asyncio.wait({woken, gone}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            woken.cancel()
            if not done and not waiter.woken.is_set():
                return response  # nothing was added since

    async def _queues_to_hold(self, request: HttpRequest, body: bytes) -> list[str]:
        if self._ended or self._seconds <= 0 or "x-clearml-agent" not in request.headers:
            return []
        queue = orjson.loads(body).get("queue", "") if body.strip() else ""  # an agent sends a body
        if not queue:
            return []
        lists = await run_in_threadpool(self._store.workers.queue_lists, queue)
        client = (request.client.host, request.client.port) if request.client else None
        return self._polls.round_ended(client, queue, lists)

    @contextmanager
    def _waiter(self, queues: list[str]) -> Iterator[_Waiter]:
        waiter = _Waiter(frozenset(queues))
        self._waiting.append(waiter)
        try:
            yield waiter
        finally:
            self._waiting.remove(waiter)
            if waiter.woken.is_set():
                self._wake(waiter.queues)  # it leaves without having looked: somebody else may

    def _wake(self, queues: frozenset[str]) -> None:
        """Tell the one who has waited longest, of those who listen."""
        for waiter in self._waiting:
            if waiter.queues & queues and not waiter.woken.is_set():
                waiter.woken.set()
                return

    async def _give_back(self, response: Response) -> None:
        task = orjson.loads(response.body)["data"]["entry"]["task"]

        def give_back() -> None:
            with self._store.transaction():
                self._store.queues.give_back(task)

        await run_in_threadpool(give_back)


def _is_empty(response: Response) -> bool:
    return response.status_code == 200 and not orjson.loads(response.body)["data"]


async def _disconnect(request: HttpRequest) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
