"""The SDK and an agent with the keys of somebody to whom a project is closed: own work goes on, the closed stays so."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import ROOT, AgentProcess, ServerProcess, until

SCRIPT = """
import sys
from clearml import Task

project, name = sys.argv[1:]
task = Task.init(project_name=project, task_name=name, auto_connect_frameworks=False)
task.get_logger().report_scalar("loss", "train", 0.5, 1)
task.upload_artifact("table", {"a": 1}, wait_on_upload=True)
print("task", task.id)
"""
LOOK = """
import sys
from clearml import Task

found = [one.id for one in Task.get_tasks(project_name=sys.argv[2])]
print("by project:", found)
print("by name:", [one.id for one in Task.get_tasks(task_name="hidden")])
try:
    print("by id:", Task.get_task(task_id=sys.argv[1]))
except ValueError as error:
    print("by id:", error)
"""


class Restricted(ServerProcess):
    """Another person's view of a server that runs already: keys and configuration of their own."""

    def __init__(self, server: ServerProcess, conf: Path) -> None:
        self.__dict__.update(server.__dict__)
        self.conf, self._session = conf, type(server._session)()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ExitStack() as stack:
        process = ServerProcess(tmp_path_factory.mktemp("restricted"))
        stack.callback(process.stop)
        yield process


@pytest.fixture(scope="module")
def una(server: ServerProcess) -> Restricted:
    """A user with the role `user`, to whom `closed é:/%` is closed and `shared` is open for reading."""
    user = server.admin("users.create", name="Una", role="user")["id"]
    command = [sys.executable, "-m", "server", "user", "key", "Una", "--data", str(server.folder / "server")]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    access, secret = re.findall(r'(?:access|secret)_key: "([^"]+)"', made.stdout)
    text = server.conf.read_text()
    for before, now in zip(server.keys, (access, secret), strict=True):
        text = text.replace(before, now)
    conf = server.folder / "una.conf"
    conf.write_text(text)
    for project, level in (("closed é:%", "none"), ("shared", "read")):
        made_project = server.admin("projects.create", name=project)["id"]
        server.admin("projects.set_access", project=made_project, user=user, level=level)
    return Restricted(server, conf)


def made(server: ServerProcess, project: str, name: str) -> str:
    done = server.run("-c", SCRIPT, project, name)
    assert done.returncode == 0, done.stdout + done.stderr
    return re.findall(r"task ([0-9a-f]{32})", done.stdout)[-1]


def test_own_work_is_done_as_by_anybody(una: Restricted) -> None:
    task = made(una, "own", "mine")
    assert una.status(task) == "completed"
    assert una.scalars(task)["loss"]["train"]["y"] == [0.5]


def test_a_closed_project_takes_nothing_and_tells_nothing(server: ServerProcess, una: Restricted) -> None:
    hidden = made(server, "closed é:%", "hidden")
    looked = una.run("-c", LOOK, hidden, "closed é:%")
    assert "by project: []" in looked.stdout and "could not be found" in looked.stdout, looked.stdout
    assert "by name: []" in looked.stdout
    before = {one["id"] for one in server.call("tasks.get_all", page_size=500)["tasks"]}
    tried = una.run("-c", SCRIPT, "closed é:%", "intruder")
    after = {one["id"] for one in server.call("tasks.get_all", page_size=500)["tasks"]}
    assert tried.returncode != 0 and after == before, tried.stdout + tried.stderr


def test_a_project_for_reading_is_read_and_not_written(server: ServerProcess, una: Restricted) -> None:
    task = made(server, "shared", "to be read")
    looked = una.run("-c", LOOK, task, "shared")
    assert f"by project: ['{task}']" in looked.stdout, looked.stdout + looked.stderr
    tried = una.run("-c", SCRIPT, "shared", "intruder")
    assert tried.returncode != 0
    assert [one["name"] for one in server.call("tasks.get_all", name="intruder")["tasks"]] == []


@pytest.mark.slow
def test_an_agent_with_such_keys_runs_what_it_may_and_leaves_the_rest_waiting(
    server: ServerProcess, una: Restricted, tmp_path: Path
) -> None:
    script = {"entry_point": "-m this", "repository": "", "diff": ""}
    drafts = {}
    for project in ("closed é:%", "own"):
        found = server.call("projects.get_all", name=f"^{project}$")["projects"]
        drafts[project] = server.call(
            "tasks.create", name=f"in {project}", type="training", project=found[0]["id"], script=script
        )["id"]
        server.enqueue(drafts[project], "una's")
    agent = AgentProcess(una, tmp_path, "--queue", "una's")
    try:
        una.wait_for(drafts["own"], "completed", "failed", seconds=120)
        assert server.status(drafts["closed é:%"]) == "queued"
        until(lambda: una.call("workers.get_all")["workers"], 30, "the agent is seen")
    finally:
        agent.stop()
