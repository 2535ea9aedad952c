"""An id that nobody has, above all one that reads like a filter (`-x`: all but x), never touches anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from server.api import registry
from tests.contract.conftest import Api
from tests.contract.populated import populated

IDS = {"task", "tasks", "project", "model", "queue", "ids", "id", "report", "worker", "user", "src_queue"}
MAKES_ONE = {
    "tasks.create",
    "models.create",
    "projects.create",
    "queues.create",
    "reports.create",
    "users.create",
}
ENDPOINTS = [
    one
    for one in registry.all_endpoints()
    if not one.raw and one.name not in MAKES_ONE and IDS & set(one.request.model_fields)
]


PLAUSIBLE = {"str": "text", "bool": True, "int": 1, "float": 1.0}


def filled(model: type[BaseModel], unknown: str) -> dict[str, Any]:
    """A body with every id unknown and every other field plausible."""
    body = {}
    for name, field in model.model_fields.items():
        kind = str(field.annotation)
        if name in IDS:
            body[field.alias or name] = [unknown] if "list" in kind else unknown
        elif "list[str]" in kind:
            body[field.alias or name] = [name]
        elif field.is_required() and "list" in kind:
            body[field.alias or name] = []
        else:
            fitting = (
                one for word, one in PLAUSIBLE.items() if kind in (f"<class '{word}'>", f"{word} | None")
            )
            body.update((field.alias or name, value) for value in fitting)
    return body


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with populated(tmp_path_factory.mktemp("ids")) as (api, _):
        yield api


def contents(api: Api) -> dict[str, list]:
    tables = ("tasks", "models", "projects", "queues", "queue_entries", "task_params", "series", "users")
    return {
        table: sorted(tuple(map(str, row)) for row in api.store.db.rows(f"SELECT * FROM {table}"))
        for table in tables
    }


@pytest.mark.parametrize("unknown", ["-nobody", "nobody", "__$not"])
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: one.name)
def test_an_id_that_nobody_has_changes_nothing(api: Api, endpoint: registry.Endpoint, unknown: str) -> None:
    before = contents(api)
    answer = api.post(endpoint.name, filled(endpoint.request, unknown))
    assert answer.status_code in (200, 400), answer.text
    assert contents(api) == before
