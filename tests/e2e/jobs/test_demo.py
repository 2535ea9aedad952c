"""`make demo`'s program: it starts what is missing, and ends what it has started when it is interrupted."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import requests

from tests.conftest import ROOT, ServerProcess, free_port, until


class Demo:
    """The demo as a process with a state folder of its own."""

    def __init__(self, server: ServerProcess, state: Path) -> None:
        self.state = state
        environment = server.environment(
            HOME=str(state),
            SOUNDYARD_STATE=str(state),
            SOUNDYARD_API_PORT="0",
            SOUNDYARD_FILES_PORT="0",
            COLUMNS="200",
        )
        del environment["CLEARML_CONFIG_FILE"], environment["CLEARML_CACHE_DIR"]
        self.environment = environment
        self.port = free_port()
        self.log = state / "demo.log"

    def start(self, *options: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "pipelines.demo", *options]
        with self.log.open("w") as log:
            return subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)

    def said(self, words: str) -> bool:
        return words in self.log.read_text()

    def processes(self) -> list[psutil.Process]:
        """Everything that runs with this state folder in its environment."""
        found = []
        for process in psutil.process_iter():
            try:
                ours = process.environ().get("SOUNDYARD_STATE") == str(self.state)
                if ours and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return found


@pytest.fixture
def demo(server, tmp_path):
    made = Demo(server, tmp_path)
    yield made
    for process in made.processes():
        process.kill()


@pytest.mark.timeout(240)
def test_an_interrupted_demo_leaves_no_process_behind(demo):
    process = demo.start("--port", str(demo.port), "--epochs", "50")
    until(lambda: demo.said("preprocess: running") or process.poll() is not None, 150, "the first step runs")
    assert process.poll() is None, demo.log.read_text()
    assert len(demo.processes()) >= 6  # demo, server, three agents, the controller or a step
    assert demo.said("agent: predict (cpu)")  # a question to a model waits behind no training
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == -signal.SIGINT
    until(lambda: not demo.processes(), 20, "everything has ended")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_demo_shows_results_and_stays_up_until_it_is_stopped(demo):
    process = demo.start("--port", str(demo.port), "--epochs", "3")
    process.wait(500)
    shown = demo.log.read_text()
    assert process.returncode == 0, shown
    for words in (
        "accuracy",
        "macro-F1",
        "held-out clips of 8 classes",
        f"http://127.0.0.1:{demo.port}",
        "make stop",
    ):
        assert words in shown
    link = re.search(r"^To open the page: (http://\S+)$", shown, re.MULTILINE)
    with requests.Session() as browser:
        assert browser.post(f"http://127.0.0.1:{demo.port}/api/projects.get_all", json={}).status_code == 401
        assert link and browser.get(link[1], timeout=30).ok
        assert browser.post(f"http://127.0.0.1:{demo.port}/api/projects.get_all", json={}).ok
    assert len(demo.processes()) >= 3
    again = demo.start("--stop")
    assert again.wait(60) == 0
    time.sleep(1)
    assert not demo.processes()
