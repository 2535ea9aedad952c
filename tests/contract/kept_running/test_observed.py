"""What whoever runs the server is told: whether it can work, its figures, and each request in the log."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from server.api.tokens import Tokens
from server.app import App, health
from server.app.context import Context
from server.app.process import logs
from server.settings import Settings
from server.store import Store
from tests.contract.conftest import Api


def figures(api: Api) -> dict[tuple[str, ...], float]:
    """Every sample: (name, label values …) → value."""
    answer = api.client.get("/metrics", auth=api.key)
    assert answer.status_code == 200, answer.text
    families = text_string_to_metric_families(answer.text)
    return {
        (one.name, *(one.labels[name] for name in sorted(one.labels))): one.value
        for family in families
        for one in family.samples
    }


def test_the_process_answers_and_can_work(client: TestClient) -> None:
    assert (client.get("/healthz").status_code, client.get("/healthz").text) == (200, "ok")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "reasons": []})
    assert client.post("/readyz").status_code == 405


def test_a_database_that_takes_no_write_is_said(client: TestClient, store: Store) -> None:
    store.db._writer.execute("PRAGMA query_only=ON")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["the database can't be written: attempt to write a readonly database"]
    assert client.get("/healthz").status_code == 200


def test_a_disk_without_room_is_said(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(health.shutil, "disk_usage", lambda path: usage._replace(free=3_000_000))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["the disk has 3 MB left"])


def test_a_database_of_another_version_is_said(client: TestClient, store: Store) -> None:
    store.db._writer.execute("PRAGMA user_version=9999")
    assert "schema 9999" in client.get("/readyz").json()["reasons"][0]


def test_many_who_ask_cause_one_write(
    client: TestClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []
    monkeypatch.setattr(store.health, "write", written.append)
    assert {client.get("/readyz").status_code for _ in range(20)} == {200}
    assert len(written) == 1


def test_metrics_need_a_key_of_any_role(api: Api, client: TestClient, store: Store) -> None:
    refused = client.get("/metrics")
    assert refused.status_code == 401 and refused.json()["meta"]["result_code"] == 401
    assert client.get("/metrics", auth=("A" * 32, "wrong")).status_code == 401
    now = datetime.now(timezone.utc)
    with store.transaction():
        viewer = store.users.create("prometheus", "viewer", now)
        pair = store.users.create_credentials(viewer, None, now)
    assert client.get("/metrics", auth=pair).status_code == 200
    assert client.get("/metrics", headers=api.headers).status_code == 200


def test_requests_are_counted_by_endpoint_and_code(api: Api) -> None:
    api.task()
    api.post("tasks.get_by_id", {"task": "f" * 32})
    api.post("tasks.made_up_by_a_client", {})
    found = figures(api)
    assert found["soundyard_requests_total", "200", "tasks.create"] == 1
    assert found["soundyard_requests_total", "400", "tasks.get_by_id"] == 1
    assert found["soundyard_requests_total", "400", "no endpoint"] == 1
    assert found["soundyard_request_seconds_count", "tasks.create"] == 1
    assert not any("made_up" in label for sample in found for label in sample)


def test_queues_workers_events_and_sizes_are_told(api: Api) -> None:
    queue = api("queues.create", name='a "queue"\nof é')["id"]
    tasks = [api.task(f"task {number}") for number in range(2)]
    for task in tasks:
        api("tasks.enqueue", task=task, queue=queue)
    lines = b"\n".join(
        orjson.dumps({"type": "training_stats_scalar", "task": tasks[0], "metric": "m", "variant": "v",
                      "iter": number, "value": 1.0}) for number in range(3)
    )  # fmt: skip
    assert api.post("events.add_batch", lines).status_code == 200
    api("workers.register", worker="machine:0", queues=[queue])
    before = figures(api)
    assert before["soundyard_queue_length", 'a "queue"\nof é'] == 2
    assert before["soundyard_queue_next_waited_seconds", 'a "queue"\nof é'] >= 0
    assert before["soundyard_tasks", "queued"] == 2
    assert before["soundyard_workers", "idle"] == 1
    assert before["soundyard_events_ingested_total",] == 3
    assert before["soundyard_task_waited_seconds_count",] == 0
    for name in ("database_bytes", "disk_free_bytes"):
        assert before[f"soundyard_{name}",] > 0
    assert before["process_resident_memory_bytes",] > 1e6
    api("queues.get_next_task", queue=queue)
    after = figures(api)
    assert after["soundyard_queue_length", 'a "queue"\nof é'] == 1
    assert after["soundyard_task_waited_seconds_count",] == 1


def test_figures_of_one_server_are_not_anothers(api: Api, settings: Settings, store: Store) -> None:
    api.task()
    context = Context(settings, store, Tokens(settings.data / "token.key"))
    with TestClient(App(context), base_url="http://127.0.0.1:8080") as other:
        text = other.get("/metrics", auth=api.key).text
    assert "tasks.create" not in text


def test_a_sane_request_id_is_given_back_and_another_replaced(api: Api) -> None:
    for given in ("deploy-7.2026:ab_c", "0" * 100):
        answer = api.client.post("/api/debug.ping", headers={"X-Request-ID": given})
        assert answer.headers["x-request-id"] == given == answer.json()["meta"]["trx"]
    for given in ("", "a b", "x" * 101, "é".encode(), 'a"b', "a\tb"):
        answer = api.client.post("/api/no.endpoint", headers={"X-Request-ID": given})
        made = answer.headers["x-request-id"]
        assert re.fullmatch("[0-9a-f]{32}", made) and answer.json()["meta"]["trx"] == made
    assert re.fullmatch("[0-9a-f]{32}", api.client.get("/healthz").headers["x-request-id"])


@pytest.fixture
def lines(settings: Settings, tmp_path: Path) -> Iterator[list[bytes]]:
    """The lines of the log of requests, in JSON, once the test has ended its client."""
    logger = logging.getLogger(logs.ACCESS)
    logs.of_requests("file", tmp_path, 1, "json")
    found: list[bytes] = []
    yield found
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()


def test_each_request_has_one_line_without_secrets(
    api: Api, lines: list, tmp_path: Path, settings: Settings
) -> None:
    object.__setattr__(settings, "access_log", "file")
    context = Context(settings, api.store, Tokens(settings.data / "token.key"))
    token = api.headers["Authorization"].removeprefix("Bearer ")
    with TestClient(App(context), base_url="http://127.0.0.1:8080") as client:
        client.post(
            "/api/tasks.get_all?secret=in-the-query", headers=api.headers, json={"name": "in-the-body"}
        )
        client.get("/api/auth.login", auth=api.key)
        client.post("/api/auth.login", auth=("ann", "a wrong password"))
        client.get("/files/a%0a%22b%20%C3%A9.wav", headers={"Cookie": f"soundyard_session_8080={token}"})
    text = (tmp_path / "logs" / "access.log").read_text()
    told = [orjson.loads(line) for line in text.splitlines()]
    assert [(one["endpoint"], one["code"]) for one in told] == [
        ("tasks.get_all", 200), ("auth.login", 200), ("auth.login", 401), ("files.get", 404),
    ]  # fmt: skip
    assert told[0]["user"] and told[0]["path"] == "/api/tasks.get_all" and told[0]["request"]
    assert told[3]["path"] == "/files/a%0A%22b%20%C3%A9.wav"
    for secret in ("in-the-query", "in-the-body", api.key[1], "a wrong password", token, token[-20:]):
        assert secret not in text


def test_a_fault_in_the_log_has_its_requests_id_and_trace(capsys: pytest.CaptureFixture[str], api: Api,
                                                          monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    logs.set_up("info", "json")
    added = [one for one in root.handlers if one not in before]
    monkeypatch.setattr(api.store.tasks, "get", lambda *_, **__: 1 / 0)
    try:
        api.client.post(
            "/api/tasks.get_by_id", json={"task": "a"}, headers={**api.headers, "X-Request-ID": "mine"}
        )
    finally:
        for one in added:
            root.removeHandler(one)
        root.setLevel(level)
    said = [orjson.loads(line) for line in capsys.readouterr().err.splitlines()]
    line = next(one for one in said if one["logger"] == "soundyard.api")
    assert (line["request"], line["level"]) == ("mine", "error")
    assert "ZeroDivisionError" in line["exception"]
