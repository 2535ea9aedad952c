"""A wheel from a clean clone, installed where nothing of this project is: the server shows its page, sound is heard."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import soundfile
from playwright.sync_api import expect

from tests.chromium import CHROMIUM, Watched
from tests.conftest import DATA, ROOT, free_port, until
from tests.e2e.conftest import write_sounds
from tests.unit.audio.inference.test_predict_command import model as model

LIBRARIES = ROOT / "web" / "node_modules"


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """An environment with the wheel, and through a .pth the libraries that it needs, which are large."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder / "clone")], check=True, timeout=120)
    shutil.copytree(LIBRARIES.resolve(), folder / "clone" / "web" / "node_modules", symlinks=True)
    build = [sys.executable, "-c", "from hatchling.build import build_wheel; print(build_wheel('../dist'))"]
    (folder / "dist").mkdir()
    made = subprocess.run(build, cwd=folder / "clone", capture_output=True, text=True, timeout=300)
    assert made.returncode == 0, made.stderr
    shutil.rmtree(folder / "clone")
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True, timeout=120)
    wheel = folder / "dist" / made.stdout.split()[-1]
    pip = [str(folder / "venv" / "bin" / "python"), "-m", "pip", "install", "-q", "--no-deps", "--no-index"]
    subprocess.run([*pip, str(wheel)], check=True, timeout=120)
    packages = next((folder / "venv" / "lib").glob("python*/site-packages"))
    (packages / "shared.pth").write_text(sysconfig.get_paths()["purelib"])
    return folder / "venv"


class Elsewhere:
    """A shell in a folder of its own, with a home of its own."""

    def __init__(self, folder: Path, venv: Path) -> None:
        self.cwd, self.home = folder / "é:% here", folder / "home"
        self.cwd.mkdir()
        self.home.mkdir()
        self.soundyard = str(venv / "bin" / "soundyard")
        self.packages = next((venv / "lib").glob("python*/site-packages"))
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("CLEARML_", "SOUNDYARD_", "PYTHON"))}
        self.environment = {**kept, "HOME": str(self.home), "OMP_NUM_THREADS": "1"}

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        command = [self.soundyard, *words]
        return subprocess.run(
            command, cwd=self.cwd, env=self.environment, capture_output=True, text=True, timeout=120
        )


@pytest.fixture
def elsewhere(tmp_path, installed) -> Elsewhere:
    return Elsewhere(tmp_path, installed)


@pytest.fixture
def served(elsewhere) -> Iterator[str]:
    """`soundyard serve` in the folder; gives its address."""
    port, log = free_port(), elsewhere.home / "log"
    options = ["--port", str(port), "--api-port", "0", "--files-port", "0", "--browser", "no"]
    with log.open("w") as output:
        process = subprocess.Popen(
            [elsewhere.soundyard, "serve", *options],
            cwd=elsewhere.cwd, env=elsewhere.environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    try:
        until(lambda: "server is ready" in log.read_text() or process.poll() is not None, 60, "it is ready")
        assert process.poll() is None, log.read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def test_it_serves_its_page_with_everything_that_the_page_asks_for(elsewhere, served):
    index = requests.get(f"{served}/", timeout=10).text
    asked = re.findall(r'"\.?/?(vendor/[^"]+|[\w/]+\.(?:js|css))"', index)
    assert len(asked) > 10
    assert [name for name in asked if not requests.get(f"{served}/{name}", timeout=10).ok] == []
    assert (elsewhere.home / ".soundyard" / "server" / "ready.json").exists()
    assert not (elsewhere.packages / ".soundyard").exists()


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is missing: apt-get install chromium")
def test_its_page_is_shown_in_a_browser(elsewhere, served, browser):
    link = elsewhere.run("serve", "link").stdout.strip()
    browser.clear_cookies()
    page = browser.new_page()
    watched = Watched(page)
    page.goto(link)
    expect(page.get_by_role("navigation").first).to_be_visible()
    for told in ("soundyard demo", "soundyard agent --queue audio --cpu-only", "soundyard register"):
        expect(page.get_by_text(told, exact=True)).to_be_visible()  # there is no `make` here
    page.close()
    assert not watched.errors, watched.errors
    assert watched.hosts <= {"127.0.0.1", ""}


def test_it_hears_a_recording(elsewhere, model):
    recording = next(DATA.rglob("*.ogg"), None) or next(DATA.rglob("*.wav"), None)
    if recording is None:
        pytest.skip(f"no recordings in {DATA}")
    shutil.copy(recording, elsewhere.cwd / f"é %#{recording.suffix}")
    heard = elsewhere.run("predict", str(model), f"é %#{recording.suffix}")
    assert heard.returncode == 0, heard.stderr
    assert re.search(r"(high|error) \d+\.\d%", heard.stdout)
    assert heard.stderr == ""
    assert soundfile.info(recording).frames


@pytest.fixture
def agent(elsewhere, served) -> Iterator[None]:
    """`soundyard agent` in the folder."""
    started = elsewhere.run("agent", "--queue", "audio", "--cpu-only", "--detached")
    assert started.returncode == 0, started.stderr
    yield
    assert elsewhere.run("agent", "stop").returncode == 0


@pytest.mark.slow
def test_a_task_on_a_queue_is_run_by_an_agent_of_the_installed_copy(elsewhere, agent):
    sounds = write_sounds(elsewhere.cwd / "é sounds", each=5)
    options = ["--dataset", "folder", "--data", str(sounds), "--sample_rate", "16000", "--workers", "1"]
    done = elsewhere.run("run", "--queue", "audio", "--watch", "preprocess", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(elsewhere.run("tasks", "list", "--json", "--status", "completed").stdout)
    (task,) = [one for one in told if one["name"] == "preprocess"]
    shown = elsewhere.run("tasks", "show", task["id"], "--log", "200").stdout
    assert "10 clips" in shown and "environment: the installed one" in shown


def test_interrupted_it_ends_by_the_signal(elsewhere):
    process = subprocess.Popen(
        [elsewhere.soundyard, "agent", "--wait", "60"],
        cwd=elsewhere.cwd, env=elsewhere.environment, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    assert "waiting" in process.stderr.readline()
    time.sleep(0.2)
    process.send_signal(2)
    assert process.wait(20) == -2
    assert process.stderr.read() == "interrupted\n"
