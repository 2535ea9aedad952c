"""What an agent tells of the environment that its tasks run in, and what is said by it before a task waits."""

import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents.environments import telling
from agents.told import tracked
from tests.conftest import AgentProcess, ServerProcess, until
from tests.e2e.agents.test_other_peoples_code import SDK, create, repository

NewAgent = Callable[..., AgentProcess]


def environments(server: ServerProcess, queue: str) -> list[dict[str, Any]]:
    found = server.call("workers.get_all")["workers"]
    ours = [one for one in found if queue in {listened["name"] for listened in one["queues"]}]
    return [one["environment"] for one in ours if "environment" in one]


@pytest.mark.timeout(240)
def test_an_agent_tells_its_mode_and_packages_and_an_enqueue_says_what_they_lack(
    server: ServerProcess, new_agent: NewAgent, tmp_path: Path
) -> None:
    name = "told é:/%"
    new_agent(server, "--queue", name, "--environment", "installed", "--name", "told")
    (told,) = until(lambda: environments(server, name), 60, "the agent has told its environment")
    assert (told["mode"], told["python"]) == ("installed", platform.python_version())
    assert len(told["fingerprint"]) == 8 and told["packages"] > 50

    task = create(server, repository(tmp_path / "repository", {"run.py": SDK + "print('ran')"}), "run.py")
    requirements = {"pip": "clearml\nno-such-package-at-all==1.0"}
    server.call("tasks.set_requirements", task=task, requirements=requirements)
    done = server.run("-m", "soundyard", "tasks", "enqueue", task, "--queue", name)
    assert done.returncode == 0, done.stderr
    assert "is on queue" in done.stdout
    assert "in what it has recorded: no-such-package-at-all is not installed" in done.stderr
    server.wait_for(task, "completed", seconds=120)  # it was said, and not forbidden


def test_a_worker_that_the_server_does_not_know_is_not_made_known(server: ServerProcess) -> None:
    access, secret = server.keys
    keys = {"access_key": access, "secret_key": secret}
    line = tracked.Server({"api": {"api_server": f"{server.url}/api", "credentials": keys}})
    assert not telling.tell(line, "nobody:0", telling.environment("auto"))
    assert "nobody:0" not in {one["id"] for one in server.call("workers.get_all")["workers"]}
