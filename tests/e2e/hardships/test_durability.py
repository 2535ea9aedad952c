"""Nothing acknowledged is lost: killed at any moment, 80 writers at once, a disk that is full."""

from __future__ import annotations

import random
import shlex
import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.conftest import ServerProcess
from tests.e2e.writers import BATCH, Writer, curve, headers, scalars

MakeServer = Callable[..., ServerProcess]


def new_task(server: ServerProcess, name: str = "task") -> str:
    return server.call("tasks.create", name=name, type="training")["id"]


def test_killed_at_any_moment_the_server_keeps_what_it_acknowledged(new_server: MakeServer) -> None:
    server = new_server()
    task, known = new_task(server), headers(server)
    writers = [Writer(server, task, f"w{i}", known) for i in range(4)]
    for one in writers:
        one.start()
    chance = random.Random(7)
    for _ in range(5):
        time.sleep(chance.uniform(0.3, 1.2))
        acknowledged = {one.variant: one.acknowledged for one in writers}
        server.kill()
        server.start()
        for variant, end in acknowledged.items():
            found = curve(server, task, variant)
            assert found[:end] == list(range(end))
            assert len(found) % BATCH == 0, "a batch was kept in part"
    for one in writers:
        one.stop.set()
        one.join(30)
    assert not any(one.errors for one in writers)
    assert min(one.acknowledged for one in writers) > 0
    for one in writers:
        assert curve(server, task, one.variant)[: one.acknowledged] == list(range(one.acknowledged))
    server.stop()
    with sqlite3.connect(server.folder / "server" / "soundyard.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_killed_during_uploads_the_server_has_whole_files_or_none(new_server: MakeServer) -> None:
    server = new_server()
    known, content = headers(server), bytes(range(256)) * 20_000
    acknowledged: list[str] = []
    stop = threading.Event()

    def upload() -> None:
        number = 0
        while not stop.is_set():
            name = f"kill/{number}.bin"
            try:
                answer = requests.post(
                    f"{server.url}/files", files={name: (name, content)}, headers=known, timeout=30
                )
            except requests.RequestException:
                stop.wait(0.05)
                continue
            if answer.status_code == 200:
                acknowledged.append(name)
                number += 1

    thread = threading.Thread(target=upload, daemon=True)
    thread.start()
    for wait in (0.4, 0.7, 0.55):
        time.sleep(wait)
        server.kill()
        server.start()
        for name in list(acknowledged):
            assert requests.get(f"{server.url}/files/{name}", headers=known, timeout=30).content == content
    stop.set()
    thread.join(30)
    root = server.folder / "server"
    assert acknowledged
    assert {path.stat().st_size for path in (root / "files" / "kill").iterdir()} == {len(content)}
    assert not list((root / "incoming").iterdir())


def test_eighty_writers_at_once_lose_nothing_and_wait_in_line(new_server: MakeServer) -> None:
    server = new_server()
    known = headers(server)
    tasks = [new_task(server, f"task {i}") for i in range(8)]
    writers = [Writer(server, tasks[i % 8], f"w{i}", known, batches=10) for i in range(80)]
    for one in writers:
        one.start()
    for one in writers:
        one.join(120)
    assert [one.errors for one in writers if one.errors] == []
    for one in writers:
        assert curve(server, one.task, one.variant) == list(range(10 * BATCH))
    found = server.task(tasks[0])
    assert found["last_iteration"] == 10 * BATCH - 1
    (metric,) = found["last_metrics"].values()
    assert len(metric) == 10
    assert {(one["value"], one["count"]) for one in metric.values()} == {(10 * BATCH - 1, 10 * BATCH)}


_OWN_MOUNTS = ["unshare", "--user", "--map-root-user", "--mount"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server whose data folder is a disk of 24 MB, which only it sees."""
    data = tmp_path / "server"
    data.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(data)]
    if not shutil.which("unshare") or subprocess.run([*_OWN_MOUNTS, *mount], capture_output=True).returncode:
        pytest.skip("this machine allows no file system of one's own (unshare, tmpfs)")
    server = ServerProcess(
        tmp_path, prefix=[*_OWN_MOUNTS, "sh", "-c", f'{shlex.join(mount)} && exec "$@"', "sh"]
    )
    yield server
    server.stop()


def test_a_full_disk_is_said_and_loses_nothing(small_disk: ServerProcess) -> None:
    task, known, root = new_task(small_disk), headers(small_disk), f"{small_disk.url}/files"

    def upload(name: str, size: int) -> requests.Response:
        return requests.post(root, files={name: (name, b"x" * size)}, headers=known, timeout=60)

    def report(start: int) -> requests.Response:
        body = scalars(task, "v", start, 2000)
        return requests.post(f"{small_disk.url}/api/events.add_batch", data=body, headers=known, timeout=60)

    refused = upload("big.bin", 40_000_000)
    assert (refused.status_code, "disk is full" in refused.text) == (500, True), refused.text
    assert requests.get(f"{root}/big.bin", headers=known, timeout=30).status_code == 404
    assert upload("fill.bin", 18_000_000).status_code == 200  # what was refused takes no room
    kept = 0
    while (answer := report(kept)).status_code == 200:
        kept += 2000
        assert kept < 1_000_000, "the disk never filled"
    assert "disk is full" in answer.json()["meta"]["result_msg"]
    assert curve(small_disk, task, "v") == list(range(kept))
    assert requests.delete(f"{root}/fill.bin", headers=known, timeout=30).status_code == 200
    assert report(kept).status_code == 200
    assert curve(small_disk, task, "v") == list(range(kept + 2000))
