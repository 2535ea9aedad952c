"""What keeps an agent running: a supervisor of its own process and session, with programs in the daemon's place."""

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from agents import supervise
from agents.left import processes
from agents.told import tracked
from tests.conftest import ROOT, until

# As `python -m agents.supervise`, in a time that passes so many times faster.
FASTER = """
import sys, time, types
from agents import supervise
monotonic, sleep, fast = time.monotonic, time.sleep, float(sys.argv[2])
supervise.time = types.SimpleNamespace(
    monotonic=lambda: monotonic() * fast, sleep=lambda seconds: sleep(max(seconds / fast, 0.005)))
sys.exit(supervise.main(sys.argv[3:]))
"""
WAITS = """
import sys, time
print("daemon up", flush=True)
try:
    time.sleep(600)
except KeyboardInterrupt:
    print("daemon interrupted", flush=True)
"""
RUNS = """
import os, subprocess, sys, time
task = "import signal, sys, time; signal.signal(15, lambda *_: (print('task asked', flush=True), sys.exit(0)))\\n"
task += "print('task up', flush=True); time.sleep(float(sys.argv[1]))\\nprint('task done', flush=True)"
child = subprocess.Popen([sys.executable, "-c", task, SECONDS], env={**os.environ, "CLEARML_TASK_ID": TASK})
try:
    child.wait()
    time.sleep(600)
except KeyboardInterrupt:
    print("daemon interrupted", flush=True)
"""


def runs(task, seconds):
    """A daemon whose task takes so long."""
    return RUNS.replace("SECONDS", repr(str(seconds))).replace('": TASK', f'": {task!r}')


@pytest.fixture
def variables(server, tmp_path, monkeypatch):
    """What a daemon's environment says of its server and its worker."""
    monkeypatch.delenv("CLEARML_AUTH_TOKEN", raising=False)
    access, secret = server.keys
    keys = {"access_key": access, "secret_key": secret}
    conf = tmp_path / "a.conf"
    conf.write_text(json.dumps({"api": {"api_server": f"{server.url}/api", "credentials": keys}}))
    monkeypatch.setenv("CLEARML_CONFIG_FILE", str(conf))
    monkeypatch.setenv(tracked.WORKER_ID, "box:supervised")
    server.call("workers.register", worker="box:supervised", timeout=600, queues=[])
    yield conf
    server.call("workers.unregister", worker="box:supervised")


@pytest.fixture
def supervised(tmp_path):
    """Starts a supervisor of a Python program; gives it and a function that reads what was said."""
    started = []

    def start(program, *options, fast=1.0, name="clearml_agent"):
        log = tmp_path / "said"
        command = [sys.executable, "-c", FASTER, "agents.supervise", str(fast), *options, "--"]
        with log.open("w") as output:
            one = subprocess.Popen(
                [*command, sys.executable, "-c", program, name],
                cwd=ROOT,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        started.append(one)
        return one, log.read_text

    yield start
    for one in started:
        for process in processes.session(one.pid):
            process.kill()
        one.wait()


def held(server):
    found = server.call("workers.get_runtime_properties", worker="box:supervised")["runtime_properties"]
    return {item["key"]: item["value"] for item in found}


def running(server, queue):
    """A task that an agent has taken from a queue in which another waits."""
    tasks = []
    for _ in range(2):
        made = server.call("tasks.create", name="t", type="training", script={"entry_point": "a.py"})["id"]
        server.enqueue(made, queue)
        tasks.append(made)
    assert server.call("queues.get_next_task", queue=server.queue(queue))["entry"]["task"] == tasks[0]
    server.call("tasks.started", task=tasks[0])
    return tasks


def waiting(server, queue):
    entries = server.call("queues.get_by_id", queue=server.queue(queue))["queue"]["entries"]
    return [one["task"] for one in entries]


@pytest.mark.parametrize(
    ("program", "status"), [("raise SystemExit(3)", 3), ("import os; os.kill(os.getpid(), 9)", 137)]
)
def test_a_daemon_that_can_not_begin_ends_its_supervisor_with_its_status(supervised, program, status):
    one, said = supervised(program)
    assert one.wait(30) == status and "started again" not in said()


def test_a_daemon_that_dies_is_started_again_after_a_pause_that_grows(supervised, tmp_path):
    """The first lives for six seconds; so do the two after it, and the last for longer than a minute."""
    lives = tmp_path / "lives"
    program = (
        f"import os, time; from pathlib import Path; file = Path({str(lives)!r})\n"
        "number = len(file.read_text()) if file.exists() else 0\n"
        "file.write_text('x' * (number + 1)); time.sleep((0.3, 0.3, 3.5, 600)[number])\n"
        "os.kill(os.getpid(), 9) if number else os._exit(7)"
    )
    one, said = supervised(program, fast=20.0)
    until(lambda: lives.exists() and len(lives.read_text()) == 4, 60, said)
    lines = [line.partition("soundyard: ")[2] for line in said().splitlines()]
    ended = "the agent's daemon has ended"
    assert lines == [
        f"{ended} (exit status 7); it is started again in 2 s",
        f"{ended} (killed by SIGKILL); it is started again in 4 s",
        f"{ended} (killed by SIGKILL); it is started again in 1 s",
    ]
    one.send_signal(signal.SIGINT)
    assert one.wait(30) == 0


def test_a_pause_is_a_minute_at_most_and_ends_when_it_is_asked_to(monkeypatch):
    one = supervise.Supervisor([], 0, "", 0)
    waited = []
    statuses = iter([1] * 9 + [None])
    monkeypatch.setattr(supervise.subprocess, "Popen", lambda *_, **__: None)
    monkeypatch.setattr(one, "_watch", lambda child: next(statuses))
    monkeypatch.setattr(one, "_clear", lambda: None)
    monkeypatch.setattr(one, "_sleep", waited.append)
    moments = iter(range(0, 10_000, 10))
    monkeypatch.setattr(supervise.time, "monotonic", lambda: next(moments))
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        assert one.run() == 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert waited == [2, 4, 8, 16, 32, 60, 60, 60, 60]


def test_what_a_dead_daemon_has_left_is_ended_before_the_next_one(supervised, tmp_path):
    pids = tmp_path / "pids"
    program = (
        "import os, subprocess, sys, time\n"
        f"file = {str(pids)!r}\n"
        "if os.path.exists(file): time.sleep(600)\n"
        "left = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "time.sleep(0.5); open(file, 'w').write(str(left.pid)); os._exit(1)"
    )
    one, said = supervised(program, fast=60.0)
    until(pids.exists, 30, said)
    until(lambda: len(processes.session(one.pid)) == 2 and "started again" in said(), 30, said)
    left = int(pids.read_text())
    until(lambda: not psutil.pid_exists(left) or processes._is_zombie(left), 30, "it is ended")


def test_an_interrupt_ends_the_daemon_at_once(supervised):
    one, said = supervised(WAITS, "--drain", "600")
    until(lambda: "daemon up" in said(), 30, said)
    one.send_signal(signal.SIGINT)
    assert one.wait(30) == 0
    assert said().split("\n")[:2] == ["daemon up", "daemon interrupted"] and "drain" not in said()


def test_an_idle_agent_that_is_drained_ends_and_takes_no_task_meanwhile(server, variables, supervised):
    one, said = supervised(WAITS, "--drain", "600")
    until(lambda: "daemon up" in said(), 30, said)
    one.send_signal(signal.SIGTERM)
    assert one.wait(30) == 0
    assert "daemon interrupted" in said() and said().endswith("soundyard: drained\n")
    assert held(server).get("force", "on") == "on" and "draining" not in said()


def test_a_task_may_finish_while_its_agent_is_drained(server, variables, supervised):
    task, _ = running(server, "drained a")
    server.call("tasks.completed", task=task)  # the daemon says so, here before
    one, said = supervised(runs(task, 1.5), "--drain", "60")
    until(lambda: "task up" in said(), 30, said)
    one.send_signal(signal.SIGTERM)
    until(lambda: held(server) == {"force": "off", "held": "it is drained"}, 20, said)
    assert one.wait(30) == 0
    assert "draining: no task is taken any more, the one that runs has 60 s" in said()
    assert "task done" in said() and "task asked" not in said() and server.status(task) == "completed"


@pytest.mark.parametrize(("drain", "signals"), [("0.5", 1), ("600", 2)])
def test_a_task_that_does_not_finish_goes_back_to_the_front_of_its_queue(
    server, variables, supervised, drain, signals
):
    queue = f"drained {drain}"
    task, other = running(server, queue)
    one, said = supervised(runs(task, 600), "--drain", drain)
    until(lambda: "task up" in said(), 30, said)
    for _ in range(signals):
        one.send_signal(signal.SIGTERM)
        time.sleep(0.3)
    assert one.wait(40) == 0, said()
    assert waiting(server, queue) == [task, other]
    assert server.admin("tasks.get_by_id", task=task)["task"]["status_reason"] == supervise.HANDED_BACK
    assert "task asked" in said() and f"task {task} was handed back to the front of its queue" in said()
    assert said().count("draining: ") == 1


@pytest.fixture
def supervisor(variables):
    return supervise.Supervisor([], 0.0, "0", 0.5)


@pytest.mark.parametrize(
    ("end", "queued"), [(None, True), ("stopped", True), ("completed", False), ("failed", False)]
)
def test_what_has_an_end_of_its_own_is_not_handed_back(server, supervisor, capsys, end, queued):
    queue = f"handed {end}"
    task, other = running(server, queue)
    if end:
        server.call(f"tasks.{end}", task=task, force=True)
    supervisor._hand_back(task)
    assert waiting(server, queue) == ([task, other] if queued else [other])
    assert ("handed back" in capsys.readouterr().out) is queued


def test_a_task_of_no_queue_and_a_server_that_is_away_are_no_reason_to_break(
    server, supervisor, variables, capsys, monkeypatch
):
    task = server.call("tasks.create", name="t", type="training")["id"]
    server.call("tasks.started", task=task)
    supervisor._hand_back(task)
    assert server.status(task) == "in_progress" and capsys.readouterr().out == ""
    monkeypatch.setattr(tracked, "RETRIES", 0)
    variables.write_text('{"api": {"api_server": "http://127.0.0.1:9"}}')
    supervisor._hand_back(task)
    assert f"task {task} could not be handed back: " in capsys.readouterr().out
    supervisor._hold(1, "é")
    assert "the server could not be told to hold tasks back: " in capsys.readouterr().out
    supervisor._release()
    assert "the server could not be told to give tasks again: " in capsys.readouterr().out
    monkeypatch.setattr(supervise, "TELLS", 0.4)
    began = time.monotonic()
    supervisor._wait_for_the_end({task})
    assert 0.09 < time.monotonic() - began < 5
    monkeypatch.delenv("CLEARML_CONFIG_FILE")
    supervisor._release()
    assert "could not be told" in capsys.readouterr().out


def test_the_end_of_a_task_is_waited_for_until_the_daemon_has_told_it(server, supervisor, monkeypatch):
    task = server.call("tasks.create", name="t", type="training")["id"]
    server.call("tasks.started", task=task)
    monkeypatch.setattr(supervise, "TELLS", 0.5)
    began = time.monotonic()
    supervisor._wait_for_the_end({task})
    assert time.monotonic() - began > 0.45
    server.call("tasks.completed", task=task)
    monkeypatch.setattr(supervise, "TELLS", 60.0)
    supervisor._wait_for_the_end({task})
    assert time.monotonic() - began < 30


@pytest.fixture
def gpu(tmp_path, monkeypatch):
    """Says how many MiB of 1000 are free of GPU 0."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def free(mebibytes):
        (folder / "nvidia-smi").write_text(
            f"#!/bin/sh\necho x >> {folder}/asked\necho '0, {mebibytes}, 1000'\n"
        )
        (folder / "nvidia-smi").chmod(0o755)

    free.asked = lambda: (folder / "asked").read_text().count("x") if (folder / "asked").exists() else 0
    return free


def test_no_task_is_taken_while_something_else_uses_the_gpu(server, supervisor, gpu, capsys, monkeypatch):
    monkeypatch.setattr(supervise, "LOOK", 0.0)
    gpu(900)
    supervisor._look_at_the_gpu()
    assert capsys.readouterr().out == "" and held(server) == {}
    gpu(100)
    for _ in range(2):
        supervisor._look_at_the_gpu()
    said = capsys.readouterr().out
    assert said.count("no task is taken: of GPU 0, 0.1 of 1.0 GiB are free") == 1
    assert held(server)["force"] == "off" and held(server)["held"].startswith("of GPU 0, 0.1 of")
    gpu(200)
    supervisor._look_at_the_gpu()
    assert capsys.readouterr().out == "" and held(server)["held"].startswith("of GPU 0, 0.2 of")
    gpu(900)
    supervisor._look_at_the_gpu()
    assert "the GPU is free: tasks are taken again" in capsys.readouterr().out
    assert held(server) == {"force": "on", "held": ""}
    supervisor._look_at_the_gpu()
    assert capsys.readouterr().out == ""


def test_what_is_held_is_said_again_before_it_lapses(supervisor, gpu, monkeypatch):
    now = [1000.0]
    told = []
    monkeypatch.setattr(supervise.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(supervisor, "_hold", lambda seconds, why: told.append((now[0], seconds)))
    gpu(0)
    for _ in range(9):
        supervisor._look_at_the_gpu()
        now[0] += 5
    assert told == [(1000, 60), (1040, 60)] and gpu.asked() == 5, "a look every ten seconds"


@pytest.mark.parametrize(("gpus", "free"), [("", 0.5), ("0", 0.0)])
def test_without_a_gpu_or_a_share_nothing_is_looked_at(variables, gpu, gpus, free):
    gpu(0)
    one = supervise.Supervisor([], 0, gpus, free)
    one._look_at_the_gpu()
    assert gpu.asked() == 0 and one._held == ""


def test_a_gpu_that_its_own_task_fills_is_not_looked_at(supervisor, gpu, monkeypatch):
    gpu(0)
    monkeypatch.setattr(supervisor, "_tasks", lambda: ["one"])
    supervisor._look_at_the_gpu()
    assert gpu.asked() == 0


def test_options_and_the_command_behind_them_are_told_apart(monkeypatch):
    made = []

    class Noted(supervise.Supervisor):
        def run(self):
            made.append((self._command, self._drain_seconds, self._gpus, self._free))
            return 7

    monkeypatch.setattr(supervise, "Supervisor", Noted)
    assert supervise.main(["--drain", "5", "--gpus", "0,1", "--free", "0.25", "--", "a", "--", "b"]) == 7
    supervise.main(["--", "a"])
    assert made == [(["a", "--", "b"], 5.0, "0,1", 0.25), (["a"], 0.0, "", 0.0)]


def test_an_end_is_told_by_its_signal_or_status():
    assert supervise._told(-15) == "killed by SIGTERM" and supervise._told(0) == "exit status 0"
