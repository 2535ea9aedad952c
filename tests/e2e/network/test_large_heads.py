"""Headers and addresses of any size: refused with a sentence, without being collected in memory."""

from __future__ import annotations

import socket

import psutil
import pytest

from server.api.limits import HEADERS
from tests.conftest import ServerProcess


def answer_to(server: ServerProcess, *pieces: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
        except OSError:
            pass  # it has hung up already; what it said can still be read
        received = b""
        try:
            while some := connection.recv(65536):
                received += some
        except OSError:
            pass
        return received


START = b"POST /api/debug.ping HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
HEADS = {
    "one header": (START, b"X-Long: " + b"x" * (HEADERS + 1) + b"\r\n", b"\r\n"),
    "many headers": (START, b"".join(b"X-%d: 1\r\n" % number for number in range(20_000)), b"\r\n"),
    "an address": (
        b"GET /api/debug.ping?x=" + b"y" * (HEADERS + 1) + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    ),
    "no end": (START, b"X-Long: ", *[b"x" * 1_000_000] * 20),
}


@pytest.mark.parametrize("head", HEADS)
def test_a_head_that_is_too_large_is_refused_with_a_sentence(server: ServerProcess, head: str) -> None:
    before = psutil.Process(server.process.pid).memory_info().rss
    answer = answer_to(server, *HEADS[head])
    assert head == "no end" or (b" 400 " in answer.split(b"\r\n")[0] and b"65,536" in answer)
    assert psutil.Process(server.process.pid).memory_info().rss - before < 20_000_000


def test_heads_below_the_limit_pass_also_with_large_bodies(server: ServerProcess) -> None:
    body = b'{"x":"' + b"y" * 300_000 + b'"}'
    known = f"Authorization: {server.authorization()['Authorization']}\r\n".encode()
    head = START + known + b"X-Long: " + b"x" * 60_000 + b"\r\nContent-Length: %d\r\n\r\n" % len(body)
    for pieces in ((head + body,), (head, body), (head[:100], head[100:], body[:10], body[10:])):
        assert b" 200 " in answer_to(server, *pieces).split(b"\r\n")[0]
