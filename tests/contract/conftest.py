"""A server in this process with a data folder of its own, and `call`, which holds every answer against the SDK's
own schema of it."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from starlette.testclient import TestClient

from server.api.tokens import Tokens
from server.app import App
from server.app.context import Context
from server.domain.users import access, links
from server.settings import Settings
from server.store import Store

_VERSIONS = ("v2_9", "v2_13", "v2_20", "v2_23")
_SERVICES = (
    "auth",
    "events",
    "models",
    "organization",
    "pipelines",
    "projects",
    "queues",
    "tasks",
    "workers",
)
KNOWN_SCHEMA_FAULTS = {
    "events.debug_images": "the schema refers to a definition that it lacks",
    "events.plots": "the schema refers to a definition that it lacks",
    "tasks.get_configuration_names": "the schema says one object; ClearML's server and its page use a list",
}


@functools.cache
def response_schemas() -> dict[str, dict]:
    """Endpoint → the SDK's newest JSON schema of its answer."""
    schemas: dict[str, dict] = {}
    for version in _VERSIONS:
        for service in _SERVICES:
            try:
                module = importlib.import_module(f"clearml.backend_api.services.{version}.{service}")
            except ImportError:
                continue
            for name, one in vars(module).items():
                if name.endswith("Response") and getattr(one, "_action", None) and one._schema:
                    schemas[f"{service}.{one._action}"] = _with_reports(one._schema)
    return schemas


def _with_reports(schema: dict) -> dict:
    """The server's tasks have one type more than the SDK's schemas know: the reports of API 2.23."""
    definitions = schema.get("definitions", {})
    types = definitions.get("task_type_enum")
    if not types:
        return schema
    known = {**types, "enum": [*types["enum"], "report"]}
    return {**schema, "definitions": {**definitions, "task_type_enum": known}}


@functools.cache
def validator(endpoint: str) -> jsonschema.Draft7Validator | None:
    """Checks answers of an endpoint; None where the SDK has no schema, or a wrong one."""
    schema = None if endpoint in KNOWN_SCHEMA_FAULTS else response_schemas().get(endpoint)
    return jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker()) if schema else None


class Api:
    """The API as a client with an access key sees it."""

    def __init__(self, client: TestClient, key: tuple[str, str], store: Store) -> None:
        self.client = client
        self.store = store
        token = client.get("/api/auth.login", auth=key).json()["data"]["token"]
        self.headers = {"Authorization": f"Bearer {token}"}
        self.key = key

    def post(self, endpoint: str, body: Any, version: str = "") -> Any:
        """The bare HTTP answer to a JSON body, or to bytes as they are."""
        path = f"/api/{version}{'/' if version else ''}{endpoint}"
        how = {"content": body} if isinstance(body, bytes) else {"json": body}
        return self.client.post(path, headers=self.headers, **how)

    def __call__(self, endpoint: str, **body: Any) -> dict[str, Any]:
        """The answer's data; it fits the schema or the test fails."""
        answer = self.post(endpoint, body)
        assert answer.status_code == 200, f"{endpoint}: {answer.text}"
        data = answer.json()["data"]
        schema = validator(endpoint)
        if schema:
            schema.validate(data)
        return data

    def fails(self, endpoint: str, code: int, subcode: int, **body: Any) -> str:
        """The message of the error that this call must end in."""
        answer = self.post(endpoint, body)
        meta = answer.json()["meta"]
        got = (answer.status_code, meta["result_code"], meta["result_subcode"])
        assert got == (code, code, subcode), f"{endpoint}: {answer.text}"
        return meta["result_msg"]

    def open_page(self) -> None:
        """The client is a browser that a one-time link lets in; it keeps the cookie."""
        link = links.address("", links.make(self.store, datetime.now(timezone.utc)))
        assert self.client.get(link, follow_redirects=False).status_code == 303

    def task(self, name: str = "task", **fields: Any) -> str:
        """A new task's id."""
        return self("tasks.create", **{"name": name, "type": "training", **fields})["id"]

    def project(self, name: str = "project", **fields: Any) -> str:
        """A new project's id."""
        return self("projects.create", name=name, **fields)["id"]

    def get(self, task: str) -> dict[str, Any]:
        return self("tasks.get_by_id", task=task)["task"]

    def status(self, task: str) -> str:
        return self.get(task)["status"]

    def names(self, endpoint: str, **query: Any) -> list[str]:
        """The names that a `get_all` finds, in its order."""
        data = self(endpoint, **query)
        listed = next(value for value in data.values() if isinstance(value, list))
        return [one["name"] for one in listed]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "server", synchronous="NORMAL")
    yield store
    store.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "server", port=8080)


@pytest.fixture
def client(store: Store, settings: Settings) -> Iterator[TestClient]:
    context = Context(settings, store, Tokens(settings.data / "token.key"))
    with TestClient(App(context), base_url="http://127.0.0.1:8080", raise_server_exceptions=True) as client:
        yield client


@pytest.fixture
def api(client: TestClient, store: Store) -> Api:
    """Signed in with an access key of the first user, an admin."""
    now = datetime.now(timezone.utc)
    with store.transaction():
        user = access.ensure_admin(store, now)
        key = store.users.create_credentials(user, "test", now)
    return Api(client, key, store)
