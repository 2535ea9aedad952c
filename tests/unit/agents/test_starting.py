"""What `start` hands on, waits for and undoes; how agents are followed; how a daemon ends with its supervisor."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from agents import devices, follow, launch, naming, several, start, unmodified
from agents import list as listing
from agents.environments import decision, environment
from agents.left import processes
from agents.told import tracked
from audio import interruption
from tasks.errors import NotConfigured, SoundyardError, Unreachable, WrongCredentials
from tests.conftest import ROOT, until


@pytest.fixture(autouse=True)
def as_before(monkeypatch):
    """Handlers of this process, and whether it was interrupted, are put back."""
    monkeypatch.setattr(interruption._State, "said", False)
    monkeypatch.setattr(interruption._State, "ended", False)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def agents(home):
    """Starts processes that stand in for agents, on record, with a log each."""
    started = []

    def begin(name, program="import time; time.sleep(600)"):
        log = home / f"{name}.log"
        with log.open("a") as output:
            one = subprocess.Popen([sys.executable, "-c", program], stdout=output, start_new_session=True)
        started.append(one)
        threading.Thread(target=one.wait, daemon=True).start()
        return processes.record(home, name, one.pid, log, "audio (cpu)")

    yield begin
    for one in started:
        if one.poll() is None:
            one.kill()


@pytest.mark.parametrize(("gpus", "given"), [(None, []), ("0,1", ["--gpus", "0,1"])])
def test_a_supervisor_is_told_its_gpus_drain_and_share(gpus, given):
    command = start._supervised(gpus, 60.0, 0.5)
    assert command == [
        *(sys.executable, "-m", "agents.supervise", "--drain", "60", "--free", "0.5"),
        *(*given, "--"),
    ]


def test_a_daemon_is_told_to_work_for_its_queues_alone(monkeypatch):
    monkeypatch.setattr(start.pythons, "installed", lambda: ["3.9"])
    words = [*("daemon", "--foreground", "--create-queue", "--queue", "a"), "--gpus", "0"]
    assert start._command(["a"], "0", False, decision.OWN)[4:] == [*words, "--child-report-tags", "python3.9"]
    assert launch.DAEMON == "agents.unmodified"


@pytest.fixture
def begun(home, monkeypatch):
    """`start.start` up to the process, of which command, variables, folder and log are noted."""
    noted = SimpleNamespace(workers=[], call=[])

    def run(command, variables, folder, log):
        noted.command, noted.variables, noted.folder, noted.log = command, variables, folder, log
        program = f"print({start.LISTENS!r}, flush=True); import time; time.sleep(600)"
        with log.open("ab") as output:
            noted.process = subprocess.Popen(
                [sys.executable, "-c", program], stdout=output, start_new_session=True
            )
        return noted.process

    server = SimpleNamespace()
    monkeypatch.setattr(start.connection, "use", lambda: server)
    monkeypatch.setattr(
        start.connection, "call", lambda *one, **_: noted.call.append(one[1:]) or {"workers": noted.workers}
    )
    monkeypatch.setattr(environment, "prepare", lambda one, name, kind: {"NAME": name, "KIND": kind})
    monkeypatch.setattr(start, "_run", run)
    monkeypatch.setattr(start.pythons, "installed", lambda: ["3.9"])
    monkeypatch.setattr(processes, "POLITE_SECONDS", 0.5)
    yield noted
    for one in processes.running(home):
        processes.end(one, home)


def test_an_agent_gets_its_names_folder_log_and_what_it_is_for(begun, home):
    agent = start.start(["a", "b"], gpus=None, kind="own", drain=7.0, free=0.25)
    worker = naming.worker_id("a-b-cpu", home)
    assert begun.variables == {
        "NAME": "a-b-cpu",
        "KIND": "own",
        "PYTHONPATH": str(ROOT),
        tracked.WORKER_ID: worker,
        unmodified.LOG: str(home / "a-b-cpu.log"),
    }
    assert (begun.folder, begun.log) == (home, home / "a-b-cpu.log") and begun.call == [("workers.get_all",)]
    assert begun.command[:8] == [*start._supervised(None, 7.0, 0.25)]
    assert begun.command[8:] == start._command(["a", "b"], None, False, "own")
    assert (agent.name, agent.about, agent.pid) == ("a-b-cpu", "a, b (cpu)", begun.process.pid)
    begun.process.kill()
    until(lambda: begun.process.poll() is not None or not agent.alive, 10, "no zombie is left")


@pytest.mark.parametrize(
    ("gpus", "services", "name", "about"),
    [
        ("0,1", False, "a-gpu0-1", "a (gpu0-1)"),
        ("", False, "a-gpu0", "a (gpu0)"),
        ("", True, "a-services", "a (cpu)"),
    ],
)
def test_an_agent_is_called_by_its_device(begun, monkeypatch, gpus, services, name, about):
    monkeypatch.setattr(devices, "present", lambda: {"0": "A", "1": "B"})
    agent = start.start(["a"], gpus=gpus, services=services)
    assert (agent.name, agent.about) == (name, about)
    assert ("--services-mode" in begun.command) is services


def test_a_name_that_the_server_knows_from_elsewhere_is_refused_unless_its_log_is_here(
    begun, home, monkeypatch
):
    from datetime import datetime, timezone

    now = datetime.now(timezone.utc).isoformat()
    begun.workers = [{"id": naming.worker_id("x", home), "last_activity_time": now}]
    with pytest.raises(naming.NameTaken):
        start.start(["a"], gpus=None, name="x")
    (home / "x.log").write_text("")
    assert start.start(["a"], gpus=None, name="x").name == "x"


def test_what_killed_agents_have_left_is_said_first(begun, monkeypatch, capsys):
    monkeypatch.setattr(start.orphans, "end", lambda folder: ["agent x was killed", "  why"])
    start.start(["a"], gpus=None)
    assert capsys.readouterr().err == "agent x was killed\n  why\n"


def test_an_interrupt_while_an_agent_starts_ends_it_and_those_before_it(home, agents, monkeypatch, capsys):
    monkeypatch.setattr(processes, "POLITE_SECONDS", 0.5)
    for fault, status, said in (
        (KeyboardInterrupt(), interruption.STATUS, "interrupted\n"),
        (naming.NameTaken("it is taken"), 1, "error: it is taken\n"),
    ):
        made = []

        def begin(queues, fault=fault, made=made, **_):
            if made:
                raise fault
            made.append(agents("one"))
            return made[0]

        monkeypatch.setattr(start, "start", begin)
        assert start.main(["--cpu-only", "--workers", "2", "--detached"]) == status
        assert not made[0].alive and capsys.readouterr().err == said


def test_a_daemon_that_was_ended_while_it_started_leaves_no_record(begun, home, monkeypatch):
    def interrupted(process, log):
        raise KeyboardInterrupt

    monkeypatch.setattr(start, "_wait_until_it_listens", interrupted)
    with pytest.raises(KeyboardInterrupt):
        start.start(["a"], gpus=None)
    assert list(home.glob("*.json")) == []


def test_an_ignored_interrupt_is_not_inherited(home):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    program = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    start._run([sys.executable, "-c", program], dict(os.environ), home, home / "a.log").wait()
    assert (home / "a.log").read_text() == "True\n"


def test_a_daemons_errors_are_in_its_log(home):
    program = "import sys; sys.stderr.write('é wrong')"
    start._run(
        [sys.executable, "-c", program], {**os.environ, "PYTHONUTF8": "1"}, home, home / "a.log"
    ).wait()
    assert (home / "a.log").read_text() == "é wrong" and not (home / "a.log.1").exists()


@pytest.mark.parametrize("fault", [NotConfigured("no configuration."), Unreachable("nobody there.")])
def test_a_server_is_waited_for_with_its_reason_said_once(monkeypatch, capsys, fault):
    faults = [fault, fault]

    def use():
        if faults:
            raise faults.pop()

    monkeypatch.setattr(start.connection, "use", use)
    start.wait_for_the_server(30)
    assert capsys.readouterr().err == f"waiting up to 30 s: {fault}\n" and faults == []
    faults += [fault] * 99
    with pytest.raises(type(fault), match=r"Waited for 0 s\.$"):
        start.wait_for_the_server(0)
    assert len(faults) == 98

    def wrong():
        raise WrongCredentials("keys")

    monkeypatch.setattr(start.connection, "use", wrong)
    with pytest.raises(WrongCredentials):
        start.wait_for_the_server(30)


@pytest.mark.parametrize(("given", "seconds"), [([], None), (["--wait"], 300.0), (["--wait", "2"], 2.0)])
def test_a_server_is_waited_for_when_that_is_asked(home, monkeypatch, given, seconds):
    waited = []

    def refused(*_, **__):
        raise SoundyardError("enough")

    monkeypatch.setattr(start, "wait_for_the_server", waited.append)
    monkeypatch.setattr(start, "start", refused)
    assert start.main([*given, "--cpu-only"]) == 1
    assert waited == ([] if seconds is None else [seconds])


@pytest.mark.parametrize(
    "wrong",
    [["--gpus", "0", "--cpu-only"], ["--all", "--cpu-only"], ["--environment", "x"], ["--workers", "x"]],
)
def test_options_that_exclude_each_other_are_refused(wrong):
    with pytest.raises(SystemExit) as ended:
        start.parser().parse_args(wrong)
    assert ended.value.code == 2


def wanted(*words):
    return list(several.wanted(start.parser().parse_args(words)))


def test_which_agents_a_command_means(monkeypatch):
    monkeypatch.setattr(devices, "present", lambda: {"0": "A", "3": "B"})
    assert wanted() == [("", None)] and wanted("--gpus", "3", "--name", "n") == [("3", "n")]
    assert wanted("--all", "--name", "n") == [("0", "n-gpu0"), ("3", "n-gpu3")]
    assert wanted("--cpu-only", "--workers", "3") == [(None, None)] * 3
    assert wanted("--cpu-only", "--workers", "3", "--name", "n") == [
        (None, "n"),
        (None, "n-2"),
        (None, "n-3"),
    ]
    assert wanted("--cpu-only", "--drain", "0", "--gpu-free", "1") == [(None, None)]
    for wrong in (
        ["--workers", "2", "--all"],
        ["--workers", "2", "--gpus", "0"],
        ["--workers", "2"],
        ["--workers", "-1", "--cpu-only"],
        ["--drain", "-0.1"],
        ["--gpu-free", "-0.1"],
        ["--gpu-free", "1.1"],
    ):
        with pytest.raises(several.Contradiction):
            wanted(*wrong)


def test_several_agents_are_followed_line_by_line_with_their_names(home, agents, capsys):
    program = "print('one\\ntwo', flush=True); import time; time.sleep(0.5)"
    found = [agents("a", program), agents("é", program)]
    assert follow.follow(found) == 0
    said = capsys.readouterr().out.splitlines()
    assert sorted(said) == ["a: one", "a: two", "é: one", "é: two"]
    assert list(home.glob("*.json")) == []


def test_what_an_agent_says_last_is_shown_though_it_has_ended(home, agents, capsys):
    one = agents("a", "print('last', flush=True)")
    until(lambda: not one.alive, 10, "it has ended")
    assert follow.follow([one]) == 0 and capsys.readouterr().out == "last\n"


def test_sigterm_is_passed_on_to_each_agent_that_lives(home, agents, capsys):
    waits = (
        "import signal, sys, time; signal.signal(15, lambda *_: (print('drained', flush=True), sys.exit()))\n"
    )
    found = [agents("a", waits + "print('up', flush=True); time.sleep(600)"), agents("b", "")]
    until(lambda: "up" in (home / "a.log").read_text() and not found[1].alive, 10, "one is up")
    asking = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM))
    asking.start()
    assert follow.follow(found) == 0
    asking.join()
    assert capsys.readouterr().out.splitlines() == ["a: up", "a: drained"]


def test_a_daemon_whose_supervisor_was_killed_is_killed_too():
    program = (
        "import os, time; from agents import unmodified; print('up', flush=True); unmodified.end_with({})"
    )
    one = subprocess.Popen(
        [sys.executable, "-c", program.format("os.getppid()")], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert one.stdout.readline() == b"up\n"
    time.sleep(0.3)
    assert one.poll() is None, "its supervisor lives"
    one.kill()
    one.wait()
    other = subprocess.Popen([sys.executable, "-c", program.format("1 + os.getppid()")], cwd=ROOT, stdout=-3)
    assert other.wait(20) == -signal.SIGKILL


def test_a_daemon_watches_its_supervisor_keeps_house_and_tells(monkeypatch):
    ran = []
    monkeypatch.setattr(unmodified.runpy, "run_module", lambda *one, **how: ran.append((one, how)))
    monkeypatch.setattr(unmodified, "end_with", lambda pid: ran.append(("supervisor", pid)))
    monkeypatch.setattr(unmodified, "keep_house", lambda log: ran.append(("house", str(log))))
    monkeypatch.setattr(unmodified.telling, "begin", lambda: ran.append(("tells",)))
    monkeypatch.setattr(sys, "argv", ["x", "clearml_agent", "daemon"])
    monkeypatch.setattr(sys, "executable", sys.executable)
    monkeypatch.setenv(unmodified.LOG, "/é.log")
    monkeypatch.delenv(unmodified.LAUNCHER, raising=False)
    usual = sys.executable
    unmodified.main()
    until(lambda: len(ran) == 4, 5, "all have begun")
    assert {("supervisor", os.getppid()), ("house", "/é.log"), ("tells",)} <= {
        one for one in ran if len(one) < 2 or one[0] in ("supervisor", "house")
    }
    assert (("clearml_agent",), {"run_name": "__main__", "alter_sys": True}) in ran
    assert sys.executable == usual and sys.argv == ["clearml_agent", "daemon"]


def test_agents_are_listed_as_json_with_the_moment_they_began(home, agents, capsys):
    one = agents("é")
    assert listing.main(["--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert {**told, "since": ""} == {
        "name": "é",
        "listens": "audio (cpu)",
        "pid": one.pid,
        "since": "",
        "log": str(home / "é.log"),
    }
    from datetime import datetime

    moment = datetime.fromisoformat(told["since"])
    assert abs(moment.timestamp() - one.began) < 1.1 and moment.utcoffset().total_seconds() == 0
    assert listing.main([]) == 0
    said = capsys.readouterr().out
    since = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.began))
    assert f"listens on audio (cpu), process {one.pid}, since {since}, log {one.log}\n" in said
    assert "no agent runs here" not in said


def test_a_number_is_given_to_a_name_that_is_taken(home, agents):
    agents("a")
    agents("a-2")
    assert naming.free_name(None, "a", home) == "a-3" and naming.free_name("b", "a", home) == "b"
    assert naming.free_name(None, ".a.", home) == "a-3"


def test_an_id_has_its_machine_name_and_checkout(home):
    machine, name, checkout = naming.worker_id("é", home).split(":")
    assert (machine, name, len(checkout)) == (os.uname().nodename, "é", 6)


@pytest.mark.parametrize(("seconds", "taken"), [(80, True), (-5, True), (100, False)])
def test_an_id_is_taken_for_a_minute_and_a_half_after_its_last_report(seconds, taken):
    from datetime import datetime, timedelta, timezone

    then = (datetime.now(timezone.utc) - timedelta(seconds=seconds)).isoformat()
    workers = [
        {"id": "other", "last_activity_time": None},
        {"id": "w", "last_activity_time": then},
        {"id": "w"},
    ]
    if not taken:
        naming.require_unused("w", workers)
        return
    with pytest.raises(naming.NameTaken, match=rf"reported ({max(seconds, 0)}|{max(seconds, 0) + 1}) s ago"):
        naming.require_unused("w", workers)
