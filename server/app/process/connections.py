"""Connections: how many there may be, and how long one may say nothing before it asks for something.

Each costs a descriptor. Without a limit, silent ones use all of them up; then nothing can be accepted, read or written.
"""

from __future__ import annotations

import asyncio
import resource
from typing import ClassVar, Protocol

from server.app.process.heads import LimitedHeads

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


_SLOW = 1.0
"""Seconds after which a handshake takes long."""


class Aborted(Protocol):
    """What can be ended, and has stood `since` (the loop's time)."""

    since: float

    def abort(self) -> None: ...


class LimitedConnections(LimitedHeads):
    """uvicorn's protocol. A connection too many makes the one go that has been idle for longest (first one that never
    asked for anything); where all are busy, it is not taken itself."""

    most = 2000
    patience = 20.0
    """Seconds for a request's head."""
    handshakes: ClassVar[set[Aborted]] = set()
    """Connections that are none yet: TLS is being agreed upon."""

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
        if not self.make_room():
            self.connections.discard(self)
            self.transport.abort()
        self._expect()

    def make_room(self) -> bool:
        """Where there is one too many, end another: the handshake that began first, where it takes long or there are
        many; else a connection that is idle; else that handshake. Returns: whether there is room now."""
        if len(self.connections) + len(self.handshakes) <= self.most:
            return True
        now = self.loop.time()
        first = min(self.handshakes, key=lambda one: one.since, default=None)
        many = len(self.handshakes) > self.most // 4
        if first is not None and (many or now - first.since > _SLOW):
            first.abort()
            return True
        idle = [one for one in self.connections if isinstance(one, LimitedConnections) and one.is_idle]
        others = [one for one in idle if one is not self]
        longest = min(others, key=lambda one: (one._asked, one._since), default=None)
        if longest is not None:
            self.connections.discard(longest)
            longest.transport.abort()
        elif first is not None:
            first.abort()
        return longest is not None or first is not None

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
    limits = {"most": most, "patience": patience, "handshakes": set()}
    return type("Connections", (LimitedConnections,), limits)
