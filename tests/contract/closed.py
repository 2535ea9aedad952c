"""A server with three projects that hold something of everything, and a user to whom one is open, one is open for
reading, and one is closed."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import orjson
from starlette.testclient import TestClient

from server.api import registry
from server.api.tokens import Tokens
from server.app import App
from server.app.context import Context
from server.domain.alerts.watch import Watch
from server.domain.users import access, users
from server.settings import Settings
from server.store import Store
from tests.contract.conftest import Api
from tests.contract.events import image, log, plot, scalar, send

HUSH = "hush5c1d"
"""In every text of the closed project."""
QUEUE, WORKER = "shared queue", "host:0"


@dataclass
class Things:
    """What a project holds."""

    mark: str
    project: str
    below: str
    tasks: list[str]
    """A draft, one that waits, one that runs, one that is published, a version of a dataset, a pipeline, a report."""
    models: list[str]
    """A draft and a published one."""
    files: list[str]
    """Names: in the folder of the draft, and in none of a task's, named by an artifact of it."""

    @property
    def ids(self) -> set[str]:
        return {self.project, self.below, *self.tasks, *self.models}


@dataclass
class World:
    admin: Api
    user: Api
    user_id: str
    queue: str
    other_queue: str
    own: Things
    shared: Things
    closed: Things


@contextmanager
def world(folder: Path) -> Iterator[World]:
    store = Store(folder / "server", synchronous="NORMAL")
    settings = Settings(data=store.folder, hold_seconds=0, requests_per_second=0)
    now = datetime.now(timezone.utc)
    with store.transaction():
        key = store.users.create_credentials(access.ensure_admin(store, now), "test", now)
        user = users.create(store, now, name="Una", role="user", password=None)
        users_key = store.users.create_credentials(user, "test", now)
    app = App(Context(settings, store, Tokens(store.folder / "token.key")))
    with TestClient(app, base_url="http://127.0.0.1:8080") as client:
        admin, una = Api(client, key, store), Api(client, users_key, store)
        queue = admin("queues.create", name=QUEUE)["id"]
        admin(
            "alerts.set_rule", name="rule", kind="status", statuses=["published"], desktop=True, channels=[]
        )
        made = [filled(admin, name, queue) for name in ("own", "shared", HUSH)]
        admin("workers.status_report", worker=WORKER, task=made[2].tasks[2], queues=[queue])
        admin("projects.set_access", project=made[1].project, user=user, level="read")
        admin("projects.set_access", project=made[2].project, user="*", level="none")
        Watch(store).run(datetime.now(timezone.utc))
        yield World(admin, una, user, queue, admin("queues.create", name="other")["id"], *made)
    store.close()


def filled(api: Api, mark: str, queue: str) -> Things:
    """A project, a project below it, and all kinds of things in both; `mark` is in every text."""
    text = f"{mark} text"
    project = api.project(mark, description=text, tags=[mark])
    below = api.project(f"{mark}/{mark} below", description=text)
    parameter = {"section": mark, "name": mark, "value": mark}
    more: dict[str, Any] = {
        "comment": text,
        "tags": [mark],
        "project": project,
        "hyperparams": {mark: {mark: parameter}},
        "configuration": {mark: {"name": mark, "value": text, "type": mark}},
        "script": {"repository": text, "diff": text, "entry_point": f"{mark}.py"},
        "container": {"image": mark},
        "runtime": {mark: mark},
    }
    tasks = [api.task(f"{mark} {number}", **more) for number in range(4)]
    tasks.append(api.task(f"{mark} dataset", **{**more, "project": below}, system_tags=["dataset"]))
    tasks.append(api.task(f"{mark} pipeline", **more, system_tags=["pipeline"], parent=tasks[0]))
    tasks.append(
        api("reports.create", name=f"{mark} report", project=project, report=text, tags=[mark])["id"]
    )
    for task in tasks[:4]:
        events = scalar(task, 1, 1.0, mark, mark), image(task, 1, mark, mark), plot(task, 1, mark, mark)
        send(api, *events, log(task, text, 1), {**events[0], "type": "vector", "values": [1, 2], "iter": 2})
    models = [
        api(
            "models.create", name=f"{mark} {number}", uri=f"http://127.0.0.1:8080/files/{mark}/{number}.pt",
            comment=text, tags=[mark], project=project, task=tasks[0], labels={mark: 1}, framework=mark,
            metadata=[{"key": mark, "value": mark, "type": mark}], ready=number == 1, design={mark: mark},
        )["id"]
        for number in range(2)
    ]  # fmt: skip
    files = [f"{mark}/{mark} 0.{tasks[0]}/a.txt", f"{mark}/free.txt"]
    for name in files:
        assert upload(api, name, text) == 200
    artifacts = [
        {"key": f"{mark} {number}", "type": mark, "uri": f"http://127.0.0.1:8080/files/{name}"}
        for number, name in enumerate(files)
    ]
    api("tasks.add_or_update_artifacts", task=tasks[0], artifacts=artifacts)
    api("tasks.add_or_update_model", task=tasks[0], name=mark, model=models[0], type="output")
    api("tasks.add_or_update_model", task=tasks[3], name=mark, model=models[1], type="input")
    api("tasks.enqueue", task=tasks[1], queue=queue)
    api("tasks.started", task=tasks[2])
    api("tasks.publish", task=tasks[3], force=True)
    return Things(mark, project, below, tasks, models, files)


def upload(api: Api, name: str, text: str) -> int:
    """The status of the answer."""
    return api.client.post("/files/", files={"file": (name, text.encode())}, headers=api.headers).status_code


# Requests

_FITTING: dict[str, Any] = {
    "page": 0, "page_size": 500, "size": 500, "start": 0, "batch_size": 500, "interval": 60, "from_date": 0,
    "to_date": 4_000_000_000, "entity_type": "task", "timestamp": 1, "level": "write", "event_type": "log",
    "metric_type": "cpu_count", "items": [{"key": "cpu_usage"}], "line_format": "{msg}", "iters": 1, "count": 1,
    "key": "iter", "type": "training", "role": "user", "expiration_sec": 60, "model_metrics": False, "filter": None,
    "field_mappings": [{"field": "name", "name": "name"}, {"field": "comment", "name": "comment"}],
}  # fmt: skip
_CHANGED = {
    "comment": "changed",
    "add_tags": ["changed"],
    "new_location": "changed/place",
    "report": "changed",
}
_SKIPPED = {"scroll_id", "refresh_scroll", "only_fields", "password", "clear_all"}


def body(
    endpoint: registry.Endpoint, world: World, of: Things, task: int, into: Things, *, flags: bool
) -> dict[str, Any]:
    """A request about tasks and models of one project and about another (or the same) as a place; `task`: which of its
    tasks is the first; `flags`: whether everything that can be switched on is."""
    service = endpoint.name.partition(".")[0]
    tasks = [of.tasks[task], *(one for one in of.tasks if one != of.tasks[task])]
    own = {"models": of.models, "projects": [into.project]}.get(service, tasks)
    ids: dict[str, Any] = {
        "task": tasks[0], "tasks": tasks, "ids": own, "id": own, "model": of.models[0], "parent": own[-1],
        "override_model_id": of.models[0], "new_task_parent": tasks[0], "project": into.project,
        "projects": [into.project], "destination_project": into.project, "new_task_project": into.project,
        "queue": world.queue, "queues": [world.queue], "queue_ids": [world.queue], "user": world.user_id,
        "worker": "host:1", "worker_ids": [WORKER], "variant": of.mark, "section": of.mark,
        "prepare_id": base64.urlsafe_b64encode(orjson.dumps({"project": [of.project]})).decode(),
    }  # fmt: skip
    if service == "events":
        one = {"metric": of.mark, "variants": [of.mark]}
        in_tasks = "TaskMetric" in str(endpoint.request.model_fields.get("metrics"))
        ids["metrics"] = [{**one, "task": task} for task in tasks] if in_tasks else [one]
        ids["metric"] = one if "Variants" in str(endpoint.request.model_fields.get("metric")) else of.mark
    ids |= {
        "projects.get_hyperparam_values": {"name": of.mark},
        "projects.get_model_metadata_values": {"key": of.mark},
        "organization.get_entities_count": {"projects": {}, "tasks": {"project": [of.project]}},
        "tasks.add_or_update_artifacts": {"artifacts": [{"key": "new", "type": "new", "uri": "new"}]},
        "tasks.add_or_update_model": {"type": "input"},
        "queues.get_next_task": {"task": None},
        "queues.move_task_to_queue": {"queue": world.other_queue},
    }.get(endpoint.name, {})
    known = {**_FITTING, **_CHANGED, "order_by": ["-last_update" if flags else "name"]}
    found: dict[str, Any] = {}
    for name, field in endpoint.request.model_fields.items():
        wire, kind = field.alias or name, str(field.annotation)
        if wire in _SKIPPED:
            continue
        if wire in ids:
            value = ids[wire]
            listed = isinstance(value, list)
            wants_list = "list" in kind
            found[wire] = (
                value if listed == wants_list or "| str" in kind else [value] if wants_list else value[0]
            )
        elif wire in known:
            found[wire] = known[wire]
        elif "bool" in kind:
            found[wire] = flags
        elif field.is_required():
            found[wire] = _required(kind, wire)
    return {name: value for name, value in found.items() if value is not None}


def _required(kind: str, name: str) -> Any:
    if "list" in kind:
        return [name] if "str" in kind else []
    if "dict" in kind:
        return {}
    return 1 if "int" in kind or "float" in kind else name
