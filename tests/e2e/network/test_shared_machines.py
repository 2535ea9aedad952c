"""A machine with other accounts: what the server writes is its owner's alone, and a task's key manages nobody."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from server.domain.users.access import PROGRAMS_ID
from tests.conftest import ServerProcess

ADMIN_ONLY = {
    "users.create": {"name": "eve", "role": "admin"},
    "users.delete": {"user": PROGRAMS_ID},
    "users.update": {"user": PROGRAMS_ID, "role": "admin"},
    "auth.get_token_for_user": {"user": PROGRAMS_ID},
    "storage.get_settings": {},
    "server.config": {},
}


def open_ones(folder: Path) -> list[str]:
    return [str(path) for path in (folder, *folder.rglob("*")) if path.stat().st_mode & 0o077]


@pytest.fixture
def loose(new_server: Callable[..., ServerProcess]) -> ServerProcess:
    """A server that has written what it writes."""
    server = new_server()
    task = server.call("tasks.create", name="t", type="training")["id"]
    name = f"p/t.{task}/a.bin"
    sent = requests.post(
        f"{server.url}/files", files={name: (name, b"x")}, headers=server.authorization(), timeout=30
    )
    assert sent.ok
    return server


def test_what_the_server_writes_is_its_owners_alone(loose: ServerProcess) -> None:
    assert open_ones(loose.folder / "server") == [] and loose.conf.stat().st_mode & 0o777 == 0o600
    for path in (loose.folder / "server", loose.folder / "server" / "soundyard.db", loose.conf):
        path.chmod(path.stat().st_mode | 0o055)
    loose.kill()
    loose.start()
    assert open_ones(loose.folder / "server") == [] and loose.conf.stat().st_mode & 0o777 == 0o600


def test_the_key_that_tasks_use_manages_nobody(loose: ServerProcess) -> None:
    for endpoint, body in ADMIN_ONLY.items():
        answer = requests.post(f"{loose.url}/api/{endpoint}", json=body, auth=loose.keys, timeout=30)
        assert (answer.status_code, answer.json()["meta"]["result_subcode"]) == (403, 20), endpoint
    assert loose.call("users.get_current_user")["user"]["role"] == "user"
    assert loose.admin("users.create", name="ann")["id"]


@pytest.mark.parametrize("left", ["", "short", "\x00"])
def test_a_signing_key_that_holds_nothing_is_found_and_made_anew(loose: ServerProcess, left: str) -> None:
    loose.kill()
    (loose.folder / "server" / "token.key").write_text(left)
    doctor = [sys.executable, "-m", "server", "doctor", "--data", str(loose.folder / "server")]
    said = subprocess.run(doctor, capture_output=True, text=True, timeout=60)
    assert said.returncode == 1 and "no key to sign with" in " ".join(said.stdout.split())
    loose.start()
    assert loose.call("tasks.get_all", only_fields=["name"])["tasks"]


@pytest.mark.parametrize("trusted", [False, True])
def test_a_forwarded_address_is_believed_from_named_proxies_only(
    new_server: Callable[..., ServerProcess], trusted: bool
) -> None:
    server = new_server(*(["--trusted-proxies", "127.0.0.1"] if trusted else []))
    headers = {**server.authorization(), "X-Forwarded-For": "203.0.113.9"}
    requests.post(f"{server.url}/api/workers.register", json={"worker": "w"}, headers=headers, timeout=30)
    (worker,) = server.call("workers.get_all")["workers"]
    assert worker["ip"] == ("203.0.113.9" if trusted else "127.0.0.1")
