"""An agent that can't fetch a task's code hands it back, takes none for a while, and says so; another one runs it."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from agents.told import holding
from tests.conftest import AgentProcess, ServerProcess, free_port, until
from tests.e2e.agents.test_other_peoples_code import create, git, repository

NewAgent = Callable[..., AgentProcess]


class GitServer:
    """A repository behind git's own protocol, on a port of its own: there, and away."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.source = repository(folder / "source", {"run.py": "print('ran')"})
        git(folder, "clone", "-q", "--bare", str(self.source), str(folder / "served" / "x é"))
        self.address = f"git://127.0.0.1:{self.port}/x é"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        serve = ["git", "daemon", "--export-all", "--reuseaddr", "--listen=127.0.0.1", f"--port={self.port}"]
        with (self.folder / "git.log").open("a") as log:
            self._process = subprocess.Popen(
                [*serve, f"--base-path={self.folder / 'served'}"], stdout=log, stderr=log
            )
        until(self._answers, 20, "git answers")

    def _answers(self) -> bool:
        return subprocess.run(["git", "ls-remote", self.address], capture_output=True).returncode == 0

    def stop(self) -> None:
        if self._process is not None:
            members = psutil.Process(self._process.pid).children(recursive=True)
            for one in (*members, self._process):
                one.kill()
            self._process.wait()
            self._process = None


@pytest.fixture
def code(tmp_path: Path) -> Iterator[GitServer]:
    with ExitStack() as stack:
        served = GitServer(tmp_path)
        stack.callback(served.stop)
        yield served


def held(server: ServerProcess, name: str) -> str:
    found = server.call("workers.get_all", worker_pattern=f"*:{name}:*")["workers"]
    return str(found[0].get("held") or "") if found else ""


def task(server: ServerProcess, code: GitServer, queue: str, **script: str) -> str:
    made = create(server, code.source, "run.py", repository=code.address, **script)
    server.enqueue(made, queue)
    return made


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_what_one_agent_can_not_fetch_another_one_runs_and_no_task_of_the_queue_has_failed(
    server: ServerProcess, new_agent: NewAgent, code: GitServer
) -> None:
    """The repository is away: a queue of tasks waits, however long; it comes back: all of them are run."""
    agent = new_agent(server, "--queue", "unreachable", "--name", "fetches")
    tasks = [task(server, code, "unreachable") for _ in range(4)]
    why = until(lambda: held(server, "fetches"), 60, "the agent is held")
    assert why.startswith(f"The repository {code.address} could not be fetched: ") and "refused" in why
    until(lambda: server.status(tasks[0]) == "queued", 30, "the task waits again")
    assert "; back at the front of its queue, retry 1 of 3" in server.task(tasks[0])["status_reason"]
    entries = server.call("queues.get_by_id", queue=server.queue("unreachable"))["queue"]["entries"]
    assert [one["task"] for one in entries] == tasks
    log = (agent.folder / "fetches.log").read_text()
    assert f"soundyard: no task is taken for {holding.PAUSES[0]:.0f} s: {why}" in log
    code.start()
    for one in tasks:
        found = server.wait_for(one, "completed", seconds=holding.PAUSES[0] + 120)
        assert "\nran" in server.console(one), found
    assert not held(server, "fetches") and not (agent.folder / "fetches.unfetched").exists()
    code.stop()  # what is in the agent's cache runs without it
    server.wait_for(task(server, code, "unreachable"), "completed", seconds=120)
    branch = task(server, code, "unreachable", version_num="", branch="main")
    until(
        lambda: held(server, "fetches"), 60, "the agent is held again: only a fetch tells where a branch is"
    )
    server.admin("tasks.dequeue", task=branch)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_commit_that_is_not_there_fails_at_once_and_holds_nobody(
    server: ServerProcess, new_agent: NewAgent, code: GitServer
) -> None:
    code.start()
    new_agent(server, "--queue", "no commit", "--name", "no commit")
    made = task(server, code, "no commit", version_num="1" * 40)
    found = server.wait_for(made, "failed", seconds=90)
    assert "could not be fetched: " in found["status_reason"] and "1111" in found["status_reason"]
    assert not held(server, "no commit")
    server.wait_for(task(server, code, "no commit"), "completed", seconds=90)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("after", [0.0, 0.3, 0.6, 0.9])
def test_an_agent_that_is_stopped_just_after_a_failure_leaves_it_a_failure(
    server: ServerProcess, new_agent: NewAgent, tmp_path: Path, after: float
) -> None:
    agent = new_agent(server, "--queue", "failed and stopped")
    made = create(server, repository(tmp_path / "fails", {"run.py": "raise ValueError('é')"}), "run.py")
    server.enqueue(made, "failed and stopped")
    until(lambda: server.status(made) == "failed", 60, "the task has failed")
    time.sleep(after)
    agent.stop()
    found = server.task(made)
    assert (found["status"], found["status_reason"]) == ("failed", "ValueError: é")
