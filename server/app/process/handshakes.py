"""TLS, agreed upon before a connection is one: those that never finish count, and go first where there are too many.

uvicorn is handed a connection when its handshake is done: until then it would have a descriptor for a minute, and
nobody would count it.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress

from server.app.process.connections import LimitedConnections


class Handshake(asyncio.Protocol):
    """Of one client."""

    def __init__(self, real: LimitedConnections, context: ssl.SSLContext) -> None:
        """`real`: what it becomes when TLS is agreed upon."""
        self._real, self._context = real, context
        self._early: list[bytes] = []
        self._ended = False
        self.since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        loop = asyncio.get_running_loop()
        self._transport, self.since = transport, loop.time()
        self._task = loop.create_task(self._agree())
        self._real.handshakes.add(self)
        self._real.make_room()

    def abort(self) -> None:
        self._real.handshakes.discard(self)
        self._task.cancel()
        self._transport.abort()

    async def _agree(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            agreed = await loop.start_tls(
                self._transport,
                self,
                self._context,
                server_side=True,
                ssl_handshake_timeout=self._real.patience,
            )
        except (OSError, asyncio.TimeoutError):  # it spoke no TLS, or not ours; it left; it said nothing
            self._transport.abort()
            return
        finally:
            self._real.handshakes.discard(self)
        if agreed is not None:
            self._hand_over(agreed)

    def _hand_over(self, agreed: asyncio.Transport) -> None:
        agreed.set_protocol(self._real)
        self._real.connection_made(agreed)
        for data in self._early:
            self._real.data_received(data)
        if self._ended:
            with suppress(OSError):
                agreed.close()

    def data_received(self, data: bytes) -> None:
        """What came with the end of the handshake."""
        self._early.append(data)

    def eof_received(self) -> None:
        self._ended = True


def with_tls(protocol: type[LimitedConnections], certificate: str, key: str) -> Callable[..., Handshake]:
    """What uvicorn takes for a protocol. Raises: OSError, ssl.SSLError."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key or None, password=lambda: b"")

    def made(*given: object, **named: object) -> Handshake:
        return Handshake(protocol(*given, **named), context)

    return made
