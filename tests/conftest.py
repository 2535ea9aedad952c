"""Shared by all tests: a real server and real agents, each a process of its own, on free ports and in a temp folder.

A test that needs a running server takes `server` (one for the whole run), or `new_server` to have one of its own that
it may kill. Everything is ended by its process id; when something dies, its log is part of the error.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis

from audio import command_line
from tasks.client.connection import ENVIRONMENT
from tests.chromium import browser as browser
from tests.chromium import driver as driver

# Ignored in what a shell starts in the background, and so in all that tests start: Ctrl-C could not be tested.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # ignored in what nohup starts

# How long drawing or an example takes says how busy the machine is, not whether the code is right.
hypothesis.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis.load_profile("busy")

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("SOUNDYARD_DATA") or ROOT.parent / "shared" / "data" / "esc10")


@pytest.fixture(autouse=True)
def commands_are_called_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test calls a program (`soundyard run train`), the next one does not."""
    monkeypatch.setattr(command_line, "_called", dict(command_line._called))


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def until(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """Wait for something that becomes true; gives it. Fails with what was waited for."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.1)


class ServerProcess:
    """An embedded server with a folder, ports and an environment for its clients."""

    def __init__(self, folder: Path, *options: str, prefix: Sequence[str] = (), port: int = 0) -> None:
        """`prefix` comes before the command: what it is run under. `port`: that of an earlier one, to go on as it."""
        self.folder = folder
        self._prefix = prefix
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.conf = folder / "clearml.conf"
        self.log = folder / "server.log"
        self._options = options
        self._session = requests.Session()
        self._admin: tuple[str, ...] = ()
        self.start()

    def start(self) -> None:
        """Start, or start again after `kill`, on the same folder and port."""
        command = [
            *self._prefix,
            sys.executable,
            "-m",
            "server",
            "--data",
            str(self.folder / "server"),
            "--port",
            str(self.port),
        ]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [*command, "--api-port", "0", "--files-port", "0", *self._options],
                cwd=ROOT,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        until(self._answers, 30, f"the server is ready\n{self.log.read_text()}")
        self._session.headers.clear()

    def _answers(self) -> bool:
        assert self.process.poll() is None, f"the server died:\n{self.log.read_text()}"
        try:
            return requests.get(f"{self.url}/api/debug.ping", timeout=2).ok and self.conf.exists()
        except requests.RequestException:
            return False

    def kill(self) -> None:
        """End it the hard way: SIGKILL."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()

    def call(self, endpoint: str, **body: Any) -> dict[str, Any]:
        """One API call with the configuration's keys; gives the answer's data, fails with its message."""
        if "Authorization" not in self._session.headers:
            self._session.headers["Authorization"] = f"Bearer {self._token()}"
        answer = self._session.post(f"{self.url}/api/{endpoint}", json=body, timeout=60)
        content = answer.json()
        assert answer.ok, f"{endpoint}: {content['meta']['result_msg']}"
        return dict(content["data"])

    def admin(self, endpoint: str, **body: Any) -> dict[str, Any]:
        """The same as an admin, which the configuration's keys are not."""
        if not self._admin:
            command = [sys.executable, "-m", "server", "user", "key", "Soundyard"]
            command += ["--data", str(self.folder / "server")]
            made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
            self._admin = tuple(re.findall(r'(?:access|secret)_key: "([^"]+)"', made.stdout))
        answer = requests.post(f"{self.url}/api/{endpoint}", json=body, auth=self._admin, timeout=60)
        assert answer.ok, f"{endpoint}: {answer.text}"
        return dict(answer.json()["data"])

    def link(self, to: str = "") -> str:
        """A one-time link that opens the page, as whoever owns the folder gets it."""
        command = [sys.executable, "-m", "server", "link", "--data", str(self.folder / "server")]
        made = subprocess.run([*command, "--to", to], cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert made.returncode == 0, made.stderr
        return made.stdout.strip()

    def authorization(self) -> dict[str, str]:
        """Headers for the file server."""
        return {"Authorization": f"Bearer {self._token()}"}

    def _token(self) -> str:
        answer = requests.post(f"{self.url}/api/auth.login", auth=self.keys, json={}, timeout=30)
        return str(answer.json()["data"]["token"])

    @property
    def keys(self) -> tuple[str, str]:
        access, secret = re.findall(r'(?:access|secret)_key: "([^"]+)"', self.conf.read_text())
        return access, secret

    def environment(self, **more: str) -> dict[str, str]:
        """What a client process of this server is started with."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("CLEARML_", "TRAINS_", "SOUNDYARD_")) and name not in ENVIRONMENT.values()
        }
        return {
            **inherited,
            "CLEARML_CONFIG_FILE": str(self.conf),
            "CLEARML_CACHE_DIR": str(self.folder / "cache"),
            "OMP_NUM_THREADS": "1",
            **more,
        }

    def run(self, *command: str, timeout: float = 240, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run a Python command line in the checkout as a client of this server."""
        return subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment(**more),
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def task(self, task: str) -> dict[str, Any]:
        return dict(self.call("tasks.get_by_id", task=task)["task"])

    def status(self, task: str) -> str:
        return str(self.task(task)["status"])

    def console(self, task: str) -> str:
        """The last lines of a task's log."""
        events = self.call("events.get_task_log", task=task, batch_size=500)["events"]
        return "\n".join(str(event.get("msg", "")) for event in reversed(events))

    def wait_for(self, task: str, *statuses: str, seconds: float = 180) -> dict[str, Any]:
        """The task, once it has one of these statuses."""
        deadline = time.monotonic() + seconds
        while (found := self.task(task))["status"] not in statuses:
            ended = found["status"] in ("failed", "stopped", "completed")
            if ended or time.monotonic() > deadline:
                raise AssertionError(
                    f"{found['name']} is {found['status']}, not {statuses}\n{self.console(task)}"
                )
            time.sleep(0.25)
        return found

    def scalars(self, task: str) -> dict[str, dict[str, Any]]:
        """{metric: {variant: {x, y}}}."""
        return self.call("events.scalar_metrics_iter_histogram", task=task, samples=100_000)

    def queue(self, name: str) -> str:
        """The id of a queue, which is made if it is not there."""
        found = self.call("queues.get_all", name=f"^{name}$")["queues"]
        return str(found[0]["id"] if found else self.call("queues.create", name=name)["id"])

    def enqueue(self, task: str, queue: str = "audio") -> None:
        self.call("tasks.enqueue", task=task, queue=self.queue(queue))


class AgentProcess:
    """An agent started with `python -m agents.start`, with a folder of its own for what it writes."""

    def __init__(self, server: ServerProcess, state: Path, *options: str, **environment: str) -> None:
        self.folder = state / "agents"
        command = ["-m", "agents.start", "--cpu-only", "--detached", *options]
        started = server.run(*command, timeout=90, **{"SOUNDYARD_STATE": str(state), **environment})
        assert started.returncode == 0, started.stdout + started.stderr

    @property
    def pids(self) -> list[int]:
        from agents.left import processes

        return [agent.pid for agent in processes.running(self.folder)]

    def kill(self) -> None:
        """End the agent and everything it runs the hard way, so that nobody can tell the server."""
        for pid in self.pids:
            members = psutil.Process(pid).children(recursive=True)
            for process in [psutil.Process(pid), *members]:
                process.kill()
            psutil.wait_procs(members, timeout=10)

    def stop(self) -> None:
        from agents.left import processes

        for agent in (*processes.running(self.folder), *processes.killed(self.folder)):
            processes.end(agent, self.folder)


@pytest.fixture(autouse=True)
def _process_as_it_was() -> Iterator[None]:
    """What programs set in the process that runs them is put back, when a test runs them in its own."""
    umask = os.umask(0o022)
    os.umask(umask)
    yield
    os.umask(umask)


@pytest.fixture(scope="session")
def opened() -> Iterator[ExitStack]:
    """What the run has to end when it ends."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, opened: ExitStack) -> ServerProcess:
    """One server for all tests that leave it running."""
    process = ServerProcess(tmp_path_factory.mktemp("server"))
    opened.callback(process.stop)
    return process


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[Callable[..., ServerProcess]]:
    """Makes servers that a test may kill, with options of its own."""
    with ExitStack() as stack:

        def make(*options: str) -> ServerProcess:
            folder = tmp_path / f"server-{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            process = ServerProcess(folder, *options)
            stack.callback(process.stop)
            return process

        yield make


@pytest.fixture
def new_agent(tmp_path: Path) -> Iterator[Callable[..., AgentProcess]]:
    """Makes agents that are ended with the test."""
    with ExitStack() as stack:

        def make(server: ServerProcess, *options: str, **environment: str) -> AgentProcess:
            state = tmp_path / f"agent-{len(list(tmp_path.iterdir()))}"
            agent = AgentProcess(server, state, *options, **environment)
            stack.callback(agent.stop)
            return agent

        yield make


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Two processes (`make test`) take a room of tests that start real programs as a whole, of the others file by file.

    So the shared server, its agents and its finished job are made once for a room.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByRoom(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::")[0]
            return next((room for room in ("tests/browser", "tests/e2e") if file.startswith(room)), file)

    return ByRoom(config, log)
