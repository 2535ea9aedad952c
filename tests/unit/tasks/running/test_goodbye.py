"""What a real server is told of a run that was interrupted."""

import signal

import pytest

from tasks.client.connection import Connection
from tasks.running import interrupted
from tasks.running.interrupted import LastWord
from tasks.study import trials


@pytest.fixture
def line(client):
    access, secret = client.keys
    return Connection("test", None, f"{client.url}/api", access_key=access, secret_key=secret)


@pytest.fixture(autouse=True)
def nothing_at_the_end(monkeypatch):
    """What would be called when this process ends."""
    later = []
    monkeypatch.setattr(interrupted.atexit, "register", later.append)
    monkeypatch.setattr(interrupted.interruption, "at_last", later.append)
    return later


def make(client, parent=None, status="in_progress"):
    more = {"parent": parent} if parent else {}
    task = client.call("tasks.create", name="t", type="training", **more)["id"]
    if status == "queued":
        client.enqueue(task, "interrupted")
    elif status != "created":
        client.call("tasks.started", task=task)
        if status != "in_progress":
            client.call(f"tasks.{status}", task=task, force=True)
    return task


def test_the_task_and_its_steps_are_stopped_and_what_has_ended_is_left(client, line, nothing_at_the_end):
    parent = make(client)
    steps = {
        status: make(client, parent, status)
        for status in ("created", "queued", "in_progress", "failed", "completed")
    }
    word = LastWord(line)
    assert nothing_at_the_end == [word, word]
    word()
    assert client.status(parent) == "in_progress", "nobody has interrupted it"
    word.about(parent)
    assert client.status(parent) == "in_progress", "its own end is said last"
    assert {name: client.status(task) for name, task in steps.items()} == {
        "created": "created",
        "queued": "stopped",
        "in_progress": "stopped",
        "failed": "failed",
        "completed": "completed",
    }
    assert client.task(steps["in_progress"])["status_reason"] == f"task {parent} was {interrupted.REASON}"
    late = make(client, parent)
    word()
    assert client.status(late) == "stopped"
    found = client.task(parent)
    assert (found["status"], found["status_reason"]) == ("stopped", interrupted.REASON)


def test_a_server_that_is_away_is_no_error_and_ctrl_c_works_again_afterwards():
    before = signal.getsignal(signal.SIGINT)
    word = LastWord(Connection("test", None, "http://127.0.0.1:9/api"))
    word.about("t")
    word()
    assert signal.getsignal(signal.SIGINT) is before


def test_trials_are_what_the_server_has_of_them_in_the_order_of_their_making(client):
    search = make(client)
    ids = [make(client, search, status) for status in ("failed", "completed", "created")]
    item = {"section": "Args", "name": "dropout", "value": "0.5"}
    client.call("tasks.edit_hyper_params", task=ids[1], hyperparams=[item], force=True)
    scalar = {"type": "training_stats_scalar", "metric": "accuracy", "variant": "validation", "iter": 1}
    client.call("events.add", task=ids[1], value=0.25, **scalar)
    client.call("models.update_for_task", task=ids[1], uri="s3://a/1", name="one", iteration=1)
    model = client.call("models.update_for_task", task=ids[1], uri="s3://a/2", name="two", iteration=1)["id"]
    client.call("tasks.archive", tasks=[ids[0]])
    found = trials.of(search)
    assert [one.id for one in found] == ids and [one.finished for one in found] == [False, True, False]
    assert (found[1].values, found[1].parameters, found[1].model) == (
        {"accuracy/validation": 0.25},
        {"dropout": "0.5"},
        model,
    )
    assert (found[2].values, found[2].parameters, found[2].model, found[2].reason) == ({}, {}, "", "")


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), "0.5"])
def test_a_value_that_is_no_number_is_none(value):
    last = {"m": {"v": {"metric": "m", "variant": "v", "value": value}}}
    assert trials._trial({"id": "1", "status": "failed", "last_metrics": last}).values == {}


def test_a_reason_is_the_servers_word_else_its_message_else_the_console(client, monkeypatch):
    found = trials._trial({"id": "1", "status": "failed", "status_reason": "", "status_message": " said "})
    assert trials.reason(found) == "said"
    assert trials.reason(trials.Trial("1", "stopped", "", {})) == "no reason was given"
    assert len(trials.reason(trials.Trial("1", "stopped", "x" * 999, {}))) == trials.CHARACTERS
    task = make(client, status="failed")
    assert trials.reason(trials.Trial(task, "failed", "exit code 1", {})) == "exit code 1"
    monkeypatch.setattr(trials, "_last_words", lambda task: "ValueError: x")
    for reason, told in (
        ("", "ValueError: x"),
        ("worker execution exit code 1", "ValueError: x"),
        ("own", "own"),
    ):
        assert trials.reason(trials.Trial("1", "failed", reason, {})) == told


def test_every_trial_that_waits_or_runs_is_stopped_and_waited_for(client, monkeypatch):
    search = make(client)
    waiting, running = make(client, search, "queued"), make(client, search)
    done = make(client, search, "completed")
    assert trials.wait_until_stopped(search, seconds=-1) == 2
    monkeypatch.setattr(trials, "PAGE", 1)
    assert trials.stop_all(search, "it is over") == 2
    assert trials.wait_until_stopped(search, seconds=5) == 0 and trials.stop_all(search, "again") == 0
    assert [client.status(one) for one in (waiting, running, done)] == ["stopped", "stopped", "completed"]
    assert client.task(running)["status_reason"] == "it is over"
    trials.stop(done, "it has ended")
    trials.stop("nobody", "it is gone")
    assert client.status(done) == "completed"
