"""Nothing of a task outlives its agent or itself unowned: real agents and launchers, killed."""

import os
import stat
from pathlib import Path

import psutil
import pytest

from agents.left import processes
from tests.conftest import AgentProcess, ServerProcess, until
from tests.e2e.agents.test_other_peoples_code import SDK, create, repository

WAITS = SDK + "import time\nprint('up', flush=True)\ntime.sleep(600)"
LEAVES = (
    SDK
    + "import subprocess, sys\n"
    + "one = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)\n"
    + "print('left', one.pid, flush=True)\n"
    + "sys.exit(5)"
)


@pytest.fixture
def state(tmp_path: Path):
    yield tmp_path / "state"
    for agent in (
        *processes.running(tmp_path / "state/agents"),
        *processes.killed(tmp_path / "state/agents"),
    ):
        processes.end(agent, tmp_path / "state/agents")


def start(server: ServerProcess, tmp_path: Path, state: Path, code: str) -> tuple[AgentProcess, str]:
    """An agent, and a task that runs on it."""
    agent = AgentProcess(server, state, "--queue", "killed")
    task = create(server, repository(tmp_path / "repository", {"run.py": code}), "run.py")
    server.enqueue(task, "killed")
    return agent, task


def is_up(server: ServerProcess, task: str) -> None:
    until(lambda: "\nup" in server.console(task), 90, "the task runs")


def is_up_again(server: ServerProcess, task: str) -> None:
    until(lambda: server.console(task).count("\nup") == 2, 90, "the task runs again")


@pytest.mark.timeout(240)
def test_a_task_is_ended_when_its_agent_is_killed_and_waits_for_the_next_one(
    server: ServerProcess, tmp_path: Path, state: Path
) -> None:
    agent, task = start(server, tmp_path, state, WAITS)
    is_up(server, task)
    assert stat.S_IMODE(agent.folder.stat().st_mode) == 0o700  # the daemon's temporary files hold its keys
    psutil.Process(agent.pids[0]).kill()
    found = until(
        lambda: server.task(task)["status"] != "in_progress" and server.task(task), 60, "the task has ended"
    )
    assert found["status"] == "queued"
    assert found["status_reason"].endswith(
        "which was killed; the task was ended with it; back at the front of its queue, retry 1 of 1"
    )
    until(lambda: not processes.of_task(task), 30, "nothing of the task runs")
    server.call("tasks.stop", task=task)  # the next test has this queue, too


@pytest.mark.timeout(240)
def test_the_next_agent_ends_what_a_killed_one_left_and_says_so(
    server: ServerProcess, tmp_path: Path, state: Path
) -> None:
    agent, task = start(server, tmp_path, state, WAITS)
    is_up(server, task)
    supervisor = psutil.Process(agent.pids[0])
    (daemon,) = supervisor.children()
    launcher = next(one for one in daemon.children() if "agents.launch" in one.cmdline())
    for one in (supervisor, daemon, launcher):
        one.kill()
    psutil.wait_procs([supervisor, daemon], timeout=10)
    assert processes.of_task(task) and not agent.pids
    listed = server.run("-m", "agents.list", SOUNDYARD_STATE=str(state)).stdout
    assert "was killed and has left" in listed
    command = ("-m", "agents.start", "--cpu-only", "--detached", "--queue", "killed")
    started = server.run(*command, timeout=90, SOUNDYARD_STATE=str(state))
    assert started.returncode == 0, started.stderr
    assert f"agent killed-cpu was killed and had left task {task} running: ended" in started.stderr
    assert not processes.of_task(task)
    is_up_again(server, task)  # on the agent that said so
    assert server.task(task)["runtime"]["lost_workers"] == "1"


@pytest.mark.timeout(240)
def test_what_a_task_leaves_running_is_ended_with_it(
    server: ServerProcess, tmp_path: Path, state: Path
) -> None:
    _, task = start(server, tmp_path, state, LEAVES)
    until(lambda: server.task(task)["status"] == "failed", 90, "the task has ended")
    assert server.task(task)["status_reason"].startswith("exit status 5: left ")
    until(lambda: "the task left processes running: python" in server.console(task), 30, "it is told")
    left = int(server.console(task).split("left ")[1].split()[0])
    until(lambda: not _runs(left), 30, "what was left has ended")


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
