"""One task from the daemon's command to its end, with a program in the agent's place and a real server that is told."""

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time

import psutil
import pytest

from agents import launch
from agents.environments import decision, satisfied
from tests.conftest import ROOT, until


def test_a_task_that_ends_well_is_left_to_its_agent_and_says_what_it_ran_in(server, task, launched, tmp_path):
    server.call("tasks.edit", task=task, runtime={"kept": "1"}, force=True)
    server.call("tasks.set_requirements", task=task, requirements={"pip": "numpy", "org_pip": "x"})
    assert launched("") == 0
    found = server.task(task)
    assert found["status"] == "in_progress"
    assert found["runtime"]["kept"] == "1" and found["runtime"]["environment"] == decision.INSTALLED
    assert found["runtime"]["environment_reason"].startswith("It satisfies the 1 recorded requirements")
    recorded = found["script"]["requirements"]
    assert recorded["org_pip"] == "numpy" and recorded["pip"].startswith(f"{satisfied.REUSED}\n")
    assert not (tmp_path / "home" / "clones" / "old").exists()


@pytest.mark.parametrize(
    ("program", "status", "why"),
    [
        ("raise SystemExit(3)", 3, "exit status 3: gave up"),
        ("import os; os.kill(os.getpid(), 9)", 137, "killed (SIGKILL), perhaps out of memory"),
    ],
)
def test_an_end_in_an_error_is_told_in_words(server, task, launched, capsys, program, status, why):
    assert launched(program, "Starting Task Execution:\ngave up\n") == status
    found = server.task(task)
    assert (found["status"], found["status_reason"], found["status_message"]) == ("failed", why, why)
    assert f"error: {why}" in capsys.readouterr().out


def test_a_task_that_can_not_run_here_fails_before_anything_is_started(server, task, launched, tmp_path):
    item = {"section": "properties", "name": "environment", "value": "mine"}
    server.call("tasks.edit_hyper_params", task=task, hyperparams=[item], force=True)
    assert launched(f"open({str(tmp_path / 'ran')!r}, 'w')") == 1
    found = server.task(task)
    assert found["status"] == "failed" and "it can be auto, installed or own" in found["status_reason"]
    assert not (tmp_path / "ran").exists()


def test_what_goes_wrong_before_the_start_is_told_too(server, task, launched, monkeypatch):
    monkeypatch.setattr(launch.decision, "decide", lambda *_: 1 / 0)
    assert launched("") == 1
    reason = server.task(task)["status_reason"]
    assert reason == "the task could not be started: ZeroDivisionError: division by zero"


def test_an_end_that_was_told_already_is_not_told_anew(server, task, launched):
    server.call("tasks.stopped", task=task, status_reason="a person", force=True)
    assert launched("raise SystemExit(3)") == 3
    assert server.task(task)["status_reason"] == "a person"


def test_a_launcher_that_is_asked_to_end_passes_it_on_and_marks_the_task_stopped(
    server, task, launched, tmp_path
):
    ready = tmp_path / "ready"

    def ask():
        until(ready.exists, 30, "the program runs")
        os.kill(os.getpid(), signal.SIGTERM)

    asking = threading.Thread(target=ask)
    asking.start()
    assert launched(f"open({str(ready)!r}, 'w'); import time; time.sleep(60)") == launch.INTERRUPTED
    asking.join()
    found = server.task(task)
    assert (found["status"], found["status_reason"]) == ("stopped", launch.AGENT_STOPPED)


def test_a_task_that_has_ended_by_itself_is_not_stopped_by_an_agent_that_is_asked_to_end_then(
    server, task, launched, monkeypatch
):
    look = launch.ending.tail

    def asked_meanwhile(console):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.1)
        return look(console)

    monkeypatch.setattr(launch.ending, "tail", asked_meanwhile)
    assert launched("raise SystemExit(3)") == 3
    assert (found := server.task(task))["status"] == "failed" and found["status_reason"] == "exit status 3"


def test_a_launcher_without_its_agent_ends_the_task(server, task, launched, monkeypatch):
    parents = iter([1, *[2] * 1000])
    monkeypatch.setattr(launch.os, "getppid", lambda: next(parents))
    assert launched("import time; time.sleep(60)") == launch.INTERRUPTED
    found = server.admin("tasks.get_by_id", task=task)["task"]  # whose login has not run it
    assert found["status_reason"].endswith(launch.AGENT_GONE)
    assert found["status"] == "failed"  # it came from no queue


def test_processes_that_a_task_leaves_are_ended_with_it_and_named(server, task, launched, tmp_path, capsys):
    program = (
        "import os, subprocess, sys; env = {**os.environ, 'CLEARML_TASK_ID': sys.argv[-1]};"
        "one = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], env=env);"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(one.pid))"
    )
    assert launched(program) == 0
    pid = int((tmp_path / "pid").read_text())
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    assert f"({pid}); they are ended with it" in capsys.readouterr().out


def test_a_thread_that_broke_is_told_of_a_task_that_went_on(server, task, launched):
    said = "Starting Task Execution:\nException in thread T-1 (f):\nTraceback (most recent call last):\nValueError: x\n"
    assert launched("", said) == 0
    found = server.task(task)
    assert found["status"] == "completed"
    assert found["status_reason"] == "exit status 0, but ValueError: x (in thread T-1 (f), which ended)"


def test_a_lock_file_below_the_root_gets_a_configuration_of_the_tasks_own(
    launched, task, tmp_path, monkeypatch
):
    conf = tmp_path / "agent.cfg"
    started = []
    monkeypatch.setattr(launch.subprocess, "Popen", lambda command, env: started.append(command))
    one = launch.Launch(["-c", "", "execute", "--config-file", str(conf), "--id", task])
    one._start(decision.Environment(decision.OWN, "", manager="uv", folder="sub"))
    file = tmp_path / "home" / "temporary" / f"{task}.cfg"
    assert str(file) in started[0] and str(conf) not in started[0]
    manager = json.loads(file.read_text())["agent"]["package_manager"]
    assert manager == {
        "type": "pip",
        "uv_files_from_repo_working_dir": True,
        "poetry_files_from_repo_working_dir": True,
    }
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and file.parent == tmp_path / "home" / "temporary"
    monkeypatch.undo()
    assert launched("") == 0 and not file.exists()


@pytest.fixture
def agent(server, tmp_path, monkeypatch):
    """A supervised agent, as its tasks see it: its worker's id."""
    worker = "box:fetching"
    server.call("workers.register", worker=worker, timeout=600, queues=[server.queue("fetching")])
    monkeypatch.setenv(launch.tracked.WORKER_ID, worker)
    monkeypatch.setenv("CLEARML_CONFIG_FILE", str(tmp_path / "a é.conf"))
    yield worker
    server.call("workers.unregister", worker=worker)


def held(server, worker):
    (found,) = server.call("workers.get_all", worker_pattern=worker)["workers"]
    return found.get("held")


def test_code_that_can_not_be_fetched_goes_back_to_its_queue_and_holds_the_agent(
    server, launched, tmp_path, agent, monkeypatch
):
    elsewhere = "git://me:secret@localhost:1/x é"
    script = {"repository": elsewhere, "entry_point": "a.py", "version_num": "1" * 40}
    task = server.call("tasks.create", name="unfetched", type="training", script=script)["id"]
    monkeypatch.setattr(launch.repository, "FETCH", "print('fatal: unable to connect to localhost')")
    why = "The repository git://localhost:1/x é could not be fetched: unable to connect to localhost"
    for number, pause in ((1, 30), (2, 60), (3, 120)):
        server.enqueue(task, "fetching") if number == 1 else None
        assert server.call("queues.get_next_task", queue=server.queue("fetching"))["entry"]["task"] == task
        server.call("tasks.started", task=task)
        assert launched("raise SystemExit('not to be run')", task=task) == launch.INTERRUPTED
        found = server.admin("tasks.get_by_id", task=task)["task"]  # whose login has not run it
        back = f"back at the front of its queue, retry {number} of 3"
        assert (found["status"], found["status_reason"]) == ("queued", f"handed back: {agent}, {why}; {back}")
        assert held(server, agent) == why
        assert (tmp_path / "a é.log").read_text().endswith(f"no task is taken for {pause} s: {why}\n")
    server.admin("tasks.dequeue", task=task)
    monkeypatch.setenv(launch.tracked.WORKER_ID, f"{agent}:service:{task}")  # a service, whose agent is held
    assert launch.tracked.worker() == agent
    assert launched("") == 0 and not (tmp_path / "a é.unfetched").exists()


def test_an_address_is_shown_without_its_password():
    assert launch._public({"repository": "https://me:secret@host/x.git"}) == "https://host/x.git"
    assert launch._public({}) == ""


def test_the_launcher_is_a_program_whatever_the_folder_is_called(tmp_path):
    folder = tmp_path / "it's é %"
    folder.mkdir()
    file = launch.launcher(folder)
    done = subprocess.run(
        [file, "-c", "import agents; print(agents.__file__)"], cwd="/", capture_output=True, text=True
    )
    assert done.stdout.strip() == str(ROOT / "agents" / "__init__.py"), done.stderr
    assert launch._quoted("it's") == "'it'\\''s'" and sys.executable in file.read_text()


def test_a_server_that_is_away_in_the_end_is_said_and_the_status_kept(launched, task, monkeypatch, capsys):
    import requests

    def away(self):
        raise requests.ConnectionError("nobody there")

    monkeypatch.setattr(launch.tracked.Tracked, "running", property(away))
    started = time.monotonic()
    assert launched("raise SystemExit(4)") == 4
    assert "note: the server could not be told: nobody there" in capsys.readouterr().out
    assert time.monotonic() >= started
