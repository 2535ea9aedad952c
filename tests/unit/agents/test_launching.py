"""The launcher's branches: what it becomes, what it fetches, what it starts the agent with, whom it tells how long."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest
import requests

from agents import launch
from agents.environments import decision, repository
from tests.conftest import ROOT
from tests.unit.tasks.code.test_source import git

CODE = {"repository": "git://h/x", "entry_point": "a.py", "version_num": "1" * 40}


class Became(Exception):
    """The process would be another program from here on."""


@pytest.mark.parametrize(
    ("command", "became"),
    [
        (["-c", "1"], ["-c", "1"]),
        (["-m", "x", "execute"], ["-m", "x", "execute"]),
        (["-m", "x", "--id", "t"], ["-m", "x", "--id", "t"]),
        (
            ["-u", "-m", "clearml_agent", "execute", "--full-monitoring", "--id", "t"],
            ["-u", "-m", "agents.unmodified", "clearml_agent", "execute", "--full-monitoring", "--id", "t"],
        ),
    ],
)
def test_what_is_no_task_to_launch_is_left_to_the_interpreter(monkeypatch, command, became):
    def execv(program, words):
        raise Became(program, words)

    monkeypatch.setattr(launch.os, "execv", execv)
    monkeypatch.setenv("PYTHONPATH", "/before")
    with pytest.raises(Became) as caught:
        launch.main(command)
    assert caught.value.args == (sys.executable, [sys.executable, *became])
    assert os.environ["PYTHONPATH"] == (str(ROOT) if "--full-monitoring" in command else "/before")


def test_a_console_is_the_file_that_is_written_to(tmp_path):
    program = "import sys; from agents import launch; print(launch._console(), file=sys.stderr)"

    def console(**where):
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, stderr=subprocess.PIPE, text=True, **where
        )
        return done.stderr.strip()

    with (tmp_path / "é").open("w") as file:
        assert console(stdout=file) == str(tmp_path / "é")
    assert console(stdout=subprocess.PIPE) == "None"


@pytest.fixture
def one(launched, task, tmp_path):
    """A launch that has not run yet."""
    return launch.Launch(["-c", "", "execute", "--config-file", str(tmp_path / "agent.cfg"), "--id", task])


@pytest.fixture
def noted(monkeypatch):
    """What would be started: command and variables."""
    started = []
    monkeypatch.setattr(launch.subprocess, "Popen", lambda command, env: started.append((command, env)))
    return started


def test_requirements_that_an_environment_is_made_from_are_written_to_the_task(server, task, one, noted):
    server.call("tasks.set_requirements", task=task, requirements={"pip": "x==1", "conda": "c"})
    again = launch.Launch(one._command)
    again._start(decision.Environment(decision.OWN, "", requirements="six"))
    assert server.task(task)["script"]["requirements"] == {"pip": "six", "conda": "c"}
    again._start(decision.Environment(decision.OWN, ""))
    assert server.task(task)["script"]["requirements"] == {"pip": "six", "conda": "c"}
    assert noted[0][0] == [sys.executable, *one._command]
    assert "CLEARML_AGENT_SKIP_PYTHON_ENV_INSTALL" not in noted[0][1]


def test_clones_of_somebody_else_are_not_cleared(one, noted, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "x").mkdir(parents=True)
    one._settings["agent"]["venvs_dir"] = str(elsewhere)
    one._start(decision.Environment(decision.INSTALLED, ""))
    assert (elsewhere / "x").exists() and (tmp_path / "home" / "clones" / "old").exists()
    one._settings["agent"]["venvs_dir"] = str(tmp_path / "home" / "clones")
    one._start(decision.Environment(decision.INSTALLED, ""))
    assert not (tmp_path / "home" / "clones" / "old").exists()


@pytest.fixture
def fetching(monkeypatch, tmp_path):
    """Says what the agent's own code does when it is to fetch; it notes what it was given."""

    def does(program):
        text = "import pathlib, sys\npathlib.Path(sys.argv[5]).mkdir()\n"
        text += f"pathlib.Path({str(tmp_path / 'asked')!r}).write_text('|'.join(sys.argv[1:]))\n"
        monkeypatch.setattr(repository, "FETCH", text + program)

    return does


def test_what_a_repository_lacks_fails_the_task_without_its_password(server, launched, fetching, tmp_path):
    fetching("print('fatal: reference is not a tree: é')")
    script = {**CODE, "repository": "https://me:secret@h.invalid/x", "branch": "main"}
    task = server.call("tasks.create", name="t", type="training", script=script)["id"]
    server.call("tasks.started", task=task)
    assert launched("raise SystemExit('not to be run')", task=task) == 1
    found = server.task(task)
    why = "The repository https://h.invalid/x could not be fetched: reference is not a tree: é"
    assert (found["status"], found["status_reason"]) == ("failed", why)
    scratch = tmp_path / "home" / "temporary" / task
    settings = str(tmp_path / "agent.cfg")
    asked = [settings, "https://me:secret@h.invalid/x", "1" * 40, "main", str(scratch)]
    assert (tmp_path / "asked").read_text().split("|") == asked and not scratch.exists()


def test_what_was_fetched_is_not_fetched_again_by_the_agent(server, fetching, one, tmp_path, monkeypatch):
    fetching("")
    cached = repository._cached("git://h/x", tmp_path / "home" / "repositories")
    cached.mkdir(parents=True)
    git(cached, "init", "-b", "main")
    git(cached, "commit", "--allow-empty", "-m", "x")
    commit = git(cached, "rev-parse", "HEAD")
    git(cached, "update-ref", "refs/remotes/origin/main", commit)
    for script, asked in (({"version_num": commit}, False), ({"version_num": "", "branch": "main"}, True)):
        (tmp_path / "asked").unlink(missing_ok=True)
        one._overrides = {}
        one._task.fields["script"] = {**CODE, **script, "binary": "python3"}
        assert one._choose().kind == decision.INSTALLED
        assert (tmp_path / "asked").exists() is asked
        assert one._overrides == {"git_fetch_args": ["."]}
    one._overrides = {}
    one._task.fields["script"] = {"entry_point": "a.py", "binary": "python3", "diff": "x"}
    one._choose()
    assert one._overrides == {} and len(one._settings["agent"]) == 3


def test_large_files_that_can_not_be_had_are_noted(one, tmp_path, monkeypatch, capsys):
    folder, commands = tmp_path / "code", tmp_path / "commands"
    for made in (folder, commands):
        made.mkdir()
    git(folder, "init")
    (folder / ".gitattributes").write_text("*.wav filter=lfs\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-m", "x")
    one._task.fields["script"] = {"repository": str(folder), "entry_point": "a.py", "binary": "python3"}
    (commands / "git").symlink_to(launch.shutil.which("git"))
    monkeypatch.setenv("PATH", str(commands))
    one._choose()
    assert "git-lfs is not installed here: they are pointers" in capsys.readouterr().out
    (commands / "git-lfs").write_text("#!/bin/sh\n")
    (commands / "git-lfs").chmod(0o755)
    one._choose()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("worker", ["box:x", ""])
def test_who_has_taken_what_can_not_be_fetched_is_said_to_the_server(server, one, task, monkeypatch, worker):
    monkeypatch.setenv(launch.tracked.WORKER_ID, worker)
    monkeypatch.delenv("CLEARML_CONFIG_FILE", raising=False)
    assert one._hand_back("no é") == launch.INTERRUPTED
    found = server.admin("tasks.get_by_id", task=task)["task"]
    assert found["status"] == "failed" and f"{worker or 'its agent'}, no é" in found["status_reason"]
    monkeypatch.setattr(launch, "UNTIL_KILLED", 60.0)
    began = time.monotonic()
    assert one._hand_back("again") == launch.INTERRUPTED and time.monotonic() - began < 30
    assert server.admin("tasks.get_by_id", task=task)["task"]["status_reason"] == found["status_reason"]


@pytest.mark.parametrize(("how", "waits"), [("failed", True), ("stopped", True), ("completed", False)])
def test_an_end_that_the_daemon_would_write_over_is_waited_for(server, one, task, monkeypatch, how, waits):
    monkeypatch.setattr(launch, "UNTIL_KILLED", 0.5)
    began = time.monotonic()
    assert one._tell(how, "é", 7) == 7
    assert server.task(task)["status"] == how
    assert (time.monotonic() - began >= 0.5) or not waits
    slept = []
    monkeypatch.setattr(launch.time, "sleep", slept.append)
    monkeypatch.setattr(launch.tracked.Tracked, "running", True)
    monkeypatch.setattr(one._task, "end", lambda *_: None)
    one._tell(how, "é", 7)
    assert slept == ([0.5] if waits else [])


def test_an_environment_that_can_not_be_written_down_is_noted_and_the_task_runs(one, monkeypatch, capsys):
    for fault in (requests.ConnectionError("away"), KeyError("task")):

        def refused(*_, fault=fault):
            raise fault

        monkeypatch.setattr(one._task, "note_environment", refused)
        one._note(decision.Environment(decision.INSTALLED, "why"))
        assert "note: the environment could not be written to the task: " in capsys.readouterr().out


def test_an_environment_of_its_own_is_noted_without_the_packages_of_this_one(server, one, task):
    one._note(decision.Environment(decision.OWN, "because"))
    found = server.task(task)
    assert (found["runtime"]["environment"], found["runtime"]["environment_reason"]) == ("own", "because")
    assert not (found["script"].get("requirements") or {}).get("pip")


def test_what_was_asked_for_is_kept_beside_the_packages_of_the_environment(server, one, task):
    for recorded, kept in (({"pip": "a"}, "a"), ({"org_pip": "b", "pip": ""}, "b"), ({}, "")):
        one._task.fields["script"]["requirements"] = recorded
        one._note(decision.Environment(decision.INSTALLED, ""))
        assert server.task(task)["script"]["requirements"]["org_pip"] == kept


def test_ctrl_c_is_the_daemons_and_the_task_is_waited_for(one):
    one._child = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(1)"], start_new_session=True
    )
    asking = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    asking.start()
    assert one._wait() == 0
    asking.join()
    assert not one._asked_to_end


def test_a_launcher_that_is_asked_to_end_before_it_has_started_anything_ends_it_at_once(one, tmp_path):
    one._on_sigterm(15, None)
    one._command = ["-c", "import time; time.sleep(600)", "execute", *one._command[3:]]
    one._start(decision.Environment(decision.INSTALLED, ""))
    assert one._child.wait(20) == -signal.SIGTERM and one._asked_to_end


def test_of_a_task_that_has_ended_nobody_is_asked_to_end(one):
    one._child = subprocess.Popen([sys.executable, "-c", ""])
    one._child.wait()
    one._on_sigterm(15, None)
    assert not one._asked_to_end
    one._pass_on()


@pytest.mark.parametrize(("worker", "told"), [("box:é", "box:é"), ("", "its agent")])
def test_a_task_that_has_lost_its_agent_says_which(server, one, task, monkeypatch, worker, told, capsys):
    monkeypatch.setenv(launch.tracked.WORKER_ID, worker)
    one._agent_gone = True
    assert one._end(0) == launch.INTERRUPTED
    found = server.admin("tasks.get_by_id", task=task)["task"]
    assert (found["status"], found["status_reason"]) == (
        "failed",
        f"worker lost: {told}, {launch.AGENT_GONE}",
    )
    assert one._lost() == launch.INTERRUPTED, "it is told once"

    def away(self):
        raise requests.ConnectionError("nobody there")

    monkeypatch.setattr(launch.tracked.Tracked, "running", property(away))
    assert one._lost() == launch.INTERRUPTED
    assert "note: the server could not be told: nobody there" in capsys.readouterr().out


def test_an_agent_that_is_gone_is_seen_once(one, monkeypatch):
    passed = []
    monkeypatch.setattr(one, "_pass_on", lambda: passed.append(1))
    one._look_for_the_agent()
    assert passed == [] and not one._agent_gone
    one._agent = -1
    one._look_for_the_agent()
    one._look_for_the_agent()
    assert passed == [1] and one._agent_gone and one._asked_to_end


def test_processes_that_are_left_are_named_in_an_order_and_asked_before_they_are_killed(one, task, capsys):
    program = "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(7)); print(flush=True); time.sleep(600)"
    variables = {**os.environ, "CLEARML_TASK_ID": task}
    left = [
        subprocess.Popen([sys.executable, "-c", program], env=variables, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    for process in left:
        process.stdout.readline()
    names = sorted(f"{psutil.Process(process.pid).name()} ({process.pid})" for process in left)
    one._end_what_is_left()
    said = f"note: the task left processes running: {', '.join(names)}; they are ended with it\n"
    assert capsys.readouterr().out == said
    assert not any(psutil.pid_exists(process.pid) for process in left)
    one._end_what_is_left()
    assert capsys.readouterr().out == ""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    process = psutil.Process(gone.pid)
    gone.wait()
    assert launch._name(process) == str(gone.pid)


def test_the_configuration_of_one_task_is_its_agents_with_what_differs(one, task, tmp_path):
    one._overrides = {"git_fetch_args": ["."]}
    file = one._configured()
    written = json.loads(file.read_text())
    assert written["agent"] == {**one._settings["agent"], "git_fetch_args": ["."]}
    assert written["api"] == one._settings["api"] and file.name == f"{task}.cfg"


def test_the_launcher_pings_for_its_task(server, launched, task, tmp_path):
    before = server.task(task)["last_update"]
    time.sleep(0.01)
    launch.Launch(["execute", "--config-file", str(tmp_path / "agent.cfg"), "--id", task])
    assert server.task(task)["last_update"] > before
