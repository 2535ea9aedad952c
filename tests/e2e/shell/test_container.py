"""The container file: what it copies and installs is all the server needs. Run like its entry point, without Docker."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.conftest import ROOT, free_port, until

TEXT = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
IMAGE = TEXT.rpartition("\nFROM ")[2]


def instructions(name: str) -> list[list[str]]:
    """Of the image that is kept: the words of each."""
    return [shlex.split(line)[1:] for line in IMAGE.splitlines() if line.startswith(f"{name} ")]


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """What the image has in /app."""
    for source, target in (words for words in instructions("COPY") if not words[0].startswith("--from")):
        skipped = shutil.ignore_patterns("node_modules", "__pycache__")
        shutil.copytree(ROOT / source, tmp_path / target.removeprefix("/"), ignore=skipped)
    (tmp_path / "app" / "web" / "node_modules").symlink_to(ROOT / "web" / "node_modules")
    return tmp_path / "app"


def test_it_starts_answers_and_shows_the_page_with_what_is_copied_alone(app: Path, tmp_path: Path) -> None:
    set_to = dict(word.split("=", 1) for words in instructions("ENV") for word in words)
    data, port = tmp_path / "data", free_port()
    assert set_to.pop("SOUNDYARD_STATE") == "/data" and set_to.pop("PATH")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("SOUNDYARD", "PYTHON"))},
        **set_to,
        "SOUNDYARD_STATE": str(data),
    }
    listening = ["--port", str(port), "--host", "127.0.0.1", "--api-port", "0", "--files-port", "0"]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "server", *listening], cwd=app, env=environment, stdout=log, stderr=log
        )
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: answers(f"{url}/healthz"), 30, f"it answers: {(tmp_path / 'log').read_text()}")
        page = requests.get(url, timeout=10).text
        assert "importmap" in page
        libraries = set(re.findall(r'"(?:\./)?(vendor/[^"]+\.m?js)"', page))
        assert libraries
        for library in libraries:
            assert requests.get(f"{url}/{library}", timeout=10).ok, library
        assert (data / "server" / "soundyard.db").exists()
        assert requests.post(f"{url}/api/tasks.get_all", json={}, timeout=10).status_code == 401
    finally:
        process.terminate()
        assert process.wait(20) == 0


def answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=2).ok
    except requests.RequestException:
        return False


USED = """
import sys
from importlib.metadata import packages_distributions
import server.__main__, server.cli, server.app.process.process
of = packages_distributions()
used = {name.partition(".")[0] for name in sys.modules}
print(*sorted({one.lower().replace("_", "-") for name in used for one in of.get(name, [])}))
"""
CLOSURE = """
import re, sys
from importlib.metadata import PackageNotFoundError, requires
found, left = set(), sys.argv[1:]
while left:
    name = left.pop().lower().replace("_", "-")
    if name in found:
        continue
    try:
        needed = requires(name) or []
    except PackageNotFoundError:
        continue
    found.add(name)
    left += [re.match(r"[A-Za-z0-9._-]+", one)[0] for one in needed if "extra ==" not in one]
print(*sorted(found))
"""


def test_it_installs_all_that_the_server_imports(app: Path) -> None:
    section = (
        (ROOT / "requirements.txt").read_text().partition("# The embedded server.\n")[2].partition("\n\n")[0]
    )
    named = [re.match(r"[A-Za-z0-9._-]+", line)[0] for line in section.splitlines()]  # type: ignore[index]

    def told(program: str, *words: str) -> set[str]:
        return set(
            subprocess.check_output([sys.executable, "-c", program, *words], cwd=app, text=True).split()
        )

    used, installed = told(USED), told(CLOSURE, *named)
    assert "starlette" in used and used - installed - {"setuptools", "pip"} == set()


def test_its_linter_has_nothing_to_say() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    said = subprocess.run([linter, ROOT / "Dockerfile"], capture_output=True, text=True, timeout=60)
    assert (said.returncode, said.stdout) == (0, "")
