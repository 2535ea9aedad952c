"""Connections: how many there may be, and how long one may say nothing before it asks for something.

Each costs a descriptor. Without a limit, silent ones use all of them up; then nothing can be accepted, read or written.
"""

from __future__ import annotations

import asyncio
import resource

from server.app.heads import LimitedHeads

_MOST_DESCRIPTORS = 65_536
_OTHERS = 200
"""Descriptors that are not connections: the database's, the logs', Python's own."""


def descriptors() -> int:
    """How many files and sockets this process may have open, after asking for as many as it is allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return _MOST_DESCRIPTORS if soft == resource.RLIM_INFINITY else soft


def affordable(wanted: int, available: int) -> int:
    """How many connections there may be of those wanted: a quarter of the descriptors is for the files that they read
    and write."""
    return max(min(wanted, (available - _OTHERS) * 3 // 4), 16)


class LimitedConnections(LimitedHeads):
    """uvicorn's protocol. A connection too many makes the one go that has been idle for longest (first one that never
    asked for anything); where all are busy, it is not taken itself."""

    most = 2000
    patience = 20.0
    """Seconds for a request's head."""

    def __init__(self, *given: object, **named: object) -> None:
        super().__init__(*given, **named)  # type: ignore[arg-type]
        self._timer: asyncio.TimerHandle | None = None
        self._since = 0.0
        self._asked = False

    @property
    def is_idle(self) -> bool:
        return self.cycle is None or (self.cycle.response_complete and not self.pipeline)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._since = self.loop.time()
        if len(self.connections) > self.most:
            self._make_room()
        self._expect()

    def _make_room(self) -> None:
        idle = [one for one in self.connections if isinstance(one, LimitedConnections) and one.is_idle]
        others = [one for one in idle if one is not self]
        longest = min(others, key=lambda one: (one._asked, one._since), default=self)
        self.connections.discard(longest)
        longest.transport.abort()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.is_idle and self._timer is None and not self.transport.is_closing():
            self._expect()  # a head has begun, or something that is none

    def on_headers_complete(self) -> None:
        self._calm()
        self._asked = True
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._since = self.loop.time()
        if self.transport.is_closing():
            self._forget_keep_alive()

    def connection_lost(self, exc: Exception | None) -> None:
        self._calm()
        super().connection_lost(exc)
        self._forget_keep_alive()

    def _forget_keep_alive(self) -> None:
        """uvicorn's timer for the next request holds a connection that is closed, and all that it has read, for as
        long as it would have waited: 90 seconds."""
        self._unset_keepalive_if_required()

    def _expect(self) -> None:
        self._timer = self.loop.call_later(self.patience, self._give_up)

    def _calm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._timer = None
        if self.is_idle and not self.transport.is_closing():
            self.transport.abort()


def limited(most: int, patience: float) -> type[LimitedConnections]:
    """The protocol with these limits."""
    return type("Connections", (LimitedConnections,), {"most": most, "patience": patience})
