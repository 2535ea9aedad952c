"""The link that opens the page: where it stands, who can have it, and that nothing else lets a browser in."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import requests

from tests.conftest import ROOT, ServerProcess

WEB_PAGE_KEY = (
    "EYVQ385RW7Y2QQUH88CZ7DWIQ1WUHP",
    "yfc8KQo*GMXb*9p((qcYC7ByFIpF7I&4VH3BfUYXH%o9vX1ZUZQEEw1Inc)S",
)


def opens(link: str) -> bool:
    browser = requests.Session()
    browser.get(link, timeout=30)
    return browser.post(link.partition("/link?")[0] + "/api/users.get_current_user", timeout=30).ok


def test_the_link_printed_at_the_start_lets_in_once_and_a_new_one_is_made(
    new_server: Callable[..., ServerProcess],
) -> None:
    server = new_server()
    printed = re.findall(r"http://\S+/link\?secret=\S+", server.log.read_text())
    assert len(printed) == 1
    assert opens(printed[0]) and not opens(printed[0])
    made = server.link()
    assert made.startswith(f"{server.url}/link?secret=") and made != printed[0]
    assert opens(made) and not opens(made)


def test_who_is_on_the_machine_and_has_no_link_is_refused(new_server: Callable[..., ServerProcess]) -> None:
    server = new_server()
    assert requests.post(f"{server.url}/api/auth.login", timeout=30).status_code == 401
    assert requests.get(f"{server.url}/api/auth.login", auth=WEB_PAGE_KEY, timeout=30).status_code == 401
    assert not opens(f"{server.url}/link?secret=guessed")
    held = {path.name: path.stat().st_mode & 0o077 for path in (server.folder / "server").iterdir()}
    assert not any(held.values()), held
    assert server.run("-c", "from clearml import Task; print(Task.get_tasks())").returncode == 0


def test_where_everybody_is_let_in_no_link_is_needed(new_server: Callable[..., ServerProcess]) -> None:
    server = new_server("--auth", "none")
    assert "/link?" not in server.log.read_text()
    assert requests.post(f"{server.url}/api/auth.login", timeout=30).ok
    refused = link_of(server.folder / "server")
    assert refused.returncode == 1 and "it runs with --auth none" in refused.stderr


def test_a_folder_without_a_server_has_no_link(tmp_path: Path) -> None:
    refused = link_of(tmp_path)
    assert refused.returncode == 1 and "no server runs on" in refused.stderr


def link_of(folder: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "server", "link", "--data", str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
