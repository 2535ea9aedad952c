"""Backup under load, restore elsewhere: the other server answers the same."""

import threading
from collections.abc import Callable
from pathlib import Path

import requests

from tests.conftest import ServerProcess

READS: dict[str, dict] = {
    "projects.get_all_ex": {"search_hidden": True},
    "tasks.get_all_ex": {"search_hidden": True, "order_by": ["created"]},
    "models.get_all_ex": {"order_by": ["created"]},
    "queues.get_all_ex": {},
    "users.get_all": {},
    "auth.get_credentials": {},
}


def fill(server: ServerProcess) -> str:
    """A task of every kind of data. Returns: its id."""
    project = server.call("projects.create", name="sounds/birds")["id"]
    task = server.call("tasks.create", name="train", type="training", project=project, tags=["a"])["id"]
    server.call(
        "tasks.edit_hyper_params", task=task, hyperparams=[{"section": "Args", "name": "lr", "value": "1"}]
    )
    server.call("tasks.started", task=task)
    for step in range(50):
        server.call("events.add", type="training_stats_scalar", task=task, metric="loss", variant="train",
                    iter=step, value=1 / (step + 1), timestamp=1_700_000_000_000 + step)  # fmt: skip
    server.call("events.add", type="log", task=task, msg="hello", timestamp=1_700_000_000_000)
    name = f"sounds/birds/train.{task}/artifacts/x/x.bin"
    sent = requests.post(
        f"{server.url}/files", files={name: (name, b"abc" * 1000)}, auth=server.keys, timeout=10
    )
    assert sent.ok
    server.call("models.create", name="net", uri=f"{server.url}/files/{name}", task=task, project=project)
    server.call("tasks.completed", task=task)
    waiting = server.call("tasks.create", name="waits", type="testing", project=project)["id"]
    server.call("tasks.enqueue", task=waiting, queue=server.call("queues.get_default")["id"])
    return task


def answers(server: ServerProcess, task: str) -> dict:
    found = {endpoint: server.call(endpoint, **body) for endpoint, body in READS.items()}
    for one in found["auth.get_credentials"]["credentials"]:
        one.pop("last_used"), one.pop("last_used_from")
    return {
        **found,
        "task": server.task(task),
        "curve": server.scalars(task),
        "log": server.call("events.get_task_log", task=task),
    }


def test_a_restored_server_gives_the_same_answers(
    new_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    server = new_server()
    task = fill(server)
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
    before = answers(server, task)

    folder = tmp_path / "elsewhere"
    folder.mkdir()
    options = ("--data", str(folder / "server"))
    restored = server.run("-m", "server", "restore", str(tmp_path / "all.tar.gz"), *options)
    assert restored.returncode == 0, restored.stderr
    (folder / "clearml.conf").write_text(server.conf.read_text())
    other = ServerProcess(folder)
    try:
        after = answers(other, task)
        assert {key: after[key] for key in after if after[key] != before[key]} == {}
        name = f"sounds/birds/train.{task}/artifacts/x/x.bin"
        got = requests.get(f"{other.url}/files/{name}", auth=other.keys, timeout=10)
        assert got.content == b"abc" * 1000
        checked = server.run("-m", "server", "doctor", *options, "--port", str(other.port), "--api-port", "0")
        assert "✗" not in checked.stdout and "answers at" in checked.stdout, checked.stdout
    finally:
        other.stop()


def test_two_servers_on_one_folder_are_refused(new_server: Callable[..., ServerProcess]) -> None:
    server = new_server()
    second = server.run("-m", "server", "--data", str(server.folder / "server"), "--port", "0")
    assert second.returncode == 1 and "stop it, or give another --data" in second.stderr
    assert server.call("debug.ping")
