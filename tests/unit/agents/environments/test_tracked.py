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


class Older(tracked.Server):
    """A full ClearML Server: it does not know what ours adds, and says so."""

    def call(self, endpoint, **body):
        added = ("tasks.hand_back", "tasks.worker_lost")
        return super().call("tasks.unknown" if endpoint in added else endpoint, **body)


def test_a_server_that_can_not_hand_a_task_on_has_it_ended(server, settings, made):
    for tell, status, reason in (
        (lambda one: one.hand_back("m:a", "no é"), "failed", "no é"),
        (lambda one: one.lost("m:a", "no é"), "stopped", "m:a: no é"),
    ):
        task = made().id
        server.call("tasks.started", task=task)
        one = tracked.Tracked(Older(settings), task)
        assert tell(one) == status
        assert (server.status(task), server.task(task)["status_reason"]) == (status, reason)


def test_a_task_of_a_queue_is_handed_on_and_one_of_none_has_failed(server, settings, made):
    for tell in (tracked.Tracked.hand_back, tracked.Tracked.lost):
        one = made(script={"entry_point": "a.py"})
        server.enqueue(one.id, "handed on")
        queue = server.queue("handed on")
        assert server.call("queues.get_next_task", queue=queue)["entry"]["task"] == one.id
        server.call("tasks.started", task=one.id)
        assert tell(one, "m:a", "no é") == "queued"
        entries = server.call("queues.get_by_id", queue=queue)["queue"]["entries"]
        assert [entry["task"] for entry in entries] == [one.id]
        server.admin("tasks.dequeue", task=one.id)
        other = made()
        server.call("tasks.started", task=other.id)
        assert tell(other, "m:a", "no é") == "failed"
        found = server.admin("tasks.get_by_id", task=other.id)["task"]
        assert "m:a" in found["status_reason"] and "no é" in found["status_reason"]


def test_a_ping_tells_that_the_task_lives(server, made):
    one = made()
    server.call("tasks.started", task=one.id)
    before = server.task(one.id)["last_update"]
    time.sleep(0.01)
    one.ping()
    assert server.task(one.id)["last_update"] > before


def test_a_server_may_be_away_for_a_minute_and_is_asked_whatever_the_method():
    one, waits = tracked.RETRIES, []
    for _ in range(12):
        one = one.increment("POST", "/", response=None, error=requests.ConnectionError())
        waits.append(one.get_backoff_time())
    assert waits == [0, 0.4, 0.8, 1.6, 3.2, 6.4, *[10] * 6] and not one.is_exhausted()
    assert one.total == 0
    for status in (429, 502, 503, 504):
        assert tracked.RETRIES.is_retry("POST", status) and tracked.RETRIES.is_retry("GET", status)
    assert not tracked.RETRIES.is_retry("POST", 500)


def test_an_address_may_end_in_a_slash_and_both_protocols_are_patient(settings, server):
    slashed = {"api": {**settings["api"], "api_server": f"{server.url}/api//"}}
    one = tracked.Server(slashed)
    assert one.call("users.get_current_user")["user"]
    for protocol in ("http", "https"):
        assert one._session.get_adapter(f"{protocol}://x").max_retries is tracked.RETRIES


def test_settings_are_read_as_the_daemon_wrote_them(tmp_path):
    (tmp_path / "a.cfg").write_text('{"api": {"é": 1}}')
    assert tracked.read_settings(tmp_path / "a.cfg") == {"api": {"é": 1}}


@pytest.mark.parametrize(
    ("variable", "agent"), [("m:a:1", "m:a:1"), ("m:a:1:service:t1", "m:a:1"), ("", ""), (None, "")]
)
def test_a_services_own_worker_is_its_agents(monkeypatch, variable, agent):
    monkeypatch.delenv(tracked.WORKER_ID, raising=False)
    if variable is not None:
        monkeypatch.setenv(tracked.WORKER_ID, variable)
    assert tracked.worker() == agent
