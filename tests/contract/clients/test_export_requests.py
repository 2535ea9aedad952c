"""What an export asks of the other server is what the SDK's schemas of its API allow, field by field."""

import functools
import importlib
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema
import orjson
import pytest
from starlette.testclient import TestClient

from server.api.tokens import Tokens
from server.app import App
from server.app.context import Context
from server.domain.users import access
from server.export.journal import Journal
from server.export.move import Move
from server.export.target import Addresses, TargetError
from server.settings import Settings
from server.store import Store
from tests.contract.conftest import Api

FILES = "http://other.example/files"


@functools.cache
def request_schemas() -> dict[str, dict]:
    """Endpoint → the SDK's newest JSON schema of its request."""
    schemas: dict[str, dict] = {}
    for version in ("v2_9", "v2_13", "v2_20", "v2_23"):
        for service in ("tasks", "projects", "models", "events", "queues"):
            try:
                module = importlib.import_module(f"clearml.backend_api.services.{version}.{service}")
            except ImportError:
                continue
            for name, one in vars(module).items():
                if (
                    name.endswith("Request")
                    and getattr(one, "_action", None)
                    and getattr(one, "_schema", None)
                ):
                    schemas[f"{service}.{one._action}"] = one._schema
    return schemas


class StrictTarget:
    """Another server in this process, which refuses what the schemas don't know."""

    addresses = Addresses("http://other.example/api", FILES, "", "")

    def __init__(self, api: Api) -> None:
        self._api = api
        self.called: set[str] = set()
        self.uploaded: dict[str, bytes] = {}

    def call(self, endpoint: str, **body: Any) -> dict[str, Any]:
        self.called.add(endpoint)
        schema = request_schemas().get(endpoint)
        if schema is not None:
            assert set(body) <= set(schema["properties"]), (
                f"{endpoint}: {set(body) - set(schema['properties'])}"
            )
            jsonschema.validate(body, schema)
        else:
            assert endpoint.startswith("reports."), f"{endpoint} has no schema"
        answer = self._api.post(endpoint, body)
        meta = answer.json()["meta"]
        if answer.status_code != 200:
            raise TargetError(meta["result_msg"], answer.status_code)
        return answer.json()["data"]

    def add_events(self, events: Iterable[dict[str, Any]]) -> int:
        lines = list(events)
        answer = self._api.post("events.add_batch", b"\n".join(map(orjson.dumps, lines)))
        assert answer.json()["data"]["errors"] == 0, answer.text
        return len(lines)

    def upload(self, name: str, file: Path) -> str:
        self.uploaded[name] = file.read_bytes()
        return f"{FILES}/{quote(name)}"


@pytest.fixture
def target(tmp_path: Path):
    settings = Settings(data=tmp_path / "other", port=8080)
    store = Store(settings.data, synchronous="NORMAL")
    context = Context(settings, store, Tokens(settings.data / "token.key"))
    with TestClient(App(context), base_url="http://127.0.0.1:8080") as client:
        now = datetime.now(timezone.utc)
        with store.transaction():
            key = store.users.create_credentials(access.ensure_admin(store, now), "export", now)
        yield StrictTarget(Api(client, key, store))
    store.close()


def everything(api: Api) -> None:
    """Tasks in every final status, a report, a model with a parent, metadata and events, a file."""
    project = api.project("a/b", description="d", tags=["x"])
    for status in ("created", "stopped", "failed", "completed", "closed", "published"):
        task = api.task(status, project=project, comment="c", tags=["t"], system_tags=["development"])
        api("tasks.edit", task=task, force=True, script={"entry_point": "x.py"}, runtime={"a": "1"},
            configuration={"c": {"name": "c", "type": "json", "value": f"see {task}"}},
            container={"image": "i", "arguments": "", "setup_shell_script": ""})  # fmt: skip
        artifact = {"key": "x", "type": "file", "uri": f"http://127.0.0.1:8080/files/p.{task}/x.json", "hash": "0",
                    "content_size": 1, "timestamp": 5}  # fmt: skip
        api("tasks.add_or_update_artifacts", task=task, artifacts=[artifact])
        if status != "created":
            api("tasks.started", task=task)
            reach = {"closed": "close", "published": "publish"}.get(status, status)
            api(f"tasks.{reach}", task=task, force=True, status_reason="because")
    parent = api("models.create", uri="u", name="parent", project=project)["id"]
    child = api("models.create", uri="u", name="child", parent=parent, task=task, labels={"a": 1})["id"]
    api("models.add_or_update_metadata", model=child, metadata=[{"key": "k", "type": "str", "value": "v"}])
    event = {
        "task": child,
        "type": "training_stats_scalar",
        "metric": "m",
        "variant": "v",
        "iter": 1,
        "value": 2.0,
    }
    api.post("events.add", {**event, "model_event": True, "timestamp": 1000})
    api("reports.create", name="findings", report=f"see {task}", project=project)
    name = f"p.{task}/x.json"
    sent = api.client.post(
        "/files", files={name: (name, f'{{"id": "{task}"}}'.encode())}, headers=api.headers
    )
    assert sent.status_code == 200


def move(api: Api, target: StrictTarget, journal: Journal, **more: Any) -> Move:
    made = Move(api.store, target, journal, ["http://127.0.0.1:8080/files"], **more)  # type: ignore[arg-type]
    made.run()
    return made


def test_every_request_fits_the_published_schema(api: Api, target: StrictTarget, tmp_path: Path) -> None:
    everything(api)
    moved = move(api, target, Journal(tmp_path / "journal"))
    assert moved.faults == []
    assert target.called >= {"projects.create", "tasks.create", "tasks.edit", "tasks.close", "tasks.publish",
                             "models.create", "models.edit", "tasks.add_or_update_artifacts"}  # fmt: skip
    other = target._api
    statuses = {one["name"]: one["status"] for one in other("tasks.get_all", order_by=["name"])["tasks"]}
    assert statuses == {
        one: one for one in ("created", "stopped", "failed", "completed", "closed", "published")
    }


def test_ids_and_addresses_are_rewritten_wherever_they_stand(
    api: Api, target: StrictTarget, tmp_path: Path
) -> None:
    everything(api)
    journal = Journal(tmp_path / "journal")
    move(api, target, journal)
    new = journal.all("task")
    for task in target._api("tasks.get_all")["tasks"]:
        old = task["runtime"]["origin_id"]
        assert new[old] == task["id"]
        assert task["configuration"]["c"]["value"] == f"see {task['id']}"
        assert task["execution"]["artifacts"][0]["uri"] == f"{FILES}/p.{task['id']}/x.json"
    ((name, content),) = target.uploaded.items()
    assert name.removeprefix("p.").removesuffix("/x.json").encode() in content
    child = target._api("models.get_all", name="child")["models"][0]
    assert child["parent"] == journal.all("model")[api("models.get_all", name="parent")["models"][0]["id"]]


def test_a_rewritten_files_checksum_is_rewritten_too(api: Api, target: StrictTarget, tmp_path: Path) -> None:
    everything(api)
    move(api, target, Journal(tmp_path / "journal"))
    (task,) = target._api("tasks.get_all", name="^published$")["tasks"]
    artifact = task["execution"]["artifacts"][0]
    assert artifact["hash"] != "0" and artifact["content_size"] == len(next(iter(target.uploaded.values())))


def test_what_is_refused_is_reported_and_the_rest_is_moved(
    api: Api, target: StrictTarget, tmp_path: Path
) -> None:
    everything(api)
    refuse = target.call

    def call(endpoint: str, **body: Any) -> dict[str, Any]:
        if endpoint == "tasks.create" and body["name"] == "failed":
            raise TargetError("names may not be sad", 400)
        return refuse(endpoint, **body)

    target.call = call  # type: ignore[method-assign]
    moved = move(api, target, Journal(tmp_path / "journal"))
    assert any("names may not be sad" in fault for fault in moved.faults)
    assert len(target._api("tasks.get_all")["tasks"]) == 5


def test_an_interrupted_export_goes_on_without_doing_anything_twice(
    api: Api, target: StrictTarget, tmp_path: Path
) -> None:
    everything(api)
    real, left = target.call, 0

    def call(endpoint: str, **body: Any) -> dict[str, Any]:
        nonlocal left
        left -= 1
        if left < 0:
            raise TargetError("the line is cut")
        return real(endpoint, **body)

    target.call = call  # type: ignore[method-assign]
    for _ in range(100):
        left = 7
        journal = Journal(tmp_path / "journal")
        try:
            moved = move(api, target, journal)
            break
        except TargetError:
            journal.close()
    assert moved.faults == []
    target.call = real  # type: ignore[method-assign]
    names = [one["name"] for one in target._api("tasks.get_all")["tasks"]]
    assert sorted(names) == sorted(set(names)) and len(names) == 6
    assert len(target._api("models.get_all")["models"]) == 2


def test_a_journal_whose_last_line_was_cut_off_is_read_up_to_there(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.note("task", "a", "1")
    journal.close()
    with (tmp_path / "journal").open("a") as file:
        file.write('["task", "b", ')
    journal = Journal(tmp_path / "journal")
    assert journal.all("task") == {"a": "1"}
    journal.note("task", "c", "3")
    journal.close()
    assert Journal(tmp_path / "journal").all("task") == {"a": "1", "c": "3"}


def test_a_project_that_the_other_server_has_is_gone_on_with(
    api: Api, target: StrictTarget, tmp_path: Path
) -> None:
    everything(api)
    other = target._api
    there = other.project("a/b", description="theirs")
    alike = other.project("a/b2")
    moved = move(api, target, Journal(tmp_path / "journal"))
    assert moved.faults == []
    found = other("projects.get_all", name="^a/b$", search_hidden=True)["projects"]
    assert [one["id"] for one in found] == [there] and found[0]["description"] == "theirs"
    assert {one["project"] for one in other("tasks.get_all")["tasks"]} == {there}
    assert other("tasks.get_all", project=[alike])["tasks"] == []
