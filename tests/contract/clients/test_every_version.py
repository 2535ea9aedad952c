"""Every endpoint of every API version that the SDK brings: its smallest valid request and that version's shape."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from server.api import left_out
from tests.contract.conftest import _SERVICES, _VERSIONS, Api, _with_reports
from tests.contract.events import image, log, plot, scalar
from tests.contract.populated import populated

OWN_SESSION = {"auth.revoke_credentials", "auth.edit_credentials"}
WRONG_SCHEMA = {
    "events.debug_images": "the schema refers to a definition that it lacks",
    "events.plots": "the schema refers to a definition that it lacks",
    "tasks.get_configuration_names": "the schema says one object; ClearML's page uses a list",
}

NEWER_SHAPE = {
    "tasks.add_or_update_artifacts": ("v2_9", "a number of tasks, as of 2.13; not the keys"),
    "tasks.get_configurations": ("v2_9", "a list, as of 2.13"),
    "queues.get_all": ("v2_13", "v2_20", "metadata by key, as of 2.23"),
    "queues.get_by_id": ("v2_13", "v2_20", "metadata by key, as of 2.23"),
}
"""Where an older version's shape was given up by the newer ones: the newer one is answered to all (docs/server.md)."""
WRONG_REQUEST = {"auth.revoke_credentials": "the schema requires a field that it doesn't have"}


def endpoints() -> Iterator[tuple[str, str, Any, Any]]:
    """Version, endpoint, request and response classes."""
    for version in _VERSIONS:
        for service in _SERVICES:
            try:
                module = importlib.import_module(f"clearml.backend_api.services.{version}.{service}")
            except ImportError:
                continue
            classes = {
                name: one
                for name, one in vars(module).items()
                if isinstance(one, type)
                and getattr(one, "_action", None)
                and one.__module__ == module.__name__
            }
            for name, one in classes.items():
                endpoint = f"{service}.{one._action}"
                if name.endswith("Request") and not left_out.reason(endpoint):
                    yield version, endpoint, one, classes.get(name.removesuffix("Request") + "Response")


class Things:
    """What a request names, made anew for each, so that none meets what another left."""

    def __init__(self, api: Api) -> None:
        self._api, self._number = api, 0

    def name(self) -> str:
        self._number += 1
        return f"thing {self._number}"

    def task(self) -> str:
        task = self._api.task(self.name(), system_tags=["development"])
        model = self.model(task=task)
        self._api("tasks.add_or_update_model", task=task, name="out", model=model, type="output")
        return task

    def model(self, **fields: Any) -> str:
        return self._api("models.create", name=self.name(), uri="file:///m", ready=False, **fields)["id"]

    def project(self) -> str:
        return self._api.project(self.name())

    def queue(self) -> str:
        return self._api("queues.create", name=self.name())["id"]

    def sample(self, kind: str) -> tuple[str, str]:
        """A task with two of them, and the scroll id that stands at the newer."""
        task, event = self.task(), image if kind == "debug_image" else plot
        lines = b"\n".join(json.dumps(event(task, step, "m", "v")).encode() for step in (1, 2))
        self._api.post("events.add_batch", lines)
        asked = {"task": task, "metric": "m", "variant": "v"}
        return task, self._api(f"events.get_{kind}_sample", **asked)["scroll_id"]


def body(things: Things, api: Api, endpoint: str, schema: dict) -> Any:
    """The smallest valid body: what the schema requires, and what the endpoint can't do without."""
    service, _, action = endpoint.partition(".")
    task = things.task()
    made: dict[str, Any] = {
        "task": lambda: task, "tasks": lambda: [task], "model": things.model, "project": things.project,
        "queue": things.queue, "name": things.name, "uri": lambda: "file:///m", "type": lambda: "training",
        "ids": lambda: [task if service == "tasks" else things.model()], "worker": lambda: "host:0",
        "metric": lambda: "loss", "variant": lambda: "train", "from_date": lambda: 0, "to_date": lambda: 100,
        "interval": lambda: 60, "items": lambda: [{"key": "cpu_usage"}], 
        "metadata": lambda: [{"key": "k", "value": "v"}],
        "keys": lambda: ["k"], "section": lambda: "Args", "key": lambda: "k", "description": lambda: "text",
        "timestamp": lambda: 1_700_000_000, "scroll_id": lambda: "",
        "metrics": lambda: [{"task": task, "metric": "loss"}],
        "hyperparams": lambda: [{"section": "Args", "name": "x", "value": "1"}], "artifacts": lambda: [
            {"key": "a", "type": "x", "mode": "output"}], "models": lambda: [{"name": "out", "type": "output"}],
        "requirements": lambda: {"pip": "x"}, "configuration": lambda: [{"name": "c", "value": "v"}],
    }  # fmt: skip
    given = {name: made[name]() for name in schema.get("required", []) if name in made}
    if endpoint in ("models.move", "tasks.move"):
        given["project_name"] = things.name()
    elif endpoint == "models.update_for_task":
        given["uri"] = "file:///m"
    elif endpoint == "models.get_by_task_id":
        given["task"] = task
    elif endpoint == "models.make_public" or endpoint == "models.make_private":
        given["ids"] = [things.model()]
    elif endpoint == "events.get_scalar_metric_data":
        given["task"] = task
    elif endpoint == "events.scalar_metrics_iter_raw":
        given["metric"] = {"metric": "loss"}
    elif endpoint == "tasks.add_or_update_model":
        given["type"] = "output"
    elif endpoint == "tasks.delete_configuration":
        given["configuration"] = ["c"]
    elif endpoint == "projects.move":
        given["new_location"] = things.name()
    elif endpoint == "auth.edit_user":
        given |= {"user": api("users.create", name=things.name())["id"], "role": "user"}
    elif endpoint in OWN_SESSION:
        given["access_key"] = api("auth.create_credentials")["credentials"]["access_key"]
    elif action.startswith("next_"):
        given["task"], given["scroll_id"] = things.sample(
            action.removeprefix("next_").removesuffix("_sample")
        )
    elif endpoint == "pipelines.start_pipeline":
        given["task"] = api.task(things.name(), system_tags=["pipeline"], script={"entry_point": "x.py"})
    elif endpoint == "tasks.close":
        api("tasks.started", task=task)
        api("tasks.stopped", task=task)
    elif endpoint in ("tasks.completed", "tasks.failed", "tasks.stop", "tasks.stop_many", "tasks.stopped"):
        api("tasks.started", task=task)
    elif endpoint in ("tasks.publish", "tasks.publish_many"):
        api("tasks.started", task=task)
        api("tasks.completed", task=task)
    elif endpoint in ("tasks.enqueue", "tasks.enqueue_many"):
        api("tasks.edit", task=task, script={"entry_point": "x.py", "repository": "git@host:r.git"})
    elif endpoint in ("tasks.dequeue", "tasks.dequeue_many") or (service == "queues" and "task" in given):
        queue = given.get("queue") or things.queue()
        if action != "add_task":
            api("queues.add_task", queue=queue, task=task)
    elif endpoint == "workers.unregister":
        api("workers.register", worker="host:0")
    elif endpoint in ("events.add", "events.add_batch"):
        lines = [scalar(task, 1, 1.0), log(task, "line", 1)][: 1 if action == "add" else 2]
        return b"\n".join(json.dumps(one).encode() for one in lines)
    elif endpoint == "tasks.update_batch":
        return json.dumps({"task": task, "name": "renamed"}).encode()
    return given


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with populated(tmp_path_factory.mktemp("versions")) as (api, _):
        yield api


@pytest.fixture(scope="module")
def things(api: Api) -> Things:
    return Things(api)


@pytest.mark.parametrize(
    ("version", "endpoint", "request_class", "response_class"),
    [pytest.param(*one, id=f"{one[1]} {one[0]}") for one in endpoints()],
)
def test_the_smallest_request_is_answered_in_the_versions_shape(
    api: Api, things: Things, version: str, endpoint: str, request_class: Any, response_class: Any
) -> None:
    asked = body(things, api, endpoint, request_class._schema or {})
    if isinstance(asked, dict) and endpoint not in WRONG_REQUEST:
        jsonschema.Draft7Validator({**(request_class._schema or {}), "type": "object"}).validate(asked)
    answer = api.post(endpoint, asked, version=version.replace("_", "."))
    assert answer.status_code == 200, answer.text
    if not answer.headers["content-type"].startswith("application/json") or endpoint.endswith(
        "download_task_log"
    ):
        return
    data = answer.json()["data"]
    assert not data.get("failed"), data
    if version in NEWER_SHAPE.get(endpoint, ()) or endpoint in WRONG_SCHEMA:
        return
    if response_class is not None and response_class._schema:
        schema = _with_reports(response_class._schema)
        jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker()).validate(data)
