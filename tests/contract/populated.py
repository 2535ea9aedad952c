"""A server with something of everything, for tests that go over all endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from starlette.testclient import TestClient

from server.api.tokens import Tokens
from server.app import App
from server.app.context import Context
from server.domain.users import access
from server.settings import Settings
from server.store import Store
from tests.contract.conftest import Api
from tests.contract.events import image, log, plot, scalar, send


@contextmanager
def populated(folder: Path) -> Iterator[tuple[Api, list[str]]]:
    """Signed in as an admin; no poll is held. Gives it, and ids and names that exist."""
    store = Store(folder / "server", synchronous="NORMAL")
    settings = Settings(data=store.folder, hold_seconds=0)
    now = datetime.now(timezone.utc)
    with store.transaction():
        key = store.users.create_credentials(access.ensure_admin(store, now), "test", now)
    app = App(Context(settings, store, Tokens(store.folder / "token.key")))
    with TestClient(app, base_url="http://127.0.0.1:8080") as client:
        api = Api(client, key, store)
        yield api, _populate(api)
    store.close()


def _populate(api: Api) -> list[str]:
    project = api.project("fuzz/sub")
    tasks = [api.task(f"task {i}", project=project) for i in range(3)]
    for task in tasks:
        send(api, scalar(task, 1, 1.0), image(task, 1), plot(task, 1), log(task, "line", 1))
        parameter = {"section": "Args", "name": "x", "value": "1"}
        api("tasks.edit_hyper_params", task=task, hyperparams=[parameter])
    model = api("models.create", uri="http://127.0.0.1/m.pt", name="model", labels={"a": 1}, task=tasks[0])[
        "id"
    ]
    queue = api("queues.create", name="fuzzed")["id"]
    api("tasks.enqueue", task=tasks[1], queue=queue)
    api("workers.register", worker="host:0", queues=[queue])
    report = api("reports.create", name="report", project=project)["id"]
    return [
        *tasks,
        project,
        model,
        queue,
        report,
        "host:0",
        "fuzz/sub",
        "fuzz",
        "task 1",
        "loss",
        "Args",
        "x",
    ]
