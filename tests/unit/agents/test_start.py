"""Starting an agent, branch by branch, with processes that stand in for the daemon."""

import io
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest
import requests

from agents import devices, follow, naming, start, stop, unmodified
from agents import list as listing
from agents.environments import decision, environment, pythons
from agents.left import processes
from agents.told import tracked
from tests.conftest import until


@pytest.fixture(autouse=True)
def handlers():
    """Those of this process are put back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def popen(program):
    return subprocess.Popen([sys.executable, "-c", program])


@pytest.mark.parametrize(
    ("asked", "there", "services", "found"),
    [("", {"0": "A"}, False, "0"), ("", {"0": "A"}, True, None), ("", {}, False, None), (None, {"0": "A"}, False, None),
     ("1", {"0": "A", "1": "B"}, False, "1")],
)  # fmt: skip
def test_what_is_left_open_is_the_first_gpu_if_there_is_one(monkeypatch, asked, there, services, found):
    monkeypatch.setattr(devices, "present", lambda: there)
    assert start._checked(asked, services) == found
    with pytest.raises(devices.NoSuchDevice):
        start._checked("7", services)


def test_the_daemon_is_told_its_queues_device_and_pythons(monkeypatch):
    monkeypatch.setattr(pythons, "installed", lambda: ["3.8", "3.9"])
    command = start._command(["b", "a"], None, True, decision.AUTO)
    text = " ".join(command)
    assert command[:4] == [sys.executable, "-m", "agents.unmodified", "clearml_agent"]
    assert "daemon --foreground --create-queue --queue b a --cpu-only --services-mode" in text
    assert text.endswith("--child-report-tags python3.8 python3.9") and "--gpus" not in text
    text = " ".join(start._command(["a"], "0,1", False, decision.INSTALLED))
    assert f"--queue a --gpus 0,1 --child-report-tags python{pythons.running()}" in text


def test_the_log_of_before_is_kept_and_the_daemon_writes_a_new_one(home):
    log = home / "a.log"
    log.write_text("before")
    program = (
        "import os, sys; print(os.getsid(0) == os.getpid(), os.getcwd(), os.environ['X'], sys.stdin.read())"
    )
    start._run([sys.executable, "-c", program], {"X": "é"}, home, log).wait()
    assert log.read_text().split() == ["True", str(home), "é"]
    assert (home / "a.log.1").read_text() == "before"


def test_an_agent_that_ends_or_says_nothing_did_not_start(home, monkeypatch):
    log = home / "a.log"
    log.write_text("\n".join(f"line {n}" for n in range(9)))
    ended = popen("raise SystemExit(4)")
    ended.wait()
    with pytest.raises(
        start.DidNotStart, match=r"status 4:\nline 4\nline 5\n(?s:.*)line 8\nIts log is .*a\.log"
    ):
        start._wait_until_it_listens(ended, log)
    silent = popen("import time; time.sleep(60)")
    try:
        monkeypatch.setattr(start, "START_SECONDS", 0.2)
        with pytest.raises(start.DidNotStart, match="not registered within 0 s"):
            start._wait_until_it_listens(silent, log)
        log.write_text(f"x {start.LISTENS} audio")
        monkeypatch.setattr(start, "START_SECONDS", 60)
        start._wait_until_it_listens(silent, log)
    finally:
        silent.kill()
        silent.wait()


def test_a_folder_with_a_blank_is_refused_before_anything_is_started(tmp_path, monkeypatch, started):
    monkeypatch.setenv("SOUNDYARD_STATE", str(tmp_path / "with a blank"))
    with pytest.raises(
        start.DidNotStart, match=r"no folder with a blank in its path, as .*with a blank/agents has"
    ):
        start.start(["audio"])
    assert not (tmp_path / "with a blank").exists()


def test_a_followed_agent_is_shown_to_its_end_also_when_its_log_is_cut_short(home, capsys):
    log = home / "a.log"
    log.write_text("first " * 10)
    process = popen("import time; time.sleep(600)")
    agent = processes.record(home, "a", process.pid, log, "audio (cpu)")

    def end():
        log.write_text("cut")
        time.sleep(0.5)
        process.kill()
        process.wait()

    thread = threading.Timer(0.5, end)
    thread.start()
    assert follow.follow([agent]) == 0
    thread.join()
    assert capsys.readouterr().out == "first " * 10 + "cut"
    assert not (home / "a.json").exists()


def test_ctrl_c_ends_the_agent_that_is_followed(home, monkeypatch, capsys):
    (home / "a.log").write_text("x")
    process = popen("import time; time.sleep(600)")
    agent = processes.record(home, "a", process.pid, home / "a.log", "audio (cpu)")

    def interrupted(log, before):
        raise KeyboardInterrupt

    monkeypatch.setattr(follow, "show", interrupted)
    monkeypatch.setattr(processes, "POLITE_SECONDS", 0.2)
    monkeypatch.setattr(processes, "end", lambda one, folder: (process.kill(), process.wait()))
    assert follow.follow([agent]) == 0
    assert "ending agent a" in capsys.readouterr().err and process.returncode == -9


@pytest.fixture
def started(home, monkeypatch):
    """Gives a function that calls `start` with programs in place of the daemon; everything it recorded is ended."""
    server = SimpleNamespace()
    asked = []
    monkeypatch.setattr(start.connection, "use", lambda: server)
    monkeypatch.setattr(start.connection, "call", lambda *call: asked.append(call) or {"workers": []})
    monkeypatch.setattr(environment, "prepare", lambda *one, kind: {"PATH": "/usr/bin", "kind": kind})
    monkeypatch.setattr(devices, "present", dict)
    monkeypatch.setattr(processes, "POLITE_SECONDS", 0.2)

    def run(
        *queues, program=f"print('{start.LISTENS}', flush=True); import time; time.sleep(600)", **options
    ):
        monkeypatch.setattr(start, "_command", lambda *_: [sys.executable, "-c", program])
        return start.start(queues, **options)

    run.asked = asked
    yield run
    for agent in processes.running(home):
        processes.end(agent, home)


def test_an_agent_is_on_record_by_its_queues_and_device(started, home):
    first = started("audio", "é:/%")
    assert (first.name, first.about) == ("audio-é_-cpu", "audio, é:/% (cpu)") and first.alive
    second = started("services", services=True, gpus=None)
    assert (second.name, second.about) == ("services-services", "services (cpu)")
    assert len(started.asked) == 2, "a new name is asked for on the server"
    processes.end(first, home)
    assert started("audio", "é:/%").name == first.name and len(started.asked) == 2, "one of ours comes back"
    with pytest.raises(naming.NameTaken):
        started("x", name=second.name)


def test_an_agent_that_does_not_start_leaves_no_record(started, home):
    with pytest.raises(start.DidNotStart, match="status 3"):
        started("audio", program="print('no'); raise SystemExit(3)")
    assert list(home.glob("*.json")) == [] and (home / "audio-cpu.log").exists()


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [([], "auto"), (["--build-environment"], "own"), (["--environment", "installed"], "installed")],
)
def test_the_command_starts_what_was_asked_for(home, monkeypatch, capsys, arguments, kind):
    seen = {}
    agent = processes.Agent("a", 1, 0.0, "/log", "audio (cpu)")
    monkeypatch.setattr(
        start, "start", lambda queues, **options: seen.update(options, queues=queues) or agent
    )
    assert start.main(["--detached", *arguments]) == 0
    usual = {"drain": start.DRAIN_SECONDS, "free": start.GPU_FREE}
    assert seen == usual | {"queues": ["audio"], "gpus": "", "services": False, "kind": kind, "name": None}
    assert capsys.readouterr().out == "agent a listens on audio (cpu); its log is /log\n"
    start.main(["--detached", "--cpu-only", "--services-mode", "--name", "n", "--queue", "x", "y"])
    assert seen == usual | {"queues": ["x", "y"], "gpus": None, "services": True, "kind": "auto", "name": "n"}
    start.main(["--detached", "--gpus", "0,1", "--drain", "5", "--gpu-free", "0"])
    assert (seen["gpus"], seen["drain"], seen["free"]) == ("0,1", 5, 0)


def test_one_command_starts_an_agent_for_each_gpu_or_several_on_the_cpu(monkeypatch, capsys):
    names = []
    agent = processes.Agent("a", 1, 0.0, "/log", "audio (cpu)")
    monkeypatch.setattr(start, "start", lambda queues, gpus, name, **_: names.append((gpus, name)) or agent)
    monkeypatch.setattr(devices, "present", lambda: {"0": "A", "1": "B"})
    assert start.main(["--detached", "--all"]) == 0 and names == [("0", None), ("1", None)]
    names.clear()
    assert start.main(["--detached", "--cpu-only", "--workers", "2", "--name", "n"]) == 0
    assert names == [(None, "n"), (None, "n-2")]
    for wrong in (["--workers", "2"], ["--workers", "0"], ["--drain", "-1"], ["--gpu-free", "2"]):
        assert start.main(["--detached", *wrong]) == 1, wrong
    monkeypatch.setattr(devices, "present", dict)
    capsys.readouterr()
    assert start.main(["--detached", "--all"]) == 1 and "this machine has none" in capsys.readouterr().err


def test_the_command_tells_what_went_wrong(home, monkeypatch, capsys):
    def refused(*_, **__):
        raise naming.NameTaken("it is taken")

    monkeypatch.setattr(start, "start", refused)
    assert start.main(["--detached"]) == 1
    assert capsys.readouterr().err == "error: it is taken\n"


def test_agents_are_listed_for_scripts_and_ended_by_name(started, capsys):
    assert stop.main([]) == 0 and listing.main([]) == 0
    assert capsys.readouterr().out.startswith("no agent runs here\nno agent runs here\n")
    one, two = started("audio"), started("services")
    assert listing.main(["--json"]) == 0
    said = capsys.readouterr().out
    assert (
        f'"name": "{one.name}"' in said and f'"pid": {two.pid}' in said and '"listens": "audio (cpu)"' in said
    )
    assert stop.main([one.name, "nobody", "another"]) == 1
    told = capsys.readouterr()
    assert told.out == f"agent {one.name} ended\n" and "no agent named another, nobody runs here" in told.err
    assert not one.alive and two.alive
    assert stop.main([]) == 0 and not two.alive


@pytest.mark.parametrize(
    ("size", "told"), [(0, "0 kB"), (1499, "1 kB"), (999_999, "1000 kB"), (1e6, "1.0 MB"), (1e9, "1.0 GB")]
)
def test_sizes_are_told_in_their_unit(size, told):
    assert listing.told(size) == told


def test_a_name_is_always_there_and_free(home):
    assert (
        naming.free_name("...", "x", home) == "agent" and naming.free_name("", "é queue", home) == "é_queue"
    )
    assert naming.worker_id("a", home).split(":")[1] == "a"


def test_a_house_is_kept_by_daemons_alone(home, monkeypatch):
    ran = []
    monkeypatch.setattr(
        unmodified.runpy, "run_module", lambda *one, **how: ran.append((one, how, list(sys.argv)))
    )
    monkeypatch.setattr(unmodified, "keep_house", ran.append)
    monkeypatch.setattr(unmodified, "end_with", lambda supervisor: None)
    monkeypatch.setattr(sys, "executable", sys.executable)
    for words, log in ((["daemon", "--x"], "/l/a.log"), (["execute"], "/l/a.log"), (["daemon"], "")):
        monkeypatch.setattr(sys, "argv", ["unmodified", "clearml_agent", *words])
        monkeypatch.setenv(unmodified.LOG, log)
        monkeypatch.setenv(unmodified.LAUNCHER, "/the/launcher" if log else "")
        unmodified.main()
        assert unmodified.LOG not in unmodified.os.environ
    until(lambda: len(ran) == 4, 5, "the thread has started")
    assert sum(str(one) == "/l/a.log" for one in ran) == 1 and sys.executable == "/the/launcher"
    assert [one[2][1:] for one in ran if isinstance(one, tuple)] == [
        ["daemon", "--x"],
        ["execute"],
        ["daemon"],
    ]


def test_a_house_is_looked_after_again_and_again_and_pruned_once_an_hour(home, monkeypatch):
    did = []
    moments = iter([0.0, 0.0, 10.0, 3600.0, 3600.0])
    monkeypatch.setattr("agents.left.leftovers.bound_log", lambda log: did.append("log"))
    monkeypatch.setattr("agents.left.leftovers.prune", lambda folder: did.append(folder.name))
    naps = iter([None, None])

    def nap(seconds):
        next(naps)

    monkeypatch.setattr(unmodified, "time", SimpleNamespace(monotonic=lambda: next(moments), sleep=nap))
    with pytest.raises(StopIteration):
        unmodified.keep_house(home / "a.log")
    assert did == ["log", "agents", "log", "log", "agents"]


def test_a_server_that_is_starting_again_is_asked_again(monkeypatch):
    from http.server import BaseHTTPRequestHandler, HTTPServer

    statuses = [503, 429, 200, 502, 200]

    class Starting(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(statuses.pop(0))
            body = b'{"data": {"token": "t"}}'
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Starting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.delenv("CLEARML_AUTH_TOKEN", raising=False)
    try:
        one = tracked.Server({"api": {"api_server": f"http://127.0.0.1:{server.server_port}"}})
        assert one.call("tasks.get_by_id") == {"token": "t"} and statuses == []
    finally:
        server.shutdown()
        server.server_close()
    with pytest.raises(requests.ConnectionError):
        monkeypatch.setattr(tracked, "RETRIES", 0)
        tracked.Server({"api": {"api_server": f"http://127.0.0.1:{server.server_port}"}})


def test_a_cut_log_is_read_from_its_beginning(tmp_path, capsys):
    (tmp_path / "log").write_text("long before")
    with (tmp_path / "log").open() as log:
        follow.show(log)
        (tmp_path / "log").write_text("new")
        follow.show(log)
        follow.show(log)
    assert capsys.readouterr().out == "long beforenew" and isinstance(log, io.TextIOBase)
