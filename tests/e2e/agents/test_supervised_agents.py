"""Agents under supervision: started again when they die, drained when they are asked to end."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from agents.left import processes
from tests.conftest import AgentProcess, ServerProcess, until
from tests.e2e.agents.test_killed_agents import is_up
from tests.e2e.agents.test_other_peoples_code import SDK, create, repository

SHORT = SDK + "import time\nprint('up', flush=True)\ntime.sleep(6)\nprint('through', flush=True)"
LONG = SDK + "import time\nprint('up', flush=True)\ntime.sleep(600)"
NewAgent = Callable[..., AgentProcess]


def running(server: ServerProcess, tmp_path: Path, code: str, queue: str) -> str:
    task = create(server, repository(tmp_path / "repository", {"run.py": code}), "run.py")
    server.enqueue(task, queue)
    is_up(server, task)
    return task


def daemon_of(agent: AgentProcess) -> psutil.Process:
    return next(one for one in psutil.Process(agent.pids[0]).children() if "clearml_agent" in one.cmdline())


def log_of(agent: AgentProcess) -> str:
    return next(agent.folder.glob("*.log")).read_text()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_daemon_that_dies_is_started_again_and_its_task_runs_again_on_it(
    server: ServerProcess, new_agent: NewAgent, tmp_path: Path
) -> None:
    agent = new_agent(server, "--queue", "supervised é:/%", "--name", "é:/%")
    task = running(server, tmp_path, LONG, "supervised é:/%")
    before = daemon_of(agent)
    before.kill()
    until(lambda: server.console(task).count("\nup") == 2, 90, "the task runs again")
    assert daemon_of(agent).pid != before.pid
    assert "the agent's daemon has ended (killed by SIGKILL); it is started again in 2 s" in log_of(agent)
    assert server.task(task)["runtime"]["lost_workers"] == "1"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_an_agent_that_is_drained_lets_its_task_finish_and_takes_no_other(
    server: ServerProcess, new_agent: NewAgent, tmp_path: Path
) -> None:
    agent = new_agent(server, "--queue", "drained", "--drain", "60")
    task = running(server, tmp_path, SHORT, "drained")
    waits = create(server, tmp_path / "repository", "run.py")
    server.enqueue(waits, "drained")
    (supervisor,) = agent.pids
    os.kill(supervisor, signal.SIGTERM)
    until(lambda: not agent.pids, 60, "the agent has ended")
    assert (server.task(task)["status"], server.task(waits)["status"]) == ("completed", "queued")
    assert "\nthrough" in server.console(task) and log_of(agent).rstrip().endswith("drained")
    server.call("tasks.stop", task=waits)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("twice", [False, True])
def test_a_task_that_does_not_finish_in_time_is_handed_back_to_the_front(
    server: ServerProcess, new_agent: NewAgent, tmp_path: Path, twice: bool
) -> None:
    agent = new_agent(server, "--queue", "handed back", "--drain", "600" if twice else "1")
    task = running(server, tmp_path, LONG, "handed back")
    other = create(server, tmp_path / "repository", "run.py")
    server.enqueue(other, "handed back")
    (supervisor,) = agent.pids
    os.kill(supervisor, signal.SIGTERM)
    if twice:
        until(lambda: "draining" in log_of(agent), 20, "it drains")
        os.kill(supervisor, signal.SIGTERM)
    until(lambda: not agent.pids, 60, "the agent has ended")
    assert not processes.of_task(task)
    assert server.task(task)["status"] == "queued"
    queue = server.call("queues.get_all_ex", name="^handed back$")["queues"][0]
    assert [one["task"]["id"] for one in queue["entries"]] == [task, other]
    for one in (task, other):
        server.call("tasks.stop", task=one)


@pytest.mark.timeout(120)
def test_an_agent_that_cannot_start_is_not_started_again(server: ServerProcess, tmp_path: Path) -> None:
    command = ("-m", "agents.start", "--cpu-only", "--detached", "--queue", "x", "--workers", "0")
    refused = server.run(*command, timeout=60, SOUNDYARD_STATE=str(tmp_path))
    assert refused.returncode == 1 and refused.stderr == "error: --workers is 1 or more.\n"
