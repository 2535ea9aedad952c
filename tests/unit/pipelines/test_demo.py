"""The demo's decisions: which server, which agents, what is ended, what is said."""

import io
from contextlib import ExitStack
from pathlib import Path

import pytest
from rich.console import Console

from agents.left.processes import Agent
from pipelines import demo, embedded
from tasks.client.connection import Connection
from tasks.errors import NotConfigured, Unreachable

EMBEDDED = embedded.Server(7, "http://page", Path("/conf"))


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=200)


def said(console):
    return console.file.getvalue()


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """Nothing configured and nothing running; what is started and ended is noted."""
    monkeypatch.setenv("SOUNDYARD_STATE", str(tmp_path))
    noted = []

    def none():
        raise NotConfigured("no server")

    monkeypatch.setattr(demo.connection, "find", none)
    monkeypatch.setattr(demo.connection, "use", lambda: "used")
    monkeypatch.setattr(embedded, "running", lambda: None)
    monkeypatch.setattr(embedded, "start", lambda options: noted.append(("server", *options)) or EMBEDDED)
    monkeypatch.setattr(embedded, "stop", lambda server: noted.append(("server ended", server)))
    monkeypatch.setattr(
        embedded, "link", lambda opened=True: "http://page/link" if opened else "http://page/again"
    )
    return noted


def test_a_server_is_started_when_none_is_there_and_ended_when_the_demo_is_undone(machine, console):
    with ExitStack() as undo:
        assert demo._server(81, console, undo.callback) == "used"
        assert machine == [("server", "--port", "81")]
    assert machine[1:] == [("server ended", EMBEDDED)]
    assert "server: http://page\n" in said(console) and "once: http://page/link" in said(console)


def test_a_server_that_runs_is_used_and_left(machine, console, monkeypatch):
    monkeypatch.setattr(embedded, "running", lambda: EMBEDDED)
    monkeypatch.setattr(embedded, "link", lambda opened=True: "")
    with ExitStack() as undo:
        demo._server(81, console, undo.callback)
    assert machine == [] and said(console) == "server: http://page\n"


def test_another_server_that_is_configured_is_used(machine, console, monkeypatch, tmp_path):
    other = Connection("~/x.conf", tmp_path / "x.conf", "http://theirs/api")
    monkeypatch.setattr(demo.connection, "find", lambda: other)
    assert demo._server(81, console, lambda *_: None) == "used" and machine == []
    assert said(console) == "using the server at http://theirs/api (from ~/x.conf)\n"
    own = Connection("own", demo.connection.embedded(), "http://own/api")
    monkeypatch.setattr(demo.connection, "find", lambda: own)
    demo._server(81, console, lambda *_: None)
    assert machine == [("server", "--port", "81")], "its configuration is there, and it is not up"


@pytest.mark.parametrize(
    ("alive", "started"),
    [
        ([], ["audio", "services", "predict"]),
        (["audio (gpu0)", "predict (cpu)"], ["services"]),
        (["x (cpu)"], None),
    ],
)
def test_agents_that_are_missing_are_started_each_in_its_way(machine, console, monkeypatch, alive, started):
    agents, ended = [], []

    def start(queues, **options):
        agents.append((queues[0], options))
        return Agent(queues[0], 1, 0.0, "", f"{queues[0]} (cpu)")

    monkeypatch.setattr(
        demo.processes, "running", lambda folder: [Agent("n", 1, 0.0, "", one) for one in alive]
    )
    monkeypatch.setattr(demo.processes, "end", lambda agent, folder: ended.append(agent.name))
    monkeypatch.setattr(demo.agent_start, "start", start)
    started = started or ["audio", "services", "predict"]
    with ExitStack() as undo:
        demo._agents("audio", console, undo.callback)
    options = {"audio": {}, "services": {"services": True}, "predict": {"gpus": None}}
    assert agents == [(name, options[name]) for name in started] and ended == started[::-1]
    assert said(console).splitlines() == [f"agent: {name} (cpu)" for name in started]


def test_everything_of_the_checkout_is_ended_agents_first(machine, console, monkeypatch):
    monkeypatch.setattr(demo.agent_stop, "stop", lambda: machine.append("agents") or ["a", "b"])
    assert demo.stop(console) == 0 and machine == ["agents"]
    assert said(console) == "agent a ended\nagent b ended\nno embedded server runs here\n"
    monkeypatch.setattr(embedded, "running", lambda: EMBEDDED)
    assert demo.stop(console) == 0 and machine[-1] == ("server ended", EMBEDDED)
    assert said(console).endswith("server at http://page ended\n")


def test_how_to_open_the_page_is_said_of_this_checkouts_server_alone(machine, console, monkeypatch):
    demo._say_how_to_open_the_page(console)
    assert said(console) == ""
    monkeypatch.setattr(embedded, "running", lambda: EMBEDDED)
    demo._say_how_to_open_the_page(console)
    assert said(console).startswith("To open the page: http://page/again\n")


@pytest.mark.parametrize(
    ("end", "status", "undone"),
    [
        (True, 0, False),
        (False, 1, False),
        (Unreachable("nobody there"), 1, True),
        (KeyboardInterrupt(), 130, True),
    ],
)
def test_a_demo_that_ran_is_left_up_and_one_that_broke_off_is_undone(
    machine, monkeypatch, capsys, end, status, undone
):
    ended = []

    def run(options, console, undo):
        undo(ended.append, options.port)
        if isinstance(end, BaseException):
            raise end
        return end

    monkeypatch.setattr(demo, "run", run)
    monkeypatch.setattr(demo.interruption, "caught", lambda: 130)
    assert demo.main(["--port", "82"]) == status
    told = capsys.readouterr().out
    assert ended == ([82] if undone else []) and ("keep running" in told) is not undone
    assert "nobody there" in told if isinstance(end, Unreachable) else "error" not in told
