"""A start on a disk without room: what is there is read, no change is taken; a first start leaves nothing half-made."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from tests.conftest import ServerProcess, until
from tests.e2e import kept
from tests.e2e.hardships.test_previous_versions import differences
from tests.e2e.writers import headers

OWN_MOUNTS = ["unshare", "--user", "--map-root-user", "--mount"]
FILL = 'head -c 100m /dev/zero > "$0/fill" 2>/dev/null;'
"""To the last byte."""
NO_ROOM = "disk is full"
Left = tuple[ServerProcess, dict, str]


def on_a_disk(data: Path, size: str, then: str = "") -> list[str]:
    """What a command is run under to have `data` on a disk of its own, that nobody else sees; `$0` is that folder."""
    mount = f"mount -t tmpfs -o size={size} tmpfs {shlex.quote(str(data))}"
    tried = [*OWN_MOUNTS, "sh", "-c", mount]
    if not shutil.which("unshare") or subprocess.run(tried, capture_output=True).returncode:
        pytest.skip("this machine allows no file system of one's own (unshare, tmpfs)")
    return [*OWN_MOUNTS, "sh", "-c", f'{mount} && {then} exec "$@"', str(data)]


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Left:
    """A server that has ended, what it answered, and the task that it had."""
    server = ServerProcess(tmp_path_factory.mktemp("before"))
    try:
        task = kept.fill(server)
        answers = kept.answers(server, task)
        server.kill()
        shutil.copytree(server.folder / "server", server.folder / "killed")
        server.start()
        return server, answers, task
    finally:
        server.stop()


@pytest.fixture
def on_a_full_disk(tmp_path: Path, left: Left) -> Iterator[Callable[..., ServerProcess]]:
    """Servers that go on with its folder, on a disk that has no byte left."""
    with ExitStack() as stack:

        def make(*options: str, folder: str = "server") -> ServerProcess:
            data, before = tmp_path / "server", left[0]
            data.mkdir()
            shutil.copy(before.conf, tmp_path / "clearml.conf")
            then = f'cp -a {shlex.quote(str(before.folder / folder))}/. "$0"; {FILL}'
            server = ServerProcess(tmp_path, *options, prefix=on_a_disk(data, "8m", then), port=before.port)
            server._admin = before._admin
            stack.callback(server.stop)
            return server

        yield make


def seen_by(server: ServerProcess) -> Path:
    """The data folder as the server sees it, with its own mounts."""
    return Path(f"/proc/{server.process.pid}/root{server.folder}/server")


def said_no_room(server: ServerProcess, endpoint: str, **body: object) -> bool:
    answer = requests.post(f"{server.url}/api/{endpoint}", json=body, headers=headers(server), timeout=30)
    return answer.status_code == 500 and NO_ROOM in answer.json()["meta"]["result_msg"]


@pytest.mark.parametrize("ended", ["server", "killed"])
def test_a_start_on_a_full_disk_reads_all_and_refuses_changes(
    on_a_full_disk: Callable[..., ServerProcess], left: Left, ended: str
) -> None:
    _, answers, task = left
    server = on_a_full_disk(folder=ended)
    assert set(differences(answers, kept.answers(server, task))) == set()
    file = requests.get(f"{server.url}/files/{kept.FILE.format(task=task)}", auth=server.keys, timeout=30)
    assert file.content == kept.CONTENT
    assert requests.get(server.url, timeout=30).ok
    browser = requests.Session()
    assert browser.get(re.findall(r"http\S+/link\?\S+", server.log.read_text())[-1], timeout=30).ok
    who = browser.post(f"{server.url}/api/users.get_current_user", timeout=30)
    assert who.ok and who.json()["data"]["user"]["role"] == "admin", "a browser can't sign in"
    assert said_no_room(server, "tasks.create", name="new", type="training")
    assert said_no_room(server, "projects.create", name="new", description="new")
    upload = requests.post(
        f"{server.url}/files", files={"a.bin": ("a.bin", b"x")}, auth=server.keys, timeout=30
    )
    assert upload.status_code == 500 and NO_ROOM in upload.text


def test_with_room_again_a_server_writes_without_a_restart(
    on_a_full_disk: Callable[..., ServerProcess], left: Left
) -> None:
    server = on_a_full_disk()
    assert said_no_room(server, "tasks.create", name="new", type="training")
    (seen_by(server) / "fill").unlink()
    known = headers(server)

    def made() -> str:
        body = {"name": "new", "type": "training"}
        answer = requests.post(f"{server.url}/api/tasks.create", json=body, headers=known, timeout=30)
        return answer.json()["data"].get("id", "") if answer.ok else ""

    task = until(made, 30, "room is noticed")
    assert server.task(task)["name"] == "new"
    assert set(differences(left[1]["task"], server.task(left[2]))) == set()
    until((seen_by(server) / "soundyard.db-wal").exists, 30, "the database is written to")
    server.call("tasks.started", task=task)
    assert server.status(task) == "in_progress"


def test_the_log_of_a_server_without_room_does_not_grow(on_a_full_disk: Callable[..., ServerProcess]) -> None:
    server = on_a_full_disk()
    known = headers(server)
    for _ in range(300):
        requests.post(f"{server.url}/api/tasks.create", json={"name": "new"}, headers=known, timeout=30)
    assert server.log.stat().st_size < 20_000, server.log.read_text()[-2000:]


def test_rules_of_signing_in_are_not_changed_without_room(
    on_a_full_disk: Callable[..., ServerProcess],
) -> None:
    with pytest.raises(AssertionError, match="has no room for what this start has to write"):
        on_a_full_disk("--auth", "password")


@pytest.mark.parametrize("size", ["4k", "64k", "300k", "330k"])
def test_a_first_start_without_room_leaves_nothing_half_made(tmp_path: Path, size: str) -> None:
    data, log = tmp_path / "server", tmp_path / "first.txt"
    data.mkdir()
    first = f'timeout 10 "$@" > {shlex.quote(str(log))} 2>&1; echo "ended $?" >> {shlex.quote(str(log))};'
    listed = f'find "$0" -type f -printf "%s %P\\n" > {shlex.quote(str(tmp_path / "left.txt"))};'
    roomy = 'mount -o remount,size=50m "$0";'
    server = ServerProcess(tmp_path, prefix=on_a_disk(data, size, first + listed + roomy))
    try:
        said, files = log.read_text(), (tmp_path / "left.txt").read_text().splitlines()
        print(size, said, files)
        assert "no room" in said and "ended 1" in said and "Traceback" not in said
        empty = [name for name in files if name.startswith("0 ") and name != "0 lock"]
        assert empty == [] and not any(".partial" in name for name in files)
        assert server.task(server.call("tasks.create", name="new", type="training")["id"])["name"] == "new"
        keys = server.call("auth.get_credentials")["credentials"]
        assert [one["access_key"] for one in keys] == [server.keys[0]], (
            "a key was left behind that nobody has"
        )
    finally:
        server.stop()
