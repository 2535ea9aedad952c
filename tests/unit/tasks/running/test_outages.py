"""A server that is away, answers, or answers that it can't: what is waited for, tried again, and said."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from audio.errors import AudioError
from tasks.client.connection import Connection
from tasks.errors import SoundyardError, Unreachable
from tasks.running import outages
from tasks.running.outages import Line
from tasks.study.starting import named


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(outages, "EVERY", 0.01)


@pytest.fixture
def answers():
    """A real HTTP server that answers with these statuses, the last one again and again; notes what it was asked."""
    statuses, asked = [200], []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    line = Line(Connection("test", None, f"http://127.0.0.1:{server.server_port}/api/"), "/kept", 5.0)
    yield line, statuses, asked
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("status", "there"), [(200, True), (404, True), (499, True), (500, False), (503, False)]
)
def test_a_server_is_there_unless_it_says_that_it_is_broken(answers, status, there):
    line, statuses, asked = answers
    statuses[:] = [status]
    assert line.there() is there and asked == ["/api/debug.ping"]
    assert not Line(Connection("test", None, "http://127.0.0.1:9"), seconds=1).there()


def test_a_server_that_is_away_is_waited_for_with_a_word(answers, capsys):
    line, statuses, _ = answers
    line.wait("Nothing to say.")
    assert capsys.readouterr().out == ""
    statuses[:] = [503, 503, 200]
    line.wait("The work waits.")
    said = capsys.readouterr().out.splitlines()
    assert (
        "does not answer. The work waits. Waiting for it, up to 5 s." in said[0]
        and "answers again after" in said[1]
    )
    statuses[:] = [503]
    with pytest.raises(Unreachable, match=r"did not answer for 0 s\. What was done is kept in /kept\."):
        line.wait("The work waits.", seconds=0)


def test_what_fails_is_tried_again_and_what_is_meant_for_people_is_not(answers, capsys):
    line, _, _ = answers
    results = [ValueError("one\ntwo"), OSError(), "done"]
    tried = []

    def action():
        tried.append(results[len(tried)])
        if isinstance(tried[-1], Exception):
            raise tried[-1]
        return tried[-1]

    assert line.persist("fetching", action) == "done"
    assert capsys.readouterr().out.splitlines() == [
        "note: fetching did not succeed (one); trying again",
        "note: fetching did not succeed (OSError); trying again",
    ]
    results[:], tried[:] = [ValueError(str(n)) for n in range(9)], []
    with pytest.raises(ValueError, match="2"):
        line.persist("fetching", action)
    for error in (SoundyardError("said"), AudioError("said")):
        results[:], tried[:] = [error], []
        with pytest.raises(type(error), match="said"):
            line.persist("fetching", action)


@pytest.mark.parametrize(("text", "seconds"), [("", 86400.0), ("0.5", 1800.0), ("-1", 0.0), ("0", 0.0)])
def test_patience_is_in_hours(monkeypatch, text, seconds):
    monkeypatch.setenv(outages.HOURS, text)
    assert outages.patience() == seconds == Line(Connection("", None, "")).seconds
    monkeypatch.setenv(outages.HOURS, "long")
    with pytest.raises(SoundyardError, match="must be a number of hours"):
        outages.patience()
    assert Line(Connection("", None, ""), seconds=0.0).seconds == 0.0


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "120 min"), (7200, "2 h"), (5400 * 24, "36 h")],
)
def test_spans_are_told_in_their_unit(seconds, told):
    assert outages.span(seconds) == told


def test_an_error_is_told_by_its_first_line_or_its_kind():
    assert outages.first_line(ValueError("a\nb")) == "a" and outages.first_line(KeyError()) == "KeyError"
    assert len(outages.first_line("x" * 999)) == 200


def test_a_trial_is_named_by_what_is_searched():
    values = {"learning_rate": "0.000123456", "model": "cnn"}
    assert named("train", values) == "train learning_rate=0.0001235 model=cnn"
    assert named("train", {}) == "train"
