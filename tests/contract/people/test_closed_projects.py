"""Every endpoint, asked by somebody to whom a project is closed: nothing of it is told, and nothing of it changes; nor
of a project that may only be read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import orjson
import pytest
from httpx import Response

from server.api import registry
from server.store.database import guard
from tests.contract import closed
from tests.contract.closed import HUSH, Things, World, body
from tests.contract.conftest import Api

ENDPOINTS = [one for one in registry.all_endpoints() if not one.raw and not one.name.startswith("auth.")]
ROWS = {
    "projects": "id", "tasks": "id", "task_documents": "id", "task_params": "task", "task_models": "task",
    "last_metrics": "task", "models": "id", "queue_entries": "task", "queue_handouts": "task", "series": "task",
    "logs": "task", "file_uses": "owner", "dataset_parents": "child", "project_files": "project",
    "task_counts": "project", "files": "path", "alert_events": "project",
    "scalars": "series", "scalar_tiles": "series", "rich_events": "series",
}  # fmt: skip
"""Every guarded table, and what tells whose a row is."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with closed.world(tmp_path_factory.mktemp("closed")) as made:
        yield made


def rows(world: World, *of: Things) -> dict[str, list[tuple[str, ...]]]:
    """All that lies in these projects, table by table, but for the order of a queue."""
    db = world.admin.store.db
    ids = set().union(*(one.ids for one in of), *(one.files for one in of))
    listed = orjson.dumps(sorted(ids)).decode()
    found = {}
    for table, column in ROWS.items():
        which = "SELECT value FROM json_each(:ids)"
        if column == "series":
            which = f"SELECT id FROM series WHERE task IN ({which})"
        sql = f"SELECT * FROM {table} WHERE {column} IN ({which})"
        found[table] = sorted(
            tuple(str(value) for name, value in dict(row).items() if name != "position")
            for row in db.rows(sql, {"ids": listed})
        )
    return found


def requests(world: World, endpoint: registry.Endpoint, of: Things) -> Iterator[dict]:
    """About each kind of task there is, with all switches on or off; about things there, and about it as a place."""
    seen = set()
    every = [
        (of, of, task, flags) for task in range(len(of.tasks)) for flags in ((True, False)[: 2 - task % 2])
    ]
    for things, place, task, flags in (*every, (world.own, of, 0, True), (of, world.own, 0, True)):
        asked = body(endpoint, world, things, task, place, flags=flags)
        key = orjson.dumps(asked)
        if key not in seen:
            seen.add(key)
            yield asked


def missing(world: World, things: Things) -> Things:
    """As many ids that nobody has."""
    ids = (f"{number:032x}" for number in range(1, 99))
    tasks, models = [next(ids) for _ in things.tasks], [next(ids) for _ in things.models]
    return Things("nobody", next(ids), next(ids), tasks, models, ["no/such.txt", "none.txt"])


def test_the_tables_looked_at_are_those_that_are_guarded(world: World) -> None:
    assert set(ROWS) == set(guard.TABLES)


def test_every_table_is_guarded_or_free_for_a_reason(world: World) -> None:
    sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    tables = {row["name"] for row in world.admin.store.db.rows(sql)}
    assert tables == set(guard.TABLES) | set(guard.MASKED) | set(guard.FREE)


def test_the_closed_project_has_rows_in_every_table_that_is_compared(world: World) -> None:
    empty = {table for table, found in rows(world, world.closed).items() if not found}
    assert empty <= {"queue_handouts", "scalar_tiles", "dataset_parents"}


def test_an_admin_is_told_of_it_by_all_the_endpoints_that_tell_anything(world: World) -> None:
    """So that the tests below can fail."""
    telling = set()
    for endpoint in ENDPOINTS:
        if endpoint.role != "viewer" or endpoint.name.startswith("users."):
            continue
        for asked in requests(world, endpoint, world.closed):
            if HUSH in world.admin.post(endpoint.name, asked).text:
                telling.add(endpoint.name)
                break
    assert len(telling) >= 45, sorted(telling)
    assert {"workers.get_all", "queues.get_all_ex", "organization.get_tags", "storage.get_usage"} <= telling


@pytest.mark.slow
def test_an_admin_changes_it_by_all_the_endpoints_that_change_anything(tmp_path: Path) -> None:
    """So that the tests below can fail, again."""
    changing = set()
    with closed.world(tmp_path) as world, closing(sqlite3.connect(":memory:")) as kept:
        path = world.admin.store.db.path
        with closing(sqlite3.connect(path)) as database:
            database.backup(kept)
        for endpoint in ENDPOINTS:
            before = rows(world, world.closed)
            for asked in requests(world, endpoint, world.closed) if endpoint.role == "user" else ():
                world.admin.post(endpoint.name, asked)
                if rows(world, world.closed) != before:
                    changing.add(endpoint.name)
                    with closing(sqlite3.connect(path)) as database:
                        kept.backup(database)
                    break
    assert len(changing) >= 65, sorted(changing)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: one.name)
def test_nothing_is_told_of_a_closed_project_and_nothing_of_it_changes(
    world: World, endpoint: registry.Endpoint
) -> None:
    before = rows(world, world.closed)
    for asked in requests(world, endpoint, world.closed):
        answer = world.user.post(endpoint.name, asked)
        assert answer.status_code in (200, 400, 403, 404), (asked, answer.text)
        assert HUSH not in answer.text, asked
    assert rows(world, world.closed) == before


@pytest.mark.parametrize(
    "endpoint", [one for one in ENDPOINTS if one.role == "user"], ids=lambda one: one.name
)
def test_what_may_only_be_read_does_not_change(world: World, endpoint: registry.Endpoint) -> None:
    before = rows(world, world.shared)
    for asked in requests(world, endpoint, world.shared):
        answer = world.user.post(endpoint.name, asked)
        assert answer.status_code in (200, 400, 403, 404), (asked, answer.text)
    assert rows(world, world.shared) == before


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: one.name)
def test_what_is_closed_is_answered_as_what_is_not_there(world: World, endpoint: registry.Endpoint) -> None:
    nobody = missing(world, world.closed)
    for task in range(len(world.closed.tasks)):
        asked = [body(endpoint, world, of, task, of, flags=False) for of in (world.closed, nobody)]
        if asked[0] == asked[1]:  # it is about nothing that a project holds
            return
        assert _answer(world.user, endpoint, asked[0]) == _answer(world.user, endpoint, asked[1])


OF_EVERYTHING = {
    "models.get_all", "models.get_all_ex", "organization.get_entities_count", "organization.get_tags",
    "queues.get_all", "queues.get_all_ex", "queues.get_by_id", "queues.get_num_entries", "queues.get_queue_metrics",
    "reports.get_all_ex", "reports.get_tags", "reports.get_task_data", "storage.get_usage", "tasks.get_all",
    "tasks.get_all_ex", "projects.get_all", "projects.get_all_ex", "organization.get_project_usages",
    "organization.get_project_workloads",
}  # fmt: skip
"""They tell of all projects, whatever is asked for here."""
OF_SOME = [
    one
    for one in ENDPOINTS
    if one.role == "viewer"
    and one.name not in OF_EVERYTHING
    and one.name.partition(".")[0]
    in ("tasks", "events", "models", "projects", "pipelines", "reports", "queues")
]


@pytest.mark.parametrize("endpoint", OF_SOME, ids=lambda one: one.name)
def test_what_may_only_be_read_is_read_as_by_an_admin(world: World, endpoint: registry.Endpoint) -> None:
    for asked in requests(world, endpoint, world.shared):
        told = [api.post(endpoint.name, asked) for api in (world.admin, world.user)]
        assert _told(told[0]) == _told(told[1]), asked


def _told(answer: Response) -> tuple[int, object]:
    if answer.headers["content-type"] == "application/json":
        return answer.status_code, answer.json()["data"]
    return answer.status_code, answer.text


def _answer(api: Api, endpoint: registry.Endpoint, asked: dict) -> tuple[int, int]:
    answer = api.post(endpoint.name, asked)
    kind = answer.headers["content-type"]
    return answer.status_code, answer.json()["meta"]["result_subcode"] if kind[-4:] == "json" else 0
