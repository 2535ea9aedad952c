"""How a run ends, branch by branch: the server there or away, under an agent or not; and what it reports again."""

import json
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
import requests

from tasks.client.connection import Connection
from tasks.errors import SoundyardError
from tasks.running import goodbye, interrupted, journal, outages
from tests.conftest import ROOT, until

AWAY = "http://127.0.0.1:9/api"


class Task:
    """A task of the SDK, as far as its end goes: it notes what it is told."""

    def __init__(self):
        self.told = []
        self.id = "t"

    def flush(self, wait_for_uploads=False):
        self.told.append(("flush", wait_for_uploads))

    def mark_failed(self, **why):
        self.told.append(("failed", why))


class Left(BaseException):
    """The process would have ended here."""


@pytest.fixture
def ended(monkeypatch):
    """Ends are raised, pauses are noted."""
    slept = []

    def leave(message, status=1):
        raise Left(message, status)

    monkeypatch.setattr(goodbye, "leave", leave)
    monkeypatch.setattr(goodbye.time, "sleep", slept.append)
    return slept


def line(there, kept="/kept é"):
    one = outages.Line(Connection("test", None, AWAY), kept, 5.0)
    one.there = lambda: there
    one.limits = []
    one.end_within = one.limits.append
    return one


def test_a_failure_under_an_agent_is_told_and_stayed_for(ended, capsys):
    task, here = Task(), line(True)
    goodbye.fail(task, here, SoundyardError("é" * 600), remote=True)
    why = {"status_reason": "é" * 500, "status_message": "é" * 500}
    assert task.told == [("flush", True), ("failed", why)] and here.limits == [60.0] and ended == [10]
    assert capsys.readouterr().err == f"error: {'é' * 600}\n"


def test_a_failure_that_can_not_be_told_ends_the_process_with_the_servers_absence(ended):
    away = line(False)
    away.seconds = 0.0
    with pytest.raises(Left, match="did not answer for 0 s"):
        goodbye.fail(Task(), away, SoundyardError("é"), remote=True)


def test_a_failure_elsewhere_is_the_sdks_to_tell_while_the_server_is_there(ended):
    task, here = Task(), line(True)
    goodbye.fail(task, here, SoundyardError("é"), remote=False)
    assert task.told == [] and here.limits == [60.0] and ended == []
    with pytest.raises(Left) as left:
        goodbye.fail(task, line(False), SoundyardError("why é."), remote=False)
    message, status = left.value.args
    assert message.startswith(f"why é. The server at {AWAY} does not answer") and status == 1
    assert "is kept in /kept é;" in message


def test_what_broke_off_is_shown_where_the_sdk_can_not(ended, monkeypatch):
    shown = []
    monkeypatch.setattr(goodbye.sys, "excepthook", lambda *error: shown.append(error[0]))
    with pytest.raises(Left, match="the task broke off"):
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            goodbye.crash(line(False))
    assert shown == [ZeroDivisionError]
    here = line(True)
    goodbye.crash(here)
    assert here.limits == [60.0] and len(shown) == 1


@pytest.mark.parametrize(("remote", "status"), [(True, 2), (False, 130)])
def test_an_interrupt_ends_as_agents_and_shells_expect(ended, remote, status):
    with pytest.raises(Left) as left:
        goodbye.interrupt(Task(), line(False), remote)
    assert left.value.args[1] == status
    task, here = Task(), line(True)
    if remote:
        with pytest.raises(SystemExit) as exit:
            goodbye.interrupt(task, here, remote)
        assert exit.value.code == status and task.told == [("flush", True)]
    else:
        goodbye.interrupt(task, here, remote)
        assert task.told == []
    assert here.limits == [60.0]


def test_a_work_that_is_done_waits_for_everything_to_arrive(tmp_path, monkeypatch):
    task, here, did = Task(), line(True), []
    monkeypatch.setattr(
        goodbye.journal, "complete", lambda task, folder: did.append((len(task.told), folder))
    )
    goodbye.finish(task, here, tmp_path)
    assert did == [(1, tmp_path / "tensorboard")] and here.limits == [5.0]
    assert task.told == [("flush", True)] * 2
    away = line(False)
    away.seconds = 0.0
    with pytest.raises(SoundyardError, match="did not answer for 0 s"):
        goodbye.finish(task, away, tmp_path)


@pytest.mark.parametrize(("status", "ends"), [(1, 1), (5, 5), (130, -2)])
def test_leaving_says_why_and_ends_without_a_goodbye(status, ends):
    program = (
        "import atexit, sys; from tasks.running import outages; atexit.register(print, 'goodbye')\n"
        f"sys.stderr = open('/dev/null', 'w'); outages.leave('é', {status})"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (ends, "", "error: é\n")


def test_a_process_whose_server_stays_away_ends_and_one_whose_server_comes_back_does_not(monkeypatch):
    monkeypatch.setattr(outages, "EVERY", 0.02)

    def leave(message):
        raise Left(message)

    monkeypatch.setattr(outages, "leave", leave)
    answers = iter([True, False, True, False, True])
    one = outages.Line(Connection("test", None, AWAY), "/kept", 5.0)
    monkeypatch.setattr(one, "there", lambda: next(answers, False))
    began = time.monotonic()
    with pytest.raises(Left) as left:
        one._watch(0.3)
    assert left.value.args == (one.given_up(0.3),) and time.monotonic() - began > 0.3
    assert next(answers, None) is None
    watched = []
    monkeypatch.setattr(one, "_watch", watched.append)
    one.end_within(7.0)
    until(lambda: watched == [7.0], 5, "it is watched in the background")


def test_the_servers_certificate_is_checked_as_the_configuration_says(monkeypatch):
    asked = []

    def get(address, **how):
        asked.append((address, how))
        raise requests.ConnectionError

    monkeypatch.setattr(requests, "get", get)
    for written, verify in (
        ({}, True),
        ({"verify_certificate": False}, False),
        ({"verify_certificate": "/ca"}, "/ca"),
    ):
        server = Connection("test", None, "https://h/api", settings={"api": written})
        assert outages.Line(server).there() is False
        assert asked.pop() == ("https://h/api/debug.ping", {"timeout": 5, "verify": verify})


def test_the_sdk_looks_for_a_server_that_is_away_every_two_seconds():
    session = requests.Session()
    holder = SimpleNamespace()
    holder._Session__http_session = session
    outages.find_it_soon(SimpleNamespace(session=holder))
    assert {one.max_retries.backoff_max for one in session.adapters.values()} == {2.0}
    outages.find_it_soon(SimpleNamespace(session=SimpleNamespace()))


def test_what_has_failed_is_tried_again_while_the_server_is_away(monkeypatch):
    monkeypatch.setattr(outages, "EVERY", 0.01)
    one = outages.Line(Connection("test", None, AWAY), "", 5.0)
    looks = iter([True, False, False, True, True])
    monkeypatch.setattr(one, "there", lambda: next(looks, True))
    faults = [SoundyardError("of people")]

    def action():
        if faults:
            raise faults.pop()
        return "done"

    assert one.persist("it", action) == "done", "the server was away when that was said"


def test_steps_that_pages_hide_are_stopped_with_their_task_and_each_is_told_why(client):
    access, secret = client.keys
    server = Connection("test", None, f"{client.url}/api", access_key=access, secret_key=secret)
    parent = client.call("tasks.create", name="t", type="controller")["id"]
    step = client.call("tasks.create", name="s", type="training", parent=parent, system_tags=["hidden"])["id"]
    for one in (parent, step):
        client.call("tasks.started", task=one)
    word = interrupted.LastWord.__new__(interrupted.LastWord)
    word._server, word._task = server, ""
    word.about(parent)
    assert (client.status(step), client.status(parent)) == ("stopped", "in_progress")
    assert client.task(step)["status_reason"] == f"task {parent} was {interrupted.REASON}"


# What a run reported, and what the server lacks of it


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("loss/train", ("loss", "train")),
        ("a/b/c", ("a_b", "c")),
        ("a/b/c/d", ("a_b_c", "d")),
        ("lr", ("lr", "lr")),
        ("x/", ("x/", "x/")),
    ],
)
def test_a_scalar_is_called_as_the_sdk_calls_it(tag, name):
    assert journal.scalar_name(tag) == name


@pytest.mark.parametrize(
    ("tag", "kind", "name"),
    [
        ("a", "image", ("Images", "a")),
        ("a", "audio", ("Audio", "a")),
        ("a/b", "image", ("a", "b")),
        ("a/b/c/d", "audio", ("a", "b_c_d")),
        ("a/b/c/d/e", "audio", ("a_b", "c_d_e")),
    ],
)
def test_a_sample_is_called_as_the_sdk_calls_it(tag, kind, name):
    assert journal.sample_name(tag, kind) == name


class Reporting(Task):
    """A task on a real server, and a logger that reports to it at once."""

    def __init__(self, client):
        super().__init__()
        self.client, self.media, self.drops = client, [], False
        self.id = client.call("tasks.create", name="t", type="training")["id"]
        client.call("tasks.started", task=self.id)

    def get_logger(self):
        return self

    def report_scalar(self, title, series, value, iteration):
        self.told.append((title, series, iteration))
        if not self.drops:
            point = {"type": "training_stats_scalar", "metric": title, "variant": series, "iter": iteration}
            self.client.call("events.add", task=self.id, value=value, **point)

    def report_media(self, title, series, iteration, stream, file_extension):
        self.media.append((title, series, iteration, stream.read(), file_extension))
        point = {"type": "training_debug_image", "metric": title, "variant": series, "iter": iteration}
        self.client.call("events.add", task=self.id, url="http://x/y", key="y", **point)


@pytest.fixture
def written(tmp_path, monkeypatch):
    """TensorBoard's files of a run, and the history of an earlier one."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    monkeypatch.setattr(journal, "PAUSES", (0.0, 0.0))
    folder = tmp_path / "tensorboard"
    journal.write_history(folder, [{"loss/train": 3.0}, {"loss/train": 2.0, "lr": 0.1}])
    writer = EventFileWriter(str(folder))
    sound = Summary.Audio(encoded_audio_string=b"RIFF")
    image = Summary.Image(encoded_image_string=b"PNG")
    for step, value in (
        (3, Summary.Value(tag="loss/train", simple_value=1.5)),
        (3, Summary.Value(tag="heard", audio=sound)),
        (4, Summary.Value(tag="a/seen", image=image)),
    ):
        writer.add_event(Event(step=step, summary=Summary(value=[value])))
    writer.close()
    return folder


def held(client, task):
    found = client.scalars(task)
    return {
        (title, series): list(zip(line["x"], line["y"], strict=True))
        for title, lines in found.items()
        for series, line in lines.items()
    }


def test_what_the_server_lacks_is_reported_again_and_nothing_else(client, written, capsys):
    task = Reporting(client)
    task.report_scalar("loss", "train", 2.0, 2)
    task.told.clear()
    journal.complete(task, written)
    assert [one for one in task.told if one[0] != "flush"] == [
        ("loss", "train", 1),
        ("loss", "train", 3),
        ("lr", "lr", 2),
    ]
    assert held(client, task.id) == {
        ("loss", "train"): [(1, 3.0), (2, 2.0), (3, 1.5)],
        ("lr", "lr"): [(2, 0.1)],
    }
    assert sorted(task.media) == [
        ("Audio", "heard", 3, b"RIFF", ".wav"),
        ("a", "seen", 4, b"PNG", ".png"),
    ]
    assert (
        capsys.readouterr().out == "5 points and samples that had not reached the server were sent again.\n"
    )
    assert ("flush", True) in task.told
    task.told.clear()
    journal.complete(task, written)
    assert {one[0] for one in task.told} == {"flush"} and capsys.readouterr().out == ""


def test_what_does_not_arrive_at_all_is_said_with_where_it_is(client, written, capsys):
    task = Reporting(client)
    task.drops = True
    journal.complete(task, written)
    assert capsys.readouterr().out.splitlines() == [
        "1 points and samples that had not reached the server were sent again.".replace("1", "2", 1),
        f"note: 4 points and samples did not reach the server; they are in {written}.",
    ]


def test_a_server_is_asked_page_by_page(client, written, monkeypatch):
    monkeypatch.setattr(journal, "PAGE", 1)
    task = Reporting(client)
    journal.complete(task, written)
    assert len(journal._known(task, "training_stats_scalar")) == 4
    assert journal._known(task, "training_debug_image") == {("Audio", "heard", 3), ("a", "seen", 4)}


def test_a_run_that_has_reported_nothing_asks_nothing(tmp_path):
    task = Task()
    journal.complete(task, tmp_path / "none")
    assert task.told == []


def test_a_file_that_was_being_written_when_a_process_died_counts_as_far_as_it_goes(written):
    (file,) = written.glob("events.out.tfevents.*")
    whole = dict(journal._scalars(written))
    assert whole["loss", "train", 3] == 1.5 and whole["loss", "train", 1] == 3.0
    file.write_bytes(file.read_bytes()[:-7])
    assert journal._scalars(written) == whole
    assert json.loads((written / "history.json").read_text())[1]["lr"] == 0.1
