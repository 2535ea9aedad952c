"""What a server is told of an agent's environment: by what it then holds, and when it is told again."""

import hashlib
import json
import threading
from types import SimpleNamespace

import pytest

from agents.environments import decision, pythons, satisfied, telling
from agents.told import tracked
from tests.conftest import until


@pytest.fixture
def configuration(server, tmp_path, monkeypatch):
    monkeypatch.delenv("CLEARML_AUTH_TOKEN", raising=False)
    access, secret = server.keys
    keys = {"access_key": access, "secret_key": secret}
    file = tmp_path / "é.conf"
    file.write_text(json.dumps({"api": {"api_server": f"{server.url}/api", "credentials": keys}}))
    return file


def told(server, worker):
    found = server.call("workers.get_runtime_properties", worker=worker)["runtime_properties"]
    return {one["key"]: json.loads(one["value"]) for one in found}


@pytest.fixture
def worker(server):
    server.call("workers.register", worker="box:telling", timeout=600, queues=[])
    yield "box:telling"
    server.call("workers.unregister", worker="box:telling")


def test_the_environment_is_its_python_packages_and_their_fingerprint(monkeypatch):
    monkeypatch.setattr(pythons, "installed", lambda: ["3.7", "3.8"])
    found = telling.environment(decision.AUTO)
    assert set(found) == {"mode", "python", "pythons", "packages", "fingerprint"}
    assert found["mode"] == "auto" and found["pythons"] == ["3.7", "3.8"]
    assert found["python"].startswith(f"{pythons.running()}.") and found["packages"] == satisfied.freeze()
    assert found["fingerprint"] == hashlib.sha256(found["packages"].encode()).hexdigest()[:8]
    assert telling.environment(decision.INSTALLED)["pythons"] == [pythons.running()]


def test_a_server_that_does_not_know_the_worker_is_not_told(server, configuration, worker):
    api = tracked.Server(tracked.read_settings(configuration))
    assert telling.tell(api, "box:tell", {"a": 1}) is False, "nor one whose name begins so"
    assert told(server, "box:tell") == {}
    assert telling.tell(api, worker, {"é": 1}) is True
    assert told(server, worker) == {"environment": {"é": 1}}


def naps_until(monkeypatch, *acts):
    """What is slept, and what happens meanwhile; the last nap ends it."""
    waiting, slept = iter(acts), []

    def nap(seconds):
        slept.append(seconds)
        next(waiting)()

    monkeypatch.setattr(telling, "time", SimpleNamespace(sleep=nap))
    return slept


class Enough(Exception):
    pass


def enough():
    raise Enough


def test_it_is_told_as_soon_as_the_server_knows_the_worker_and_every_ten_minutes(
    server, configuration, monkeypatch
):
    packages = ["a==1", "a==2", "a==3"]
    monkeypatch.setenv(decision.OPTION, "own")
    monkeypatch.setattr(telling.satisfied, "freeze", lambda: packages.pop(0))
    monkeypatch.setattr(pythons, "installed", list)
    known = "box:told later"
    held = []
    slept = naps_until(
        monkeypatch,
        lambda: server.call("workers.register", worker=known, timeout=600, queues=[]),
        lambda: held.append(told(server, known)["environment"]),
        lambda: (held.append(told(server, known)["environment"]), enough()),
    )
    with pytest.raises(Enough):
        telling.keep_telling(known, configuration)
    assert slept == [5.0, 600.0, 600.0]
    assert [(one["mode"], one["packages"]) for one in held] == [("own", "a==1"), ("own", "a==2")]
    server.call("workers.unregister", worker=known)


@pytest.mark.parametrize("text", [None, "{", "{}", '{"api": {"api_server": "http://127.0.0.1:9"}}'])
def test_a_server_that_is_away_or_unknown_costs_nothing(configuration, monkeypatch, text):
    monkeypatch.setattr(tracked, "RETRIES", 0)
    monkeypatch.delenv(decision.OPTION, raising=False)
    modes = []
    monkeypatch.setattr(telling, "environment", lambda mode: modes.append(mode) or {"a": 1})
    configuration.unlink() if text is None else configuration.write_text(text)
    slept = naps_until(monkeypatch, lambda: None, enough)
    with pytest.raises(Enough):
        telling.keep_telling("w", configuration)
    assert slept == [5.0, 5.0] and modes == ["auto"]


@pytest.mark.parametrize(
    ("worker_id", "file", "begins"), [("w", "/a.conf", True), ("", "/a.conf", False), ("w", "", False)]
)
def test_it_begins_in_the_background_for_daemons_of_ours(monkeypatch, worker_id, file, begins):
    ran = []
    monkeypatch.setattr(
        telling, "keep_telling", lambda *one: ran.append((*map(str, one), threading.current_thread().daemon))
    )
    monkeypatch.setenv(tracked.WORKER_ID, worker_id)
    monkeypatch.setenv("CLEARML_CONFIG_FILE", file)
    telling.begin()
    if begins:
        until(lambda: ran, 5, "the thread has begun")
    assert ran == ([("w", "/a.conf", True)] if begins else [])
