"""The embedded server as a process: found, not mistaken for another, started, ended."""

import json
import signal
import socket
import subprocess
import sys

import psutil
import pytest

from pipelines import embedded
from tests.conftest import free_port, until

SLEEPS = "import time; print('up', flush=True); time.sleep(600)"
POLITE = "import signal, sys; signal.signal(15, lambda *_: (print('asked'), sys.exit()));" + SLEEPS
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + SLEEPS


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("SOUNDYARD_STATE", str(tmp_path))
    return tmp_path


@pytest.fixture
def process():
    """Gives a function that starts a Python program under words of a command line."""
    started = []

    def start(program, *words):
        one = subprocess.Popen([sys.executable, "-c", program, *words], stdout=subprocess.PIPE)
        started.append(one)
        assert one.stdout.readline() == b"up\n"
        return one

    yield start
    for one in started:
        one.kill()
        one.wait()


def ready(state, **facts):
    (state / "server").mkdir(exist_ok=True)
    (state / "server" / "ready.json").write_text(json.dumps(facts))


@pytest.mark.parametrize("word", sorted(embedded.SERVES))
def test_a_server_is_found_by_what_it_wrote(state, process, word):
    pid = process(SLEEPS, word).pid
    ready(state, pid=pid, url="http://h", conf="/c")
    found = embedded.running()
    assert (found.pid, found.url, str(found.conf)) == (pid, "http://h", "/c")


def test_what_is_no_server_of_this_checkout_is_not_found(state, process):
    assert embedded.running() is None
    ready(state)
    assert embedded.running() is None
    (state / "server" / "ready.json").write_text("{")
    assert embedded.running() is None
    ready(state, pid=process(SLEEPS, "another").pid, url="u", conf="c")
    assert embedded.running() is None, "the number is another program's by now"
    ended = process(SLEEPS, "server")
    ready(state, pid=ended.pid, url="u", conf="c")
    assert embedded.running() is not None
    ended.kill()
    until(lambda: psutil.Process(ended.pid).status() == psutil.STATUS_ZOMBIE, 10, "it is a zombie")
    assert embedded.running() is None
    ended.wait()
    assert embedded.running() is None


def test_a_server_is_asked_to_end_and_killed_when_it_does_not_listen(process):
    polite, deaf = process(POLITE), process(DEAF)
    embedded.stop(embedded.Server(polite.pid, "", None))
    assert polite.stdout.read() == b"asked\n" and not psutil.pid_exists(polite.pid)
    embedded.stop(embedded.Server(deaf.pid, "", None), patience=0.2)
    assert deaf.wait(10) == -signal.SIGKILL
    embedded.stop(embedded.Server(polite.pid, "", None))


def test_a_port_that_is_taken_is_told_as_the_server_told_it(state):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with pytest.raises(embedded.ServerDidNotStart, match=port):
            embedded.start(["--port", port, "--api-port", "0", "--files-port", "0"])
    assert embedded.running() is None
    log = state / "server.log"
    assert port in log.read_text() and log.stat().st_mode & 0o777 == 0o600


def test_a_server_starts_is_found_opens_its_page_and_ends(state):
    port = free_port()
    found = embedded.start(["--port", str(port), "--api-port", "0", "--files-port", "0"])
    try:
        assert embedded.running() == found and str(port) in found.url and found.conf.exists()
        assert embedded.link(opened=False).startswith(found.url)
        assert embedded.READY in (state / "server.log").read_text()
    finally:
        embedded.stop(found)
    assert embedded.running() is None


def test_a_server_that_says_nothing_is_given_up(state, monkeypatch):
    monkeypatch.setattr(embedded, "START_SECONDS", 0.0)
    with pytest.raises(embedded.ServerDidNotStart, match=r"not ready within 0 s; its log is .*server\.log"):
        embedded.start(["--port", str(free_port()), "--api-port", "0", "--files-port", "0"])
