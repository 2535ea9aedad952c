"""ClearML's own commands, unmodified, each as its own process: clearml-data, clearml-task, clearml-agent."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ServerProcess, until

SCRIPT = """
import argparse
from clearml import Task

parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float, default=0.1)
task = Task.init("commands", "script")
print("the rate is", parser.parse_args().rate)
task.get_logger().report_scalar("rate", "used", parser.parse_args().rate, 1)
"""
Command = Callable[..., str]


@pytest.fixture
def command(server: ServerProcess, tmp_path: Path) -> Command:
    """Runs one of ClearML's commands with a home of its own; gives what it printed."""
    home = tmp_path / "home"
    home.mkdir()

    def run(*arguments: str, fails: bool = False) -> str:
        program = str(Path(sys.executable).with_name(arguments[0]))
        done = subprocess.run(
            [program, *arguments[1:]], cwd=tmp_path, env=environment(server, home), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=200,
        )  # fmt: skip
        assert (done.returncode != 0) == fails, done.stdout
        return done.stdout

    return run


def environment(server: ServerProcess, home: Path) -> dict[str, str]:
    skip = {"CLEARML_AGENT_SKIP_PYTHON_ENV_INSTALL": "1"}
    return server.environment(HOME=str(home), **skip)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with a script, whose origin is itself, so that an agent here can clone it."""
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "script.py").write_text(SCRIPT)
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for words in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        [*identity, "commit", "-q", "-m", "script"],
        ["remote", "add", "origin", str(folder)],
    ):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


@pytest.fixture
def daemon(server: ServerProcess, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen]]:
    """Starts an agent at its default polling; it is ended with the test."""
    started: list[subprocess.Popen] = []

    def start(*options: str) -> subprocess.Popen:
        home = tmp_path / f"agent-{len(started)}"
        home.mkdir()
        with (home / "log").open("w") as log:
            started.append(
                subprocess.Popen(
                    [sys.executable, "-m", "clearml_agent", "daemon", "--foreground", "--cpu-only", *options],
                    cwd=home, env=environment(server, home), stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                )
            )  # fmt: skip
        return started[-1]

    yield start
    for process in started:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def id_in(text: str) -> str:
    found = re.search(r"\bid[= ]+([0-9a-f]{32})", text)
    assert found, text
    return found[1]


@pytest.mark.slow
def test_clearml_data_makes_versions_lists_compares_and_deletes(command: Command, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one")
    first = id_in(
        command("clearml-data", "create", "--project", "versions", "--name", "clips", "--version", "1.0")
    )
    command("clearml-data", "add", "--id", first, "--files", "a.txt")
    command("clearml-data", "close", "--id", first)

    created = ("clearml-data", "create", "--project", "versions", "--name", "clips", "--parents", first)
    second = id_in(command(*created))
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "b.txt").write_text("two")
    command("clearml-data", "sync", "--id", second, "--folder", str(folder))

    listed = command("clearml-data", "list", "--id", second)
    assert "b.txt" in listed and "a.txt" not in listed
    compared = command("clearml-data", "compare", "--source", first, "--target", second)
    assert "1 files added" in compared or "b.txt" in compared
    assert second in command("clearml-data", "search", "--project", "versions", "--name", "clips")

    copied = tmp_path / "copy"
    command("clearml-data", "get", "--id", second, "--copy", str(copied))
    assert (copied / "b.txt").read_text() == "two"
    command("clearml-data", "publish", "--id", first)
    command("clearml-data", "delete", "--id", second, "--force")
    assert second not in command("clearml-data", "search", "--project", "versions", "--name", "^clips$")


def test_a_task_made_with_clearml_task_is_run_by_clearml_agent_execute(
    server: ServerProcess, command: Command, repository: Path
) -> None:
    made = command(
        "clearml-task", "--project", "commands", "--name", "from a folder", "--folder", str(repository),
        "--script", "script.py", "--cwd", ".", "--args", "rate=0.75", "--skip-task-init", "--packages", "clearml",
    )  # fmt: skip
    task = id_in(made)
    assert server.status(task) == "created"
    said = command("clearml-agent", "execute", "--id", task, "--cpu-only")
    assert "the rate is 0.75" in said
    assert server.status(task) == "completed"
    assert server.scalars(task)["rate"]["used"]["y"] == [0.75]


MODULE = """
import argparse
from clearml import Task
parser = argparse.ArgumentParser()
parser.add_argument("source")
parser.add_argument("--epochs", type=int, default=1)
parser.add_argument("--name", default="x")
task = Task.init("commands", "recorded", auto_resource_monitoring=False)
args = parser.parse_args()
print(f"ran {args.source} for {args.epochs} as {args.name}")
print("task", task.id)
task.close()
"""


def test_what_is_edited_after_a_reset_is_what_the_agent_runs(
    server: ServerProcess, command: Command, repository: Path
) -> None:
    (repository / "tools").mkdir()
    (repository / "tools" / "run.py").write_text(MODULE)
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for words in (["add", "."], [*identity, "commit", "-q", "-m", "module"]):
        subprocess.run(["git", *words], cwd=repository, check=True)
    run = subprocess.run(
        [sys.executable, "-m", "tools.run", "a.csv", "--epochs", "3", "--name", "two words"],
        cwd=repository, env=server.environment(), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert "ran a.csv for 3 as two words" in run.stdout, run.stdout + run.stderr
    task = run.stdout.split("task ")[-1].split()[0]
    assert "--epochs 3" in server.task(task)["script"]["entry_point"]
    server.call("tasks.reset", task=task)
    assert server.task(task)["script"]["entry_point"] == "-m tools.run"
    items = [{"section": "Args", "name": "epochs", "value": "7"}]
    server.call("tasks.edit_hyper_params", task=task, hyperparams=items)
    said = command("clearml-agent", "execute", "--id", task, "--cpu-only")
    assert "ran a.csv for 7 as two words" in said


def test_a_daemon_takes_from_its_first_queue_first_and_at_once_from_either(
    server: ServerProcess, command: Command, repository: Path, daemon: Callable[..., subprocess.Popen]
) -> None:
    first, _ = (server.call("queues.create", name=name)["id"] for name in ("first-choice", "second-choice"))
    made = command(
        "clearml-task", "--project", "commands", "--folder", str(repository), "--script", "script.py", "--cwd", ".",
        "--skip-task-init", "--packages", "clearml", "--name", "later", "--queue", "second-choice",
    )  # fmt: skip
    later = id_in(made)
    urgent, third = (server.call("tasks.clone", task=later)["id"] for _ in range(2))
    server.call("tasks.enqueue", task=urgent, queue=first)
    daemon("--queue", "first-choice", "second-choice")
    started = [server.wait_for(task, "completed")["started"] for task in (urgent, later)]
    assert started == sorted(started)

    assert "second-choice" in command(
        "clearml-agent", "list"
    )  # meanwhile the agent has slept and polls again
    time.sleep(3)
    enqueued = time.monotonic()
    server.call("tasks.enqueue", task=third, queue=first)
    until(lambda: server.status(third) != "queued", 30, "the agent has it")
    assert time.monotonic() - enqueued < 4.5, "the agent's poll was not held"


def test_an_agent_makes_a_queue_that_is_missing_when_it_is_told_to(
    server: ServerProcess, daemon: Callable[..., subprocess.Popen]
) -> None:
    daemon("--queue", "made-by-an-agent", "--create-queue")
    until(lambda: server.call("queues.get_all", name="^made-by-an-agent$")["queues"], 60, "the queue exists")


def test_an_unknown_queue_or_task_is_said(command: Command) -> None:
    said = command("clearml-agent", "daemon", "--foreground", "--queue", "no-such-queue", fails=True)
    assert "no-such-queue" in said
    command("clearml-agent", "execute", "--id", "0" * 32, fails=True)


@pytest.mark.slow
def test_clearml_agent_builds_a_tasks_environment_and_code(
    server: ServerProcess, command: Command, repository: Path, tmp_path: Path
) -> None:
    task = id_in(command(
        "clearml-task", "--project", "commands", "--name", "to build", "--folder", str(repository), "--script",
        "script.py", "--cwd", ".", "--skip-task-init", "--packages", "six",
    ))  # fmt: skip
    target = tmp_path / "built"
    said = command("clearml-agent", "build", "--id", task, "--target", str(target), "--cpu-only")
    if re.search("No matching distribution|Temporary failure in name resolution", said):
        pytest.skip("packages can't be installed here: there is no network")
    assert list(target.glob("lib/python*/site-packages/six.py"))
    assert (target / "task_repository/repository/script.py").read_text() == SCRIPT
