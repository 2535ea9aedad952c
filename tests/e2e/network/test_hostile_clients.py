"""Nobody takes the server down: silent and slow connections, strangers' bodies, parts and queries without end."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from server.api.limits import ANONYMOUS_BODY, UPLOAD_PARTS
from tests.conftest import ServerProcess, until

DESCRIPTORS = 320


@pytest.fixture(scope="module")
def tight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that may open few files."""
    limited = ["sh", "-c", f'ulimit -n {DESCRIPTORS} && exec "$@"', "sh"]
    server = ServerProcess(tmp_path_factory.mktemp("tight"), "--idle-seconds", "1", prefix=limited)
    yield server
    server.stop()


def silent(server: ServerProcess, number: int, says: bytes = b"") -> list[socket.socket]:
    found = []
    for _ in range(number):
        one = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        if says:
            one.sendall(says)
        found.append(one)
    return found


def is_closed(connection: socket.socket) -> bool:
    connection.settimeout(0.01)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


@pytest.mark.parametrize(
    "says", [b"", b"\r\n", b"POST /api/tasks.get_all HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "]
)
def test_connections_that_say_nothing_keep_nobody_out_and_are_closed(
    tight: ServerProcess, says: bytes
) -> None:
    before = tight.log.stat().st_size
    held = silent(tight, 2 * DESCRIPTORS, says)
    for _ in range(5):
        assert requests.get(f"{tight.url}/api/debug.ping", timeout=10).ok
        assert tight.call("queues.get_all", only_fields=["id"])["queues"]
    assert psutil.Process(tight.process.pid).num_fds() < DESCRIPTORS
    until(lambda: all(map(is_closed, held)), 30, "every silent connection is closed")
    for one in held:
        one.close()
    assert tight.log.stat().st_size - before < 20_000


def test_a_body_that_stops_keeps_only_its_own_connection(tight: ServerProcess) -> None:
    head = "POST /api/tasks.get_all HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 60000\r\n"
    said = head + "".join(f"{name}: {value}\r\n" for name, value in tight.authorization().items())
    held = silent(tight, 40, f"{said}\r\n{{".encode())
    assert tight.call("queues.get_all", only_fields=["id"])["queues"]
    for one in held:
        one.close()


def test_bodies_of_strangers_take_no_memory(tight: ServerProcess) -> None:
    process, codes = psutil.Process(tight.process.pid), []
    before, most = process.memory_info().rss, 0
    body = b'{"name":"' + b"x" * 30_000_000 + b'"}'
    wrong = {"Authorization": "Bearer wrong"}

    def send(endpoint: str, headers: dict[str, str]) -> None:
        try:
            codes.append(
                requests.post(f"{tight.url}/{endpoint}", data=body, headers=headers, timeout=60).status_code
            )
        except requests.ConnectionError:
            codes.append(0)  # it may hang up, too

    asked = [("api/tasks.create", {}), ("api/tasks.create", wrong), ("api/auth.login", {}), ("api/no.thing", {}),
             ("files/", wrong)] * 4  # fmt: skip
    threads = [threading.Thread(target=send, args=one) for one in asked]
    for one in threads:
        one.start()
    while any(one.is_alive() for one in threads):
        most = max(most, process.memory_info().rss)
        time.sleep(0.02)
    assert set(codes) <= {0, 400, 401} and len(codes) == len(asked)
    assert most - before < 60_000_000
    small = requests.post(f"{tight.url}/api/tasks.create", data=b" " * ANONYMOUS_BODY, timeout=10)
    assert small.status_code == 401


@pytest.mark.parametrize("field", ['name="f"; filename="f{}.bin"', 'name="f{}"'])
def test_parts_without_end_are_refused_and_use_up_no_descriptors(tight: ServerProcess, field: str) -> None:
    def upload(parts: int) -> requests.Response:
        body = "".join(
            f"--b\r\nContent-Disposition: form-data; {field.format(number)}\r\n\r\nx\r\n"
            for number in range(parts)
        )
        headers = {"Content-Type": "multipart/form-data; boundary=b", **tight.authorization()}
        return requests.post(f"{tight.url}/files/", data=f"{body}--b--\r\n", headers=headers, timeout=60)

    answer = upload(25_000)
    assert answer.status_code == 400 and "parts" in answer.text
    assert list((tight.folder / "server" / "incoming").iterdir()) == []
    if "filename" in field:
        kept = upload(UPLOAD_PARTS)  # far more than there are descriptors
        assert kept.status_code == 200 and len(kept.json()) == UPLOAD_PARTS
        assert (tight.folder / "server" / "files" / "f999.bin").read_bytes() == b"x"


def test_many_large_bodies_of_one_caller_share_what_memory_there_is(new_server, tmp_path: Path) -> None:
    server = new_server("--max-bodies-mb", "70")
    process, codes = psutil.Process(server.process.pid), []
    before, most = process.memory_info().rss, 0
    body = b'{"name":"t","type":"training","comment":"' + b"x" * 20_000_000 + b'"}'
    headers = server.authorization()

    def send() -> None:
        answer = requests.post(f"{server.url}/api/tasks.validate", data=body, headers=headers, timeout=120)
        codes.append(answer.status_code)

    threads = [threading.Thread(target=send) for _ in range(12)]
    for one in threads:
        one.start()
    while any(one.is_alive() for one in threads):
        most = max(most, process.memory_info().rss)
        time.sleep(0.02)
    assert set(codes) == {200}
    assert most - before < 320_000_000  # 12 at once would be above 480 MB
