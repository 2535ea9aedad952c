"""A whole session of real processes: supervisor, agent, launcher, task; who is told what, and in which order."""

import json
import os
import subprocess
import sys
import time

import psutil
import pytest

from agents import list as listing
from agents import stop
from agents.left import orphans, processes
from tests.conftest import until

# Says its name when it is up and when it gets a signal; `BELOW` names what is started below it, one below the other.
ONE = """
import os, signal, subprocess, sys, time
say = lambda text: os.write(1, (text + '\\n').encode())
name, rest = sys.argv[1], os.environ['BELOW'].split()
def told(number, frame):
    say(name + ' ' + signal.Signals(number).name)
    os._exit(0)
for one in ('SIGINT', 'SIGTERM'):
    signal.signal(signal.Signals[one], told)
if rest:
    below = {**os.environ, 'BELOW': ' '.join(rest[1:])}
    subprocess.Popen([sys.executable, '-c', open(os.environ['ONE']).read(), rest[0]], env=below)
say(name + ' up')
time.sleep(600)
"""


@pytest.fixture
def session(tmp_path, monkeypatch):
    """Starts names below each other, the first as the leader; gives it and the file they write to."""
    (tmp_path / "one.py").write_text(ONE)
    started = []

    def start(name, *below, **variables):
        log = tmp_path / f"said-{len(started)}"
        with log.open("w") as output:
            one = subprocess.Popen(
                [sys.executable, "-c", ONE, name],
                stdout=output,
                env={**os.environ, "ONE": str(tmp_path / "one.py"), "BELOW": " ".join(below), **variables},
                start_new_session=True,
            )
        started.append(one)
        until(lambda: log.read_text().count(" up") == 1 + len(below), 20, "all are up")
        return one, log

    yield start
    for one in started:
        for process in processes.session(one.pid):
            process.kill()
        one.wait()


def said(log):
    return [line for line in log.read_text().splitlines() if not line.endswith(" up")]


def test_a_supervisor_is_asked_and_ends_what_is_below_it_by_itself(session):
    """Here it ends without that, and whoever is left is ended as if there were none."""
    leader, log = session("agents.supervise", "clearml_agent", "task")
    processes.end_session(leader.pid, patience=2)
    assert said(log) == ["agents.supervise SIGINT", "task SIGTERM", "clearml_agent SIGINT"]
    assert processes.session(leader.pid) == []


def test_what_is_below_a_supervisor_is_ended_and_the_supervisor_stays(session):
    leader, log = session("agents.supervise", "clearml_agent", "agents.launch", "clearml_agent")
    processes.end_below(leader.pid, patience=2)
    assert [one.pid for one in processes.session(leader.pid)] == [leader.pid] and leader.poll() is None
    assert said(log)[0] == "agents.launch SIGTERM", "a launcher passes on that it has to end"


def test_tasks_are_children_of_agents_and_launchers(session):
    leader, _ = session("agents.supervise", "clearml_agent", "task", "inner")
    found = {process.pid: process.cmdline()[3] for process in processes.session(leader.pid)}
    assert sorted(found.values()) == ["agents.supervise", "clearml_agent", "inner", "task"]
    assert [found[one.pid] for one in processes.tasks(leader.pid)] == ["task"]
    assert [found[one.pid] for one in processes._agents(leader.pid)] == ["clearml_agent"]
    assert [found[one.pid] for one in processes._supervisors(leader.pid)] == ["agents.supervise"]
    alone, _ = session("agents.launch")
    assert [one.pid for one in processes.tasks(alone.pid)] == [alone.pid], "its agent may be gone"


def test_deaf_processes_are_killed_when_their_time_is_up(tmp_path, monkeypatch):
    deaf = (
        "import signal, time\nfor n in (2, 15): signal.signal(n, signal.SIG_IGN)\nprint('up', flush=True)\n"
    )
    one = subprocess.Popen(
        [sys.executable, "-c", deaf + "time.sleep(600)", "agents.supervise"],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert one.stdout.readline() == b"up\n"
    monkeypatch.setattr(processes, "KILLED_SECONDS", 0.1)
    began = time.monotonic()
    processes.end_session(one.pid, patience=0.1)
    assert processes.session(one.pid) == [] and time.monotonic() - began < 20
    assert not processes._wait_while(lambda: [one], 0.1) and processes._wait_while(list, 0.1)


def test_the_time_to_be_polite_is_the_usual_one_unless_it_is_said(session, monkeypatch):
    asked = []
    monkeypatch.setattr(processes, "_wait_while", lambda anybody, seconds: asked.append(seconds) or True)
    leader, _ = session("other")
    processes.end_below(leader.pid)
    assert asked == [10.0, 5.0]
    asked.clear()
    other, _ = session("other")
    processes.end_session(other.pid)
    assert asked == [26.0, 10.0, 5.0]
    asked.clear()
    monkeypatch.setattr(processes, "_wait_while", lambda anybody, seconds: asked.append(seconds))
    processes.end_below(other.pid, patience=4.0)
    assert asked == [4.0, 2.0, 2.0], "one that does not listen to SIGINT gets SIGTERM, and as long again"
    asked.clear()
    processes.end_session(other.pid, patience=0.0)
    assert asked == [6.0, 0.0, 0.0, 0.0]


def test_a_task_is_known_by_the_environment_of_its_processes(session):
    of_a, _ = session("one", CLEARML_TASK_ID="task-a-of-this-test")
    other, _ = session("one", CLEARML_TASK_ID="task-b-of-this-test")
    assert [one.pid for one in processes.of_task("task-a-of-this-test")] == [of_a.pid]
    assert processes.task_of(psutil.Process(other.pid)) == "task-b-of-this-test"
    (none, _) = session("one", CLEARML_TASK_ID="")
    assert processes.task_of(psutil.Process(none.pid)) == ""


def test_our_own_processes_and_those_we_come_from_are_left_out():
    program = "from agents.left import processes; print([one.pid for one in processes.of_task('mine-alone')])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "CLEARML_TASK_ID": "mine-alone"},
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_ending_asks_first_and_kills_who_has_not_ended_then(session):
    leader, log = session("one")
    processes.end_all([psutil.Process(leader.pid)], patience=5)
    assert said(log) == ["one SIGTERM"] and leader.wait(5) == 0


def test_a_record_says_all_of_an_agent_and_is_read_in_the_order_of_names(session, tmp_path):
    leader, _ = session("clearml_agent")
    for name in ("b", "a", "c", *"zyxwvutsrq"):
        processes.record(tmp_path, name, leader.pid, tmp_path / "é.log", "audio (cpu)")
    record = json.loads((tmp_path / "a.json").read_text())
    assert record == {
        "name": "a",
        "pid": leader.pid,
        "began": psutil.Process(leader.pid).create_time(),
        "log": str(tmp_path / "é.log"),
        "about": "audio (cpu)",
        "machine": os.uname().nodename,
    }
    (tmp_path / "d.json").write_text('{"name": "d", "more": 1}')
    assert [one.name for one in processes.running(tmp_path)] == sorted("abcqrstuvwxyz")
    older = {key: value for key, value in record.items() if key != "machine"}
    (tmp_path / "a.json").write_text(json.dumps(older))
    assert processes.running(tmp_path)[0].alive, "a record of before machines had names"


@pytest.mark.parametrize(("off", "alive"), [(0.9, True), (-0.9, True), (1.1, False), (-1.1, False)])
def test_a_process_that_began_at_another_time_is_another(session, tmp_path, off, alive):
    leader, _ = session("clearml_agent")
    one = processes.record(tmp_path, "a", leader.pid, tmp_path / "log", "")
    other = processes.Agent("a", one.pid, one.began + off, one.log, one.about, one.machine)
    assert other.alive is alive
    assert not processes.Agent("a", one.pid, one.began, "", "", "elsewhere").alive
    assert not processes.Agent("a", 2**22 + 5, one.began, "", "").alive


def test_a_zombie_is_gone_and_its_record_is_removed(tmp_path):
    one = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    agent = processes.record(tmp_path, "a", one.pid, tmp_path / "log", "")
    (tmp_path / "a.conf").touch()
    assert not agent.is_over
    one.kill()
    until(lambda: processes._is_zombie(one.pid), 10, "it is a zombie")
    assert not agent.alive and agent.is_over and processes.session(one.pid) == []
    elsewhere = processes.Agent("b", one.pid, agent.began, "", "", "elsewhere")
    assert not elsewhere.is_over, "nothing can be said of another machine"
    (tmp_path / "b.json").write_text(json.dumps(elsewhere.__dict__))
    assert processes.running(tmp_path) == [] and [one.name for one in tmp_path.iterdir()] == ["b.json"]
    one.wait()


@pytest.fixture
def killed(session, tmp_path, monkeypatch):
    """An agent of this checkout that was killed and has left two processes of tasks running."""
    monkeypatch.setenv("SOUNDYARD_STATE", str(tmp_path))
    monkeypatch.setattr(processes, "POLITE_SECONDS", 1.0)
    (tmp_path / "agents").mkdir()
    leader, log = session("clearml_agent", "task", "more", CLEARML_TASK_ID="")
    processes.record(tmp_path / "agents", "é", leader.pid, log, "audio (cpu)")
    leader.kill()
    leader.wait()
    return tmp_path / "agents"


def test_what_a_killed_agent_has_left_is_listed_and_stopped_by_its_name(killed, capsys):
    assert listing.main([]) == 0
    out = capsys.readouterr().out
    assert "no agent runs here" in out and "was killed and has left 2 processes running" in out
    assert stop.main(["other"]) == 1 and len(processes.killed(killed)) == 1
    assert capsys.readouterr().err == "error: no agent named other runs here\n"
    assert stop.main(["é"]) == 0
    assert capsys.readouterr().out == "agent é ended\n" and processes.killed(killed) == []


def test_the_next_agent_ends_what_a_killed_one_has_left(killed):
    assert orphans.end(killed) == ["agent é was killed and had left 2 processes running: ended"]
    assert processes.killed(killed) == [] and list(killed.glob("*.json")) == []


def test_tasks_that_a_killed_agent_has_left_are_told_in_an_order_each_once(session, tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "POLITE_SECONDS", 1.0)
    starts = (
        "import os, subprocess, sys, time\n"
        "for task in ('task-c', 'task-a', 'task-d', 'task-b', 'task-a'):\n"
        "    subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'],"
        " env={**os.environ, 'CLEARML_TASK_ID': task})\n"
        "print('up', flush=True); time.sleep(600)"
    )
    leader = subprocess.Popen(
        [sys.executable, "-c", starts, "clearml_agent"], stdout=subprocess.PIPE, start_new_session=True
    )
    assert leader.stdout.readline() == b"up\n"
    processes.record(tmp_path, "x", leader.pid, tmp_path / "log", "")
    leader.kill()
    leader.wait()
    told = orphans.end(tmp_path)
    assert told[0] == "agent x was killed and had left task task-a, task-b, task-c, task-d running: ended"
    assert [line.split()[8] for line in told[1:]] == ["task-a:", "task-b:", "task-c:", "task-d:"]
