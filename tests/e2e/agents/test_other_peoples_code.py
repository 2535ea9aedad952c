"""Repositories that no one here wrote, run by a real agent: the right versions, the right end, the right reason.

What has to be installed comes from the package index that is configured here; without one those tests are skipped.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from agents.environments import pythons, satisfied
from tests.conftest import AgentProcess, ServerProcess, until

ENDED = ("completed", "failed", "stopped")
SDK = "from clearml import Task\nTask.init('p', 'n', auto_connect_frameworks=False)\n"
TELL = "import sys\nprint('python %d.%d' % sys.version_info[:2])\nimport six\nprint('six', six.__version__)\n"
PROJECT = """\
[project]
name = "locked"
version = "0"
requires-python = ">=3.8"
dependencies = ["six==1.15.0"]
"""
Enqueue = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def daemon(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgentProcess]:
    """An agent on a queue of its own; it polls while other tests run, which costs nothing."""
    with ExitStack() as stack:
        agent = AgentProcess(server, tmp_path_factory.mktemp("foreign"), "--queue", "foreign")
        stack.callback(agent.stop)
        yield agent


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def repository(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "one")
    return folder


@pytest.fixture
def run(server: ServerProcess, daemon: AgentProcess, tmp_path: Path) -> Enqueue:
    """Runs a file of a repository with what a task records, and gives the task at its end, with its console."""

    def ended(
        files: dict[str, str], entry_point: str = "run.py", folder: Path | None = None, **script: Any
    ) -> Any:
        where = folder or repository(tmp_path / "repository", files)
        task = create(server, where, entry_point, **script)
        server.enqueue(task, "foreign")
        found = until(lambda: _ended(server, task), 400, "the task has ended")
        # at the start of a line: "Fatal Python error: " is not it
        last = "Process completed" if found["status"] == "completed" else "\nerror: "
        until(lambda: last in server.console(task), 30, f"{last} in the console")
        return {**server.task(task), "console": server.console(task)}

    return ended


def create(server: ServerProcess, where: Path, entry_point: str, **script: Any) -> str:
    properties = script.pop("properties", None)
    recorded = {"pip": script.pop("requirements", "")}
    about = {"repository": str(where), "version_num": git(where, "rev-parse", "HEAD"), "branch": "main"}
    about |= {
        "entry_point": entry_point,
        "working_dir": ".",
        "binary": "python3",
        "requirements": recorded,
        **script,
    }
    more = {"hyperparams": {"properties": properties}} if properties else {}
    return str(server.call("tasks.create", name="foreign", type="training", script=about, **more)["id"])


def _ended(server: ServerProcess, task: str) -> Any:
    found = server.task(task)
    return found if found["status"] in ENDED else None


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skips when no package index answers."""
    target = tmp_path_factory.mktemp("index")
    asked = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--retries", "0", "-d", str(target)]
    done = subprocess.run([*asked, "six==1.16.0"], capture_output=True, text=True, timeout=120)
    if done.returncode:
        pytest.skip(f"no package index answers: {done.stderr.strip()[-200:]}")


ENDS = {
    "exit status": ("import sys\nprint('no data')\nsys.exit(3)", "exit status 3: no data"),
    "exit text": ("import sys\nsys.exit('the data is missing')", "exit status 1: the data is missing"),
    "exception": ("def f():\n    raise ValueError('boom é')\nf()", "ValueError: boom é"),
    "syntax": ("def (", "SyntaxError: invalid syntax"),
    "recursion": ("def f(): f()\nf()", "RecursionError: maximum recursion depth exceeded"),
    "memory": ("bytearray(10**15)", "MemoryError"),
    "no goodbye": ("import os\nos._exit(7)", "exit status 7"),
    "killed": ("import os\nos.kill(os.getpid(), 9)", "killed (SIGKILL), perhaps out of memory"),
    "terminated": ("import os, time\nos.kill(os.getpid(), 15)\ntime.sleep(60)", "ended by SIGTERM"),
    "aborted": ("import os\nos.abort()", "aborted (SIGABRT)"),
    "crashed": ("import ctypes\nctypes.string_at(0)", "segmentation fault (SIGSEGV), in string_at"),
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("end", ["exit status", "crashed"])
def test_an_end_is_an_end_with_its_reason(run: Enqueue, end: str) -> None:
    code, reason = ENDS[end]
    found = run({"run.py": SDK + code})
    assert found["status"] == "failed"
    assert found["status_reason"].startswith(reason)
    assert f"error: {reason}" in found["console"]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("sdk", ["", SDK], ids=["bare", "with the SDK"])
@pytest.mark.parametrize("end", sorted(ENDS))
def test_every_end_is_an_end_with_its_reason(run: Enqueue, end: str, sdk: str) -> None:
    code, reason = ENDS[end]
    found = run({"run.py": code if end == "syntax" else sdk + code})
    assert (found["status"], found["status_reason"][: len(reason)]) == ("failed", reason)


@pytest.mark.timeout(300)
def test_a_thread_that_ended_in_an_exception_is_said_of_a_task_that_went_on(run: Enqueue) -> None:
    code = "import threading\ndef f(): raise KeyError('x')\nt = threading.Thread(target=f)\nt.start()\nt.join()\n"
    found = run({"run.py": code})
    assert found["status"] == "completed"
    assert found["status_reason"].startswith("exit status 0, but KeyError: 'x' (in thread Thread-1")


@pytest.mark.timeout(300)
def test_code_that_is_satisfied_here_runs_in_what_is_installed_and_says_so(run: Enqueue) -> None:
    found = run(
        {"run.py": "import sys\nprint('in', sys.prefix, sys.argv[1:])"},
        "run.py a=1 b.c=2",
        requirements="numpy>=2",
    )
    assert f"in {sys.prefix} ['a=1', 'b.c=2']" in found["console"]
    assert "environment: the installed one. It satisfies the 1 recorded requirements" in found["console"]
    assert found["runtime"]["environment"] == "installed"
    recorded = found["script"]["requirements"]
    assert recorded["org_pip"] == "numpy>=2"
    assert recorded["pip"] == f"{satisfied.REUSED}\n{satisfied.freeze()}"


@pytest.mark.timeout(300)
def test_a_person_can_ask_for_what_is_installed(run: Enqueue) -> None:
    wanted = {"environment": {"section": "properties", "name": "environment", "value": "installed"}}
    found = run({"run.py": "print('ran')"}, requirements="six==1.0", properties=wanted)
    assert (found["status"], found["runtime"]["environment"]) == ("completed", "installed")
    assert "Asked for by the task" in found["console"]


@pytest.mark.timeout(300)
def test_changes_that_do_not_apply_and_a_python_that_is_not_here_end_the_task_before_the_code(
    run: Enqueue,
) -> None:
    patch = "diff --git a/gone.py b/gone.py\n--- a/gone.py\n+++ b/gone.py\n@@ -1 +1 @@\n-a\n+b\n"
    found = run({"run.py": "print('ran')"}, diff=patch)
    assert found["status"] == "failed" and "\nran\n" not in found["console"]
    assert found["status_reason"].startswith("the uncommitted changes recorded with the task do not apply")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_pinned_code_gets_what_it_pinned_and_leaves_nothing_to_the_next(
    run: Enqueue, index: None, tmp_path: Path
) -> None:
    folder = repository(tmp_path / "both", {"run.py": TELL, "none.py": "import six"})
    for version in ("1.16.0", "1.15.0"):
        found = run({}, folder=folder, requirements=f"six=={version}")
        assert f"six {version}" in found["console"] and found["status"] == "completed"
        assert f"six=={version}" in found["script"]["requirements"]["pip"]
        assert found["runtime"]["environment"] == "own"
    found = run({}, "none.py", folder=folder, requirements="toml==0.10.2")
    assert found["status_reason"] == "ModuleNotFoundError: No module named 'six'"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_requirements_that_no_index_has_are_the_reason(run: Enqueue, index: None) -> None:
    found = run({"run.py": TELL}, requirements="six==99.99")
    assert found["status_reason"] == "the code was not run: No matching distribution found for six==99.99"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_recorded_python_is_the_one_that_runs(run: Enqueue, index: None) -> None:
    other = next((one for one in pythons.installed() if one != pythons.running() and one >= "3.10"), None)
    if other is None:
        pytest.skip("there is one Python on this machine")
    found = run({"run.py": TELL}, requirements="six==1.16.0", binary=f"/usr/bin/python{other}")
    assert f"python {other}\nsix 1.16.0" in found["console"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_project_locked_with_uv_runs_by_its_lock_or_not_at_all(
    run: Enqueue, index: None, tmp_path: Path
) -> None:
    uv = pythons.find_uv()
    if uv is None:
        pytest.skip("uv is not installed")
    folder = repository(tmp_path / "locked", {"pyproject.toml": PROJECT, "run.py": TELL})
    subprocess.run([str(uv), "lock", "-q"], cwd=folder, check=True)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "lock")
    found = run({}, folder=folder, requirements="six==1.16.0")
    assert "six 1.15.0" in found["console"] and found["status"] == "completed"
    (folder / "pyproject.toml").write_text(PROJECT.replace("1.15.0", "1.16.0"))
    git(folder, "commit", "-qam", "the lock is old now")
    found = run({}, folder=folder)
    assert found["status"] == "failed"
    assert found["status_reason"].startswith("the code was not run: uv.lock does not fit pyproject.toml")


@pytest.fixture(scope="session")
def poetry(index: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Poetry in an environment of its own."""
    uv, folder = pythons.find_uv(), tmp_path_factory.mktemp("poetry") / "environment"
    if uv is None:
        pytest.skip("uv is not installed")
    subprocess.run([str(uv), "venv", "-q", str(folder)], check=True)
    python = str(folder / "bin" / "python")
    subprocess.run([str(uv), "pip", "install", "-q", "--python", python, "poetry"], check=True)
    return folder / "bin" / "poetry"


@pytest.fixture
def source(index: None, tmp_path: Path) -> Iterator[str]:
    """The lines that name a package index on this machine with two versions of six: poetry asks no other."""
    wheels = tmp_path / "simple" / "six"
    for version in ("1.15.0", "1.16.0"):
        fetch = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(wheels)]
        subprocess.run([*fetch, f"six=={version}"], check=True)
    links = [f'<a href="{file.name}">{file.name}</a>' for file in sorted(wheels.iterdir())]
    (wheels / "index.html").write_text("\n".join(links))
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{served.server_port}/simple/"
        yield f'[[tool.poetry.source]]\nname = "here"\nurl = "{address}"\npriority = "primary"\n'
        served.shutdown()


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("working_dir", [".", "sub"])
def test_a_project_locked_with_poetry_runs_by_its_lock_or_not_at_all(
    run: Enqueue, poetry: Path, source: str, working_dir: str, tmp_path: Path
) -> None:
    project = PROJECT + "[tool.poetry]\npackage-mode = false\n" + source
    folder = repository(
        tmp_path / "locked", {f"{working_dir}/pyproject.toml": project, f"{working_dir}/run.py": TELL}
    )
    places = {**os.environ, "POETRY_CACHE_DIR": str(tmp_path / "cache")}
    subprocess.run([str(poetry), "lock", "-q", "-n"], cwd=folder / working_dir, check=True, env=places)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "lock")
    found = run({}, folder=folder, working_dir=working_dir, requirements="six==1.16.0")
    assert "six 1.15.0" in found["console"] and found["status"] == "completed"
    (folder / working_dir / "pyproject.toml").write_text(project.replace("1.15.0", "1.16.0"))
    git(folder, "commit", "-qam", "the lock is old now")
    found = run({}, folder=folder, working_dir=working_dir)
    assert found["status"] == "failed"
    assert "poetry.lock can't be installed here" in found["status_reason"]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["one", "two"])
def test_a_package_that_names_its_requirements_gets_them_and_no_other_packages(
    run: Enqueue, index: None, name: str
) -> None:
    setup = f"[metadata]\nname = {name}\nversion = 0.1\n[options]\npackages = {name}\ninstall_requires = six==1.13.0\n"
    files = {
        "setup.cfg": setup,
        "setup.py": "import setuptools\nsetuptools.setup()",
        f"{name}/__init__.py": "",
    }
    found = run({**files, "run.py": TELL + f"import {name}"})
    assert "six 1.13.0" in found["console"] and found["status"] == "completed"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_submodules_come_along_and_large_files_that_do_not_are_said(run: Enqueue, tmp_path: Path) -> None:
    inner = repository(tmp_path / "inner", {"library.py": "VALUE = 7"})
    attributes = {".gitattributes": "*.dat filter=lfs\n"}
    outer = repository(
        tmp_path / "outer",
        {"run.py": "from vendor import library\nprint('value', library.VALUE)", **attributes},
    )
    git(outer, "submodule", "add", "-q", str(inner), "vendor")
    git(outer, "commit", "-qm", "submodule")
    found = run({}, folder=outer)
    assert "value 7" in found["console"]
    assert ("git-lfs is not installed here" in found["console"]) == (not _has_lfs())


def _has_lfs() -> bool:
    return subprocess.run(["git", "lfs", "version"], capture_output=True).returncode == 0


@pytest.mark.timeout(300)
def test_a_task_of_a_stopped_agent_is_stopped_and_the_agent_comes_back_by_its_name(
    new_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    server = new_server()
    folder = repository(
        tmp_path / "hangs", {"run.py": "import time\nprint('up', flush=True)\ntime.sleep(600)"}
    )
    task = create(server, folder, "run.py")
    names = []
    for _ in range(2):
        agent = AgentProcess(server, tmp_path / "state", "--queue", "foreign")
        try:
            names += [worker["id"] for worker in server.call("workers.get_all")["workers"]]
            server.enqueue(task, "foreign")
            until(lambda: "\nup" in server.console(task), 60, "the task runs")
        finally:
            agent.stop()
        found = server.task(task)
        assert (found["status"], found["status_reason"]) == ("stopped", "its agent was stopped")
        server.call("tasks.reset", task=task)
    assert names[0] == names[1]
