"""Backup under load, restore elsewhere: the other server answers the same."""

import threading
from collections.abc import Callable
from pathlib import Path

import requests

from tests.conftest import ServerProcess
from tests.e2e import every_read, kept


def lying_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_restored_server_gives_the_same_answers(
    new_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    server = new_server()
    task = kept.fill(server)
    stop = threading.Event()

    def write_on() -> None:
        noise = ServerProcess.__new__(ServerProcess)
        noise.__dict__ = {**server.__dict__, "_session": requests.Session()}
        while not stop.is_set():
            noise.call("users.set_preferences", preferences={"noise": {str(id(object())): 1}})

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        data = str(server.folder / "server")
        backed_up = server.run("-m", "server", "backup", str(tmp_path / "all.tar.gz"), "--data", data)
    finally:
        stop.set()
        writer.join()
    assert backed_up.returncode == 0, backed_up.stderr
    before, read = kept.answers(server, task), every_read.answers(server)
    told = {name for name, asked in read.items() if any(status == 200 for status, _ in asked)}
    assert len(told) > 0.9 * len(every_read.READS), "most was not asked for in a way that is answered"
    files = lying_in(server.folder / "server" / "files")

    folder = tmp_path / "elsewhere"
    folder.mkdir()
    options = ("--data", str(folder / "server"))
    restored = server.run("-m", "server", "restore", str(tmp_path / "all.tar.gz"), *options)
    assert restored.returncode == 0, restored.stderr
    (folder / "clearml.conf").write_text(server.conf.read_text())
    other = ServerProcess(folder)
    try:
        other._admin = server._admin
        after, read_there = kept.answers(other, task), every_read.answers(other)
        assert {name for name in read if read_there[name] != read[name]} == set()
        assert lying_in(folder / "server" / "files") == files and len(files) == 1
        assert {key: after[key] for key in after if after[key] != before[key]} == {}
        got = requests.get(f"{other.url}/files/{kept.FILE.format(task=task)}", auth=other.keys, timeout=10)
        assert got.content == kept.CONTENT
        checked = server.run("-m", "server", "doctor", *options, "--port", str(other.port), "--api-port", "0")
        assert "✗" not in checked.stdout and "answers at" in checked.stdout, checked.stdout
    finally:
        other.stop()


def test_two_servers_on_one_folder_are_refused(new_server: Callable[..., ServerProcess]) -> None:
    server = new_server()
    second = server.run("-m", "server", "--data", str(server.folder / "server"), "--port", "0")
    assert second.returncode == 1 and "stop it, or give another --data" in second.stderr
    assert server.call("debug.ping")
