"""An agent as a service, run as systemd would run it: its words, its environment, its way of ending."""

import json
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from agents.left import processes
from tests.conftest import ServerProcess, until
from tests.e2e.agents.test_killed_agents import WAITS, is_up
from tests.e2e.agents.test_other_peoples_code import create, repository
from tests.unit.agents.test_install import value, words

SHORT = "import time\nprint('up', flush=True)\ntime.sleep(8)\nprint('through', flush=True)"
Service = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def service(server: ServerProcess, tmp_path: Path) -> Iterator[Service]:
    """Starts what `soundyard agent install` has written for systemd, in a folder of its own."""
    state = tmp_path / "state-é%"
    with ExitStack() as stack:

        def start(*options: str) -> "subprocess.Popen[bytes]":
            said = server.run(
                *("-m", "soundyard", "agent", "install", "--cpu-only", "--print", *options),
                SOUNDYARD_STATE=str(state),
            )
            assert said.returncode == 0, said.stderr
            given = dict(words(one)[0].split("=", 1) for one in value(said.stdout, "Environment"))
            with (tmp_path / "journal").open("ab") as journal:
                process = subprocess.Popen(
                    words(value(said.stdout, "ExecStart")[0]),
                    env={"HOME": str(tmp_path), "LANG": "C.UTF-8", **given},
                    cwd=tmp_path,
                    stdin=subprocess.DEVNULL,
                    stdout=journal,
                    stderr=journal,
                )
            stack.callback(end, process)
            return process

        yield start
        for agent in (*processes.running(state / "agents"), *processes.killed(state / "agents")):
            processes.end(agent, state / "agents")


def end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.kill()
    process.wait()


def stopped_by_systemd(process: "subprocess.Popen[bytes]", task: str, patience: float) -> list[str]:
    """SIGTERM to the first process alone (KillMode=mixed). Returns: what is left of it when that has ended."""
    members = psutil.Process(process.pid).children(recursive=True)
    assert any(processes.task_of(one) == task for one in members)
    process.send_signal(signal.SIGTERM)
    process.wait(patience)
    return [shlex.join(one.cmdline()) for one in (*members, *processes.of_task(task)) if one.is_running()]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("code", "drain", "status", "said"),
    [(SHORT, "60", "completed", "through"), (WAITS, "2", "queued", "its agent was drained")],
    ids=["a task that finishes", "a task that does not"],
)
def test_a_service_that_is_stopped_leaves_no_process_and_no_task_running(
    server: ServerProcess, service: Service, tmp_path: Path, code: str, drain: str, status: str, said: str
) -> None:
    queue = "service é:/%"
    process = service("--queue", queue, "--drain", drain)
    task = create(server, repository(tmp_path / "repository", {"run.py": code}), "run.py")
    server.enqueue(task, queue)
    is_up(server, task)
    assert stopped_by_systemd(process, task, float(drain) + 60) == []
    found = server.task(task)
    assert found["status"] == status, (tmp_path / "journal").read_text()
    assert said in json.dumps([server.console(task), found["status_reason"]], ensure_ascii=False)
    workers = server.call("workers.get_all", last_seen=0)["workers"]
    assert not [one["id"] for one in workers if queue in [q["name"] for q in one["queues"]]], "signed off"
    if status == "queued":  # the machine is back: the service starts again, and goes on with it
        service("--queue", queue)
        until(lambda: server.console(task).count("\nup") == 2, 90, "the task runs again")
        server.call("tasks.stop", task=task, force=True)
