"""The command `soundyard` against a real server: tasks at a shell, a queue, a DataFrame, completion in a bash."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT, ServerProcess, until
from tests.terminal import Terminal

PROJECT = "front é:/%# door"
SCRIPT = """
import sys
from clearml import Task

name, rate = sys.argv[1:]
task = Task.init(sys.argv[0], name)
task.connect({"rate": float(rate), "layers": 3})
for step in range(4):
    task.get_logger().report_scalar("loss", "train", float(rate) / (step + 1), step)
task.upload_artifact("table é", {"rate": rate}, wait_on_upload=True)
task.close()
"""
Run = Callable[..., "Said"]


@pytest.fixture(scope="module")
def own(new_server_of_module: ServerProcess) -> ServerProcess:
    """A server with two runs of somebody's own script, by the real SDK."""
    script = SCRIPT.replace("sys.argv[0]", repr(PROJECT))
    for name, rate in (('first "x"', "0.1"), ("second", "0.2")):
        done = new_server_of_module.run("-c", script, name, rate, CLEARML_LOG_LEVEL="ERROR")
        assert done.returncode == 0, done.stderr
    return new_server_of_module


@pytest.fixture(scope="module")
def new_server_of_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.mktemp("front-door"))
    yield server
    server.stop()


DRIVER = """
import contextlib, io, json, sys
from soundyard.command import run

for line in sys.stdin:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = run(json.loads(line))
        except SystemExit as end:
            status = end.code
    print(json.dumps([status, out.getvalue(), err.getvalue()]), flush=True)
"""


@dataclass
class Said:
    stdout: str
    stderr: str


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("é % here")


@pytest.fixture(scope="module")
def soundyard(own: ServerProcess, folder: Path) -> Iterator[Run]:
    """Runs the command in a folder of its own as a client of the server: one process, for the SDK's sake."""
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVER], cwd=folder, env=own.environment(PYTHONPATH=str(ROOT)),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin and process.stdout
    into, out = process.stdin, process.stdout

    def run(*words: str, status: int = 0) -> Said:
        into.write(json.dumps(words) + "\n")
        into.flush()
        ended, *said = json.loads(out.readline())
        assert ended == status, said
        return Said(*said)

    yield run
    into.close()
    process.wait(20)


def test_tasks_are_listed_filtered_sorted_and_shown(soundyard: Run) -> None:
    def names(*words: str) -> list[str]:
        return [one["name"] for one in json.loads(soundyard("tasks", "list", "--json", *words).stdout)]

    assert {'first "x"', "second"} <= set(names("--project", PROJECT))
    assert names("--metric", "loss/train=0.04..", "--project", PROJECT) == ["second"]
    assert names("--param", "General/rate=0.1") == ['first "x"']
    assert names("--sort=loss/train", "--status", "completed", "--project", PROJECT) == [
        'first "x"',
        "second",
    ]
    assert names("--sort=-General/rate", "--status", "completed", "--project", PROJECT)[0] == "second"
    assert names("--search", 'first "') == ['first "x"']
    assert names("--since", "1h", "--type", "training", "--status", "completed", "--limit", "1") != []
    assert names("--status", "failed") == []
    assert "no task is like that" in soundyard("tasks", "list", "--status", "failed").stdout
    shown = soundyard("tasks", "show", "second").stdout
    for word in (PROJECT, "General/rate", "0.2", "loss/train", "table é", "completed"):
        assert word in shown
    told = json.loads(soundyard("tasks", "show", "second", "--json").stdout)
    assert told["parameters"]["General/layers"] == "3" and told["artifacts"][0]["name"] == "table é"


def test_what_is_not_there_is_answered_with_what_is_near(soundyard: Run) -> None:
    for words, said in (
        (("tasks", "show", "secnd"), "Did you mean 'second'?"),
        (("tasks", "list", "--project", PROJECT + "x"), "Did you mean"),
        (("tasks", "list", "--metric", "loss/trian=0.."), "Did you mean 'loss/train'?"),
        (("tasks", "list", "--sort", "udpated"), "Did you mean 'updated'?"),
        (("tasks", "list", "--user", "nobody"), "There is no user 'nobody'"),
        (("tasks", "enqueue", "second", "--queue", "nowhere"), "There is no queue 'nowhere'"),
        (("tasks", "abort", "second"), "is completed: there is nothing to abort"),
        (("tasks", "compare", "second"), "takes two tasks"),
    ):
        assert said in soundyard(*words, status=1).stderr


def test_a_clone_has_the_edits_waits_on_its_queue_and_is_aborted(soundyard: Run, own: ServerProcess) -> None:
    own.queue("here")
    made = json.loads(
        soundyard(
            "tasks", "clone", "second", "rate=0.5", "--name", "é clone", "--queue", "here", "--json"
        ).stdout
    )
    task = own.task(made["id"])
    assert task["hyperparams"]["General"]["rate"]["value"] == "0.5"
    assert task["hyperparams"]["General"]["layers"]["value"] == "3"
    assert (task["status"], task["name"]) == ("queued", "é clone")
    compared = json.loads(soundyard("tasks", "compare", "second", made["id"][:8], "--json").stdout)
    assert compared["parameters"] == {"General/rate": ["0.2", "0.5"]}
    assert "General/rate" in soundyard("tasks", "compare", "second", "é clone").stdout
    soundyard("tasks", "abort", made["id"])
    assert own.status(made["id"]) == "created"
    soundyard("tasks", "enqueue", made["id"])  # goes where it was, or to the usual queue
    assert own.status(made["id"]) == "queued"
    refused = soundyard("tasks", "clone", "second", "rte=0.5", status=1)
    assert "Did you mean 'General/rate'?" in refused.stderr


def test_artifacts_are_downloaded_and_nothing_is_overwritten(soundyard: Run, folder: Path) -> None:
    (file,) = soundyard("tasks", "download", "second").stdout.splitlines()
    content = folder / file
    assert json.loads(content.read_text()) == {"rate": "0.2"}
    soundyard("tasks", "download", "second")
    content.write_text("mine")
    assert "--overwrite" in soundyard("tasks", "download", "second", status=1).stderr
    assert content.read_text() == "mine"
    soundyard("tasks", "download", "second", "--overwrite", "--artifact", "table é")
    assert json.loads(content.read_text()) == {"rate": "0.2"}


def test_runs_are_a_table_with_types(own: ServerProcess) -> None:
    program = (
        "import soundyard; "
        f"t = soundyard.runs(project={PROJECT!r}, status='completed').sort_values('params.General/rate'); "
        "print(t['params.General/rate'].tolist(), t['metrics.loss/train'].tolist(), t['started'].dtype, [*t['name']])"
    )
    done = own.run("-c", program)
    assert done.stdout.strip() == "[0.1, 0.2] [0.025, 0.05] datetime64[us, UTC] ['first \"x\"', 'second']", (
        done.stderr
    )


def test_a_task_is_put_on_a_queue_with_the_values_of_the_command_line(
    soundyard: Run, own: ServerProcess
) -> None:
    wrong = soundyard("run", "train", "--epochs", "0", "--queue", "audio", status=2)
    assert "epochs is 0" in wrong.stderr
    said = soundyard(
        "run", "preprocess", "--dataset", "synthetic", "--fold", "2", "--queue", "audio", status=2
    )
    assert "--fold" in said.stderr
    done = soundyard("run", "--queue", "audio", "--name", "mine", "preprocess", "--sample_rate", "8000")
    (task,) = own.call("tasks.get_all", name="^mine$")["tasks"]
    assert task["status"] == "queued" and task["id"] in done.stdout
    assert task["hyperparams"]["Args"]["sample_rate"]["value"] == "8000"
    assert task["script"]["entry_point"] == "-m tasks.preprocess" and "template" not in task["tags"]
    assert "no agent listens on queue audio" in done.stderr


@pytest.fixture
def terminal(own: ServerProcess, tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    with ExitStack() as stack:

        def start(*command: str, columns: int = 80, **more: str) -> Terminal:
            environment = own.environment(PYTHONPATH=str(ROOT), **more)
            made = Terminal(command, cwd=tmp_path, environment=environment, columns=columns)
            stack.callback(made.close)
            return made

        yield start


def running(server: ServerProcess, name: str) -> str:
    """The id of a task that runs, as the server sees it."""
    project = server.call("projects.get_all", name=f"^{PROJECT}$")["projects"][0]["id"]
    task = str(server.call("tasks.create", name=name, type="custom", project=project)["id"])
    server.call("tasks.started", task=task)
    return task


def watching(terminal: Callable[..., Terminal], task: str) -> Terminal:
    return terminal(sys.executable, "-m", "soundyard", "tasks", "watch", task)


def test_a_task_is_watched_until_its_end(own: ServerProcess, terminal: Callable[..., Terminal]) -> None:
    task = running(own, "watched [red]é[/red]")
    shown = watching(terminal, task)
    own.call("tasks.edit", task=task, runtime={"progress": "42"}, force=True)
    shown.until("42 %", 30)
    assert "watched [red]é[/red]" in shown.text
    own.call("tasks.completed", task=task)
    assert shown.wait(30) == 0
    failing = running(own, "failing")
    shown = watching(terminal, failing)
    shown.until("running", 30)
    own.call("tasks.failed", task=failing, status_reason="out of memory")
    assert shown.wait(30) == 1
    assert "out of memory" in shown.text


def test_ctrl_c_ends_watching_and_not_the_task(own: ServerProcess, terminal: Callable[..., Terminal]) -> None:
    task = running(own, "goes on")
    shown = watching(terminal, task)
    shown.until("running", 30)
    shown.interrupt()
    assert shown.wait(30) == 130
    assert "runs on" in shown.text and "Traceback" not in shown.text
    assert own.status(task) == "in_progress"
    assert b"\x1b[?25l" not in shown.raw or shown.raw.rindex(b"\x1b[?25h") > shown.raw.rindex(b"\x1b[?25l")


@pytest.mark.parametrize("columns", [40, 80])
def test_the_list_fits_the_terminal(terminal: Callable[..., Terminal], columns: int) -> None:
    shown = terminal(sys.executable, "-m", "soundyard", "tasks", "list", columns=columns)
    assert shown.wait(30) == 0
    lines = [line for line in shown.lines if line]
    tasks = [line for line in lines if "second" in line or "first" in line]
    assert len(tasks) == 2 and max(map(len, lines)) <= columns


def test_a_real_bash_completes_commands_options_and_tasks(
    terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is missing")
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "soundyard"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m soundyard "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    shell = terminal(
        bash, "--norc", "--noprofile", "-i", columns=120, PATH=path, PS1="> ", INPUTRC="/dev/null"
    )
    shell.until(">", 20)
    shell.type(b'eval "$(soundyard completion bash)"; echo rea""dy\n')
    shell.until("ready", 30)
    for typed, wanted in (
        (b"soundyard ta\t", "soundyard tasks"),
        (b"soundyard tasks comp\t", "soundyard tasks compare"),
        (b"soundyard tasks show sec\t", "soundyard tasks show second"),
        (b"soundyard run prep\t", "soundyard run preprocess"),
        (b"soundyard run train --learning\t", "soundyard run train --learning_rate"),
        (b"soundyard run train --model cnn\t\t", "cnn14"),
        (b"soundyard serve --api\t", "soundyard serve --api-port"),
    ):
        shell.type(typed)
        shell.until(wanted, 30)
        shell.type(b"\x15")
        time.sleep(0.2)
    shell.type(b"exit\n")
    until(lambda: shell.process.poll() is not None, 20, "the shell has ended")


@pytest.mark.parametrize("text", ["README.md", "docs/guides/own-script.md"])
def test_the_lines_that_track_ones_own_script_do(own: ServerProcess, text: str, tmp_path: Path) -> None:
    lines = re.findall(r"^```python\n(.*?)^```", (ROOT / text).read_text(), re.MULTILINE | re.DOTALL)[0]
    project = f"tracked by {text}"
    (tmp_path / "mine.py").write_text(lines.replace("My project", project))
    done = own.run(str(tmp_path / "mine.py"))
    assert done.returncode == 0, done.stderr
    found = own.call("projects.get_all", name=f"^{re.escape(project)}$")["projects"]
    (task,) = own.call("tasks.get_all", project=[found[0]["id"]])["tasks"]
    assert (task["status"], task["hyperparams"]["General"]["lr"]["value"]) == ("completed", "0.1")
    assert own.scalars(task["id"])["loss"]["train"]["y"][0] == pytest.approx(0.1)
