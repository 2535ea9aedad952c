"""Agents as processes, with processes that stand in for them: real ones, ended by real signals."""

import dataclasses
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import psutil
import pytest

from agents.left import orphans, processes

# Named clearml_agent on its command line, as the daemon is; tells of an interrupt; its task tells of SIGTERM and stays.
AGENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c",
    "import signal, time; signal.signal(signal.SIGTERM, lambda *_: print('asked', flush=True));"
    "print('up', flush=True); time.sleep(600)"])
try:
    print("ready", flush=True)
    time.sleep(600)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.fixture
def leader(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "POLITE_SECONDS", 4.0)  # enough for a busy machine, too
    log = (tmp_path / "log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-c", AGENT, "clearml_agent"], stdout=log, start_new_session=True
    )
    while (tmp_path / "log").read_text().split() not in (["ready", "up"], ["up", "ready"]):
        time.sleep(0.05)
    yield process
    with suppress(ProcessLookupError):  # the test has ended all of it
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_an_agent_is_interrupted_and_everything_it_started_is_ended(leader, tmp_path):
    agent = processes.record(tmp_path, "a", leader.pid, tmp_path / "log", "audio (cpu)")
    children = psutil.Process(leader.pid).children(recursive=True)
    assert [one.name for one in processes.running(tmp_path)] == ["a"]
    processes.end(agent, tmp_path)
    said = (tmp_path / "log").read_text().split()
    assert said[2:] == ["asked", "interrupted"]
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)
    assert processes.running(tmp_path) == []
    assert not (tmp_path / "a.json").exists()


def test_orphans_of_a_killed_agent_are_found_by_their_session(leader, tmp_path):
    children = psutil.Process(leader.pid).children(recursive=True)
    leader.kill()
    leader.wait()
    processes.end_session(leader.pid, patience=1)
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)


def test_a_process_id_that_belongs_to_somebody_else_by_now_is_not_ours(leader, tmp_path):
    agent = processes.record(tmp_path, "a", leader.pid, tmp_path / "log", "audio (cpu)")
    older = processes.Agent(agent.name, agent.pid, agent.began - 100, agent.log, agent.about)
    assert agent.alive
    assert not older.alive


def test_a_damaged_record_is_passed_over(tmp_path):
    (tmp_path / "a.json").write_text("{")
    assert processes.running(tmp_path) == []


def test_what_a_killed_agent_left_is_told_and_ended_and_then_forgotten(leader, tmp_path):
    agent = processes.record(tmp_path, "a", leader.pid, tmp_path / "log", "audio (cpu)")
    children = psutil.Process(leader.pid).children(recursive=True)
    assert processes.killed(tmp_path) == []
    leader.kill()
    leader.wait()
    assert processes.running(tmp_path) == [] and processes.killed(tmp_path) == [agent]
    assert [one.pid for one in agent.left] == [one.pid for one in children]
    processes.end(agent, tmp_path)
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)
    assert processes.killed(tmp_path) == [] and not (tmp_path / "a.json").exists()


@pytest.mark.parametrize("conf", [None, '{"api": {"api_se', "[]"])
def test_a_killed_agent_is_cleaned_up_whatever_is_left_of_its_settings(leader, tmp_path, monkeypatch, conf):
    agent = processes.record(tmp_path, "a", leader.pid, tmp_path / "log", "audio (cpu)")
    children = psutil.Process(leader.pid).children(recursive=True)
    leader.kill()
    leader.wait()
    monkeypatch.setattr(
        processes, "task_of", lambda process: "0123"
    )  # as the environment of a task's process says
    if conf is not None:
        (tmp_path / "a.conf").write_text(conf)
    told = orphans.end(tmp_path)
    assert told[0] == "agent a was killed and had left task 0123 running: ended"
    assert "the server could not be told about task 0123" in told[1]
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)
    assert processes.killed(tmp_path) == [] and list(tmp_path.glob("a.*")) == [], agent


@pytest.mark.parametrize("other", [{"machine": "elsewhere"}, {"began": 1.0}])
def test_a_number_that_means_another_process_here_ends_nothing(leader, tmp_path, other):
    agent = processes.record(tmp_path, "a", leader.pid, tmp_path / "log", "audio (cpu)")
    leader.kill()
    leader.wait()
    foreign = dataclasses.replace(agent, **other)  # of another machine, or from before this one was started
    assert foreign.left == [] and not foreign.alive
    assert foreign.is_over == (foreign.machine != "elsewhere")
    processes.end_session(leader.pid, patience=1)


def test_processes_that_are_gone_already_are_no_error_and_deaf_ones_are_killed():
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
    started = [subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE) for _ in range(2)]
    which = [psutil.Process(one.pid) for one in started]
    assert [one.stdout.readline() for one in started] == [b"up\n"] * 2
    started[0].kill()
    started[0].wait()
    processes.end_all(which, patience=0.2)
    assert not any(psutil.pid_exists(one.pid) and processes._is_zombie(one.pid) is False for one in which)
    assert processes.task_of(which[0]) == "" and processes._command(which[0]) == []
    assert processes._parent(which[0]) == 0
    started[1].wait()


@pytest.mark.parametrize(
    ("tasks", "count", "told"),
    [([], 1, "1 process"), ([], 2, "2 processes"), (["a"], 3, "task a"), (["a", "b"], 2, "task a, b")],
)
def test_what_a_killed_agent_had_left_is_counted_or_named(tasks, count, told):
    agent = processes.Agent("x", 1, 0.0, "", "")
    assert orphans._said(agent, tasks, count) == f"agent x was killed and had left {told} running: ended"


@pytest.mark.parametrize(
    ("ignored", "status"), [("", b"SIGINT"), ("SIGINT", b"SIGTERM"), ("SIGINT SIGTERM", b"")]
)
def test_an_agent_that_does_not_listen_is_asked_in_another_way_and_then_killed(ignored, status):
    program = (
        "import os, signal, time\n"
        "def told(number, frame): print(signal.Signals(number).name, flush=True); os._exit(0)\n"
        "for name in ('SIGINT', 'SIGTERM'):\n"
        f"    signal.signal(signal.Signals[name], signal.SIG_IGN if name in {ignored!r} else told)\n"
        "print('up', flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-c", program, "clearml_agent"]
    one = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
    assert one.stdout.readline() == b"up\n"
    processes.end_session(one.pid, patience=1.0)
    assert one.stdout.read().strip() == status
    one.wait()
