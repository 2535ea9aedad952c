"""Memory stays flat, however long an upload is and however much has been reported."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import requests

from tests.conftest import ServerProcess
from tests.e2e.writers import headers, scalars

MB = 1_000_000
_PIECE = bytes(range(256)) * 4096


def resident(server: ServerProcess) -> float:
    """Megabytes."""
    return psutil.Process(server.process.pid).memory_info().rss / MB


def peak(server: ServerProcess) -> float:
    """Megabytes, since the process began."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) * 1024 / MB


def body(name: str, size: int) -> Iterator[bytes]:
    yield f'--b\r\nContent-Disposition: form-data; name="f"; filename="{name}"\r\n\r\n'.encode()
    for start in range(0, size, len(_PIECE)):
        yield _PIECE[: size - start]
    yield b"\r\n--b--\r\n"


@pytest.mark.parametrize(
    "size", [300 * MB, pytest.param(5_000 * MB, marks=[pytest.mark.slow, pytest.mark.timeout(900)])]
)
def test_an_upload_needs_no_memory_of_its_size(new_server: Callable[..., ServerProcess], size: int) -> None:
    server = new_server()
    known = headers(server)
    before = resident(server)
    sent = requests.post(
        f"{server.url}/files",
        data=body("big.bin", size),
        headers={**known, "Content-Type": "multipart/form-data; boundary=b"},
        timeout=800,
    )
    assert sent.status_code == 200, sent.text
    got, length = hashlib.md5(usedforsecurity=False), 0
    with requests.get(f"{server.url}/files/big.bin", headers=known, stream=True, timeout=800) as answer:
        for piece in answer.iter_content(4 * MB):
            got.update(piece)
            length += len(piece)
    expected = hashlib.md5(usedforsecurity=False)
    for start in range(0, size, len(_PIECE)):
        expected.update(_PIECE[: size - start])
    assert (length, got.hexdigest()) == (size, expected.hexdigest())
    assert requests.delete(f"{server.url}/files/big.bin", headers=known, timeout=30).status_code == 200
    assert not list((server.folder / "server" / "files").iterdir())
    assert peak(server) - before < 60, f"{before:.0f} MB before, {peak(server):.0f} MB at most"


def test_half_a_million_events_leave_the_server_small(new_server: Callable[..., ServerProcess]) -> None:
    server = new_server()
    known = headers(server)
    task = server.call("tasks.create", name="long", type="training")["id"]
    for start in range(0, 500_000, 10_000):
        batch = scalars(task, "a", start, 10_000)
        answer = requests.post(f"{server.url}/api/events.add_batch", data=batch, headers=known, timeout=60)
        assert answer.json()["data"]["added"] == 10_000
    line = server.call("events.scalar_metrics_iter_histogram", task=task, samples=2000)["m"]["a"]
    assert (len(line["x"]), line["x"][0], line["x"][-1]) == (2000, 0, 499_999)
    assert peak(server) < 200
