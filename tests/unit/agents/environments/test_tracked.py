"""The launcher's view of a task: each state, and what is missing."""

import time

import pytest
import requests

from agents.left import orphans
from agents.told import tracked


@pytest.fixture
def settings(server, monkeypatch):
    monkeypatch.delenv("CLEARML_AUTH_TOKEN", raising=False)
    access, secret = server.keys
    return {
        "api": {
            "api_server": f"{server.url}/api",
            "credentials": {"access_key": access, "secret_key": secret},
        }
    }


@pytest.fixture
def made(server, settings):
    def make(**fields):
        task = server.call("tasks.create", name="t", type="training", **fields)["id"]
        return tracked.Tracked(tracked.Server(settings), task)

    return make


@pytest.mark.parametrize(
    ("properties", "found"),
    [
        (None, ""),
        ({}, ""),
        ({"other": {"value": "own"}}, ""),
        ({"environment": {"name": "environment"}}, ""),
        ({"environment": {"value": " Own "}}, "own"),
    ],
)
def test_the_environment_that_a_task_asks_for(made, properties, found):
    assert made(hyperparams={} if properties is None else {"properties": properties}).forced == found


def test_a_task_without_code_has_an_empty_script(made):
    assert made().script == {} and made(script={"entry_point": "x"}).script["entry_point"] == "x"


def test_a_task_runs_until_somebody_ends_it_or_asks_to(server, made):
    one = made()
    assert not one.running
    server.call("tasks.started", task=one.id)
    assert one.running
    server.call("workers.register", worker="m:a", queues=[server.queue("q")])
    server.call("workers.status_report", worker="m:a", task=one.id, timestamp=int(time.time() * 1000))
    server.call("tasks.stop", task=one.id)
    assert server.status(one.id) == "in_progress" and not one.running
    server.call("workers.unregister", worker="m:a")
    server.call("tasks.stopped", task=one.id, force=True)
    assert not one.running


@pytest.mark.parametrize("how", ["failed", "stopped", "completed"])
def test_an_end_is_written_with_its_reason(server, made, how):
    one = made()
    server.call("tasks.started", task=one.id)
    one.end(how, "because of é")
    found = server.task(one.id)
    assert (found["status"], found["status_reason"], found["status_message"]) == (how, *["because of é"] * 2)


def test_the_environment_is_noted_beside_what_is_there(server, made):
    one = made(runtime={"a": "1"})
    one.note_environment("own", "pinned")
    assert server.task(one.id)["runtime"] == {"a": "1", "environment": "own", "environment_reason": "pinned"}
    one.set_requirements({"pip": "six"})
    assert server.task(one.id)["script"]["requirements"] == {"pip": "six"}


def test_the_owners_token_goes_before_the_agents_keys(server, settings, made, monkeypatch):
    task = made().id
    wrong = {"api": {**settings["api"], "credentials": {"access_key": "no", "secret_key": "body"}}}
    with pytest.raises(requests.HTTPError, match="401"):
        tracked.Server(wrong)
    with pytest.raises(requests.HTTPError):
        tracked.Server({"api": {"api_server": settings["api"]["api_server"]}})
    monkeypatch.setenv("CLEARML_AUTH_TOKEN", server.authorization()["Authorization"].removeprefix("Bearer "))
    assert tracked.Tracked(tracked.Server(wrong), task).id == task


def test_a_refused_call_is_an_error(settings):
    with pytest.raises(requests.HTTPError):
        tracked.Tracked(tracked.Server(settings), "nobody")


def test_certificates_are_checked_unless_that_is_switched_off(settings):
    assert tracked.Server(settings)._session.verify is True
    off = {"api": {**settings["api"], "verify_certificate": False}}
    assert tracked.Server(off)._session.verify is False


def test_a_task_whose_agent_was_killed_is_lost_unless_it_has_ended(server, settings, made):
    one = made()
    server.call("tasks.started", task=one.id)
    assert orphans._tell(settings, one.id, "m:a") == ""
    found = tracked.Tracked(
        tracked.Server(settings), one.id
    ).fields  # who ran it is told that its run is over
    assert (found["status"], found["status_reason"]) == ("failed", f"worker lost: m:a, {orphans.WHY}")
    other = made()
    server.call("tasks.started", task=other.id)
    server.call("tasks.failed", task=other.id, status_reason="its own")
    assert orphans._tell(settings, other.id, "m:a") == ""
    assert server.task(other.id)["status_reason"] == "its own"
    assert "could not be told about task nobody" in orphans._tell(settings, "nobody", "m:a")
