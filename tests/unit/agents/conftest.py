"""The agents' folder; a task as the daemon has started it, and its launcher with a program in the agent's place."""

import json
import signal

import pytest

from agents import launch
from agents.environments import decision


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The agents' folder, of a state folder of its own."""
    monkeypatch.setenv("SOUNDYARD_STATE", str(tmp_path))
    (tmp_path / "agents").mkdir()
    return tmp_path / "agents"


@pytest.fixture
def task(server):
    """The id of a task that runs, as the daemon has started it."""
    code = {"entry_point": "a.py", "binary": "python3", "diff": "print(1)"}
    made = server.call("tasks.create", name="launched", type="training", script=code)["id"]
    server.call("tasks.started", task=made)
    return made


@pytest.fixture
def launched(server, task, tmp_path, monkeypatch):
    """Gives a function that launches a Python program as the task, and gives the exit status."""
    console, conf = tmp_path / "console", tmp_path / "agent.cfg"
    monkeypatch.setattr(launch, "UNTIL_KILLED", 0.0)
    monkeypatch.setattr(launch, "_console", lambda: console)
    monkeypatch.delenv("CLEARML_AUTH_TOKEN", raising=False)
    monkeypatch.delenv(decision.OPTION, raising=False)
    access, secret = server.keys
    agent = {
        "vcs_cache": {"path": str(tmp_path / "home" / "repositories")},
        "venvs_dir": str(tmp_path / "home" / "clones"),
        "package_manager": {"type": "pip"},
    }
    api = {
        "api_server": f"{server.url}/api/",
        "credentials": {"access_key": access, "secret_key": secret},
    }
    conf.write_text(json.dumps({"api": api, "agent": agent}))
    for name in ("clones", "temporary"):
        (tmp_path / "home" / name).mkdir(parents=True)
    (tmp_path / "home" / "clones" / "old").write_text("of the last task")
    before = signal.getsignal(signal.SIGTERM)

    def run(program: str, said: str = "Starting Task Execution:\n", task: str = task):
        console.write_text(said)
        command = ["-c", program, "execute", "--config-file", str(conf), "--id", task]
        return launch.Launch(command).run()

    yield run
    signal.signal(signal.SIGTERM, before)
