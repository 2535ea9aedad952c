"""An agent that takes no task for a while: what its server then holds, and how the pauses grow."""

import time

import pytest

from agents.told import holding, tracked


@pytest.fixture
def api(server, monkeypatch):
    monkeypatch.delenv("CLEARML_AUTH_TOKEN", raising=False)
    access, secret = server.keys
    keys = {"access_key": access, "secret_key": secret}
    return tracked.Server({"api": {"api_server": f"{server.url}/api", "credentials": keys}})


@pytest.fixture
def worker(server):
    server.call("workers.register", worker="box:held", timeout=600, queues=[server.queue("held")])
    yield "box:held"
    server.call("workers.unregister", worker="box:held")


def properties(server, worker):
    found = server.call("workers.get_runtime_properties", worker=worker)["runtime_properties"]
    return {one["key"]: one["value"] for one in found}


def test_it_is_told_not_to_take_tasks_and_why_and_later_to_take_them_again(server, api, worker):
    holding.hold(api, worker, "because of é", 60)
    assert properties(server, worker) == {"force": "off", "held": "because of é"}
    holding.release(api, worker)
    assert properties(server, worker) == {"force": "on", "held": ""}


def test_it_lapses_by_itself(server, api, worker):
    holding.hold(api, worker, "why", 0.3)
    assert properties(server, worker)["force"] == "off"
    time.sleep(0.5)
    assert "force" not in properties(server, worker)


def test_each_pause_is_longer_than_the_last_up_to_ten_minutes(server, api, worker, tmp_path):
    failures = holding.Failures(tmp_path / "a é.conf")
    for _ in range(7):
        failures.one_more(api, worker, "no way to é")
    said = (tmp_path / "a é.log").read_text().splitlines()
    assert [line.partition(" soundyard: ")[2] for line in said] == [
        f"no task is taken for {pause} s: no way to é" for pause in (30, 60, 120, 240, 480, 600, 600)
    ]
    assert (tmp_path / "a é.unfetched").read_text() == "7"
    failures.none()
    failures.none()
    failures.one_more(api, worker, "again")
    assert (tmp_path / "a é.log").read_text().endswith("for 30 s: again\n")
    (tmp_path / "a é.unfetched").write_text("é")
    failures.one_more(api, worker, "a damaged count begins anew")
    assert (tmp_path / "a é.unfetched").read_text() == "1"


def test_what_no_agent_of_ours_runs_holds_nobody(server, api, worker):
    failures = holding.Failures(None)
    failures.none()
    holding.hold(api, worker, "before", 60)
    failures.one_more(api, worker, "é")
    assert properties(server, worker)["held"] == "before" and failures._number() == 0


@pytest.mark.parametrize(
    ("worker_id", "file", "kept"), [("w", "a.conf", True), ("", "a.conf", False), ("w", "", False)]
)
def test_failures_are_counted_for_agents_of_ours_alone(tmp_path, monkeypatch, worker_id, file, kept):
    monkeypatch.setenv(tracked.WORKER_ID, worker_id)
    monkeypatch.setenv("CLEARML_CONFIG_FILE", str(tmp_path / file) if file else "")
    (tmp_path / "a.unfetched").write_text("3")
    holding.Failures.of_this_agent().none()
    assert (tmp_path / "a.unfetched").exists() is not kept


def test_a_line_of_the_log_has_its_moment():
    before = time.strftime("%Y-%m-%d %H:%M:%S")
    said = holding.say("é")
    assert before <= said[:19] <= time.strftime("%Y-%m-%d %H:%M:%S") and said[19:] == " soundyard: é"
