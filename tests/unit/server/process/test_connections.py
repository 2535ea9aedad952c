"""A connection that has ended leaves nothing in memory, whenever its client went away."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterator

import psutil
import pytest
import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server.app.process.connections import limited
from tests.conftest import until

_PIECE = b"x" * 40_000
_HEAD = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n"
_REFUSED = _HEAD.replace(b"/", b"/refused", 1)
_WHOLE = _HEAD % len(_PIECE) + _PIECE
MOMENTS = {
    "before it says anything": b"",
    "in the middle of a head": b"POST / HTTP/1.1\r\nX: " + b"x" * 1000,
    "in the middle of a body": _HEAD % 10_000_000 + _PIECE,
    "in the middle of a body that was refused before it was read": _REFUSED % 10_000_000 + _PIECE,
    "in the middle of a chunk": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n" + _PIECE,
    "before the answer": _WHOLE,
    "in the middle of a second request's body": _WHOLE + _HEAD % 10_000_000 + _PIECE,
    "after what is no request": b"\x16\x03\x01" + _PIECE,
}  # fmt: skip
"""When the client goes away → what it has sent by then."""
CLIENTS = 30


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that answers when it has the whole body, or at once where it refuses it, as ours does."""
    if scope["path"] == "/refused":
        await Response(status_code=401)(scope, receive, send)
        return
    try:
        body = await Request(scope, receive).body()
    except ClientDisconnect:
        return
    await asyncio.sleep(0.05)
    await Response(body)(scope, receive, send)


class Running:
    """A uvicorn server with our connections, in a thread; it knows every connection that it has had."""

    def __init__(self) -> None:
        self.had: list[weakref.ref] = []
        had = self.had

        class Noted(limited(1000, 20.0)):  # type: ignore[misc]
            def __init__(self, *given: object, **named: object) -> None:
                super().__init__(*given, **named)
                had.append(weakref.ref(self))

        listening = socket.create_server(("127.0.0.1", 0))
        self.port = listening.getsockname()[1]
        config = uvicorn.Config(
            echo, http=Noted, ws="none", lifespan="off", timeout_keep_alive=90, log_config=None
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [listening]}, daemon=True)
        self.thread.start()
        until(lambda: self.server.started, 10, "the server is ready")

    def left(self) -> int:
        gc.collect()
        return sum(one() is not None for one in self.had)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    made = Running()
    yield made
    made.server.should_exit = True
    made.thread.join(10)


def closed(connection: socket.socket) -> None:
    connection.close()


def reset(connection: socket.socket) -> None:
    """Gone without a word of good-bye, as a process that is killed with data unread."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    connection.close()


@pytest.mark.parametrize("leave", [closed, reset])
@pytest.mark.parametrize("moment", MOMENTS)
def test_nothing_is_left_of_clients_that_went_away(
    running: Running, moment: str, leave: Callable[[socket.socket], None]
) -> None:
    until(lambda: not running.left(), 10, "those before are gone")
    descriptors, running.had[:] = psutil.Process().num_fds(), []
    clients = [socket.create_connection(("127.0.0.1", running.port), timeout=10) for _ in range(CLIENTS)]
    for one in clients:
        one.sendall(MOMENTS[moment])
    until(lambda: len(running.had) == CLIENTS, 10, "all are connected")
    time.sleep(0.1)  # what they have said is being read
    for one in clients:
        leave(one)
    clients.clear()
    until(lambda: not running.left(), 10, f"{CLIENTS} connections, closed {moment}, are gone")
    until(lambda: psutil.Process().num_fds() <= descriptors, 10, "their descriptors are free")


def test_one_that_waits_for_its_next_request_is_kept(running: Running) -> None:
    until(lambda: not running.left(), 10, "those before are gone")
    running.had[:] = []
    with socket.create_connection(("127.0.0.1", running.port), timeout=10) as one:
        for _ in range(2):
            one.sendall(_WHOLE)
            got = b""
            while len(got) < len(_PIECE):
                got += one.recv(100_000)
            assert running.left() == 1
    until(lambda: not running.left(), 10, "it is gone when it is closed")
