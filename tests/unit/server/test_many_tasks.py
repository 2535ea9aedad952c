"""Far pages and sums over very many tasks: the same as by counting everything, along an index and nothing else."""

import random
import sqlite3
from collections.abc import Iterator

import pytest

from server.domain import entities
from server.domain.events.last_metrics import summary
from server.store import Store
from server.store.events.last_metrics import name_hash

NUMBER = 2600
VALUE = f"last_metrics.{name_hash('accuracy')}.{name_hash('validation')}.value"
ALSO = [{"system_tags": ["-hidden"]}, {"type": ["-report"]}]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Tasks in three projects and in none, with equal values among them, and without; models with the same metric."""
    opened, chance = Store(tmp_path_factory.mktemp("many"), synchronous="NORMAL"), random.Random(3)
    with opened.transaction():
        for number in range(NUMBER):
            tags = ["hidden"] if chance.random() < 0.02 else []
            task = opened.tasks.insert(
                {
                    "id": f"{chance.getrandbits(128):032x}",
                    "name": f"task {number}",
                    "type": "report" if chance.random() < 0.02 else "training",
                    "project": chance.choice(["a", "a", "a", "b", "c", None]),
                    "system_tags": tags,
                    "last_update": f"2026-01-{1 + number % 28:02d}",
                }
            )
            if chance.random() < 0.9:
                value = chance.choice([0.5, chance.random()])
                opened.events.last_metrics.add(task, "accuracy", "validation", summary([(1, 1, value)]))
        for number in range(50):
            model = opened.models.insert({"id": f"m{number}", "name": "model", "project": "a"})
            opened.events.last_metrics.add(
                model, "accuracy", "validation", summary([(1, 1, chance.random())])
            )
    yield opened
    opened.close()


@pytest.mark.parametrize("way", ["", "-"])
@pytest.mark.parametrize(
    "query", [{}, {"project": ["a"]}, {"project": ["a", "b"]}, {"project": "a", "name": "9"}]
)
def test_a_far_page_holds_what_counting_from_the_start_finds(store: Store, query: dict, way: str) -> None:
    query = {**query, "order_by": [way + VALUE], "only_fields": ["id"]}
    everything = [one["id"] for one in store.tasks.all(query, *ALSO)]
    for page in (10, 11, 12, 15, 20):
        found = [one["id"] for one in store.tasks.find({**query, "page": page, "page_size": 100}, *ALSO)]
        assert found == everything[100 * page : 100 * page + 100]


@pytest.mark.parametrize("column", ["value", "min_value", "max_value"])
def test_a_far_page_is_counted_along_an_index_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch, column: str
) -> None:
    asked: list[tuple[str, dict]] = []
    rows = store.db.rows

    def noting(sql: str, params: dict = {}) -> list[sqlite3.Row]:  # noqa: B006
        asked.append((sql, params))
        return rows(sql, params)

    monkeypatch.setattr(store.db, "rows", noting)
    order = [f"-{VALUE.removesuffix('value')}{column}"]
    query = {"project": ["a"], "order_by": order, "page": 10, "page_size": 100, "only_fields": ["id"]}
    assert len(store.tasks.find(query, *ALSO)) == 100
    (far,) = [one for one in asked if "OFFSET" in one[0]]
    plan = "\n".join(row[3] for row in rows(f"EXPLAIN QUERY PLAN {far[0]}", far[1]))
    short = column.removesuffix("_value")
    assert f"SEARCH k0 USING COVERING INDEX last_metrics_by_{short}" in plan
    assert "TEMP B-TREE FOR ORDER BY" not in plan and "SCAN k0" not in plan


def test_sums_of_files_are_kept_and_not_counted(store: Store) -> None:
    sql = "SELECT t.project, t.files, t.bytes FROM project_files t WHERE t.files > 0"
    plan = store.db.rows(f"EXPLAIN QUERY PLAN {sql}")
    assert [row[3] for row in plan] == ["SCAN t"]


def test_sums_of_files_follow_whatever_happens(tmp_path) -> None:
    store, chance = Store(tmp_path / "server", synchronous="NORMAL"), random.Random(5)
    projects, tasks = ["a", "b", None], [f"{number:032x}" for number in range(8)]
    insert = "INSERT OR IGNORE INTO files(path, task, size, created, key) VALUES (?, ?, ?, '', '')"

    def step() -> None:
        task, size = chance.choice([*tasks, None]), chance.randrange(1000)
        path = f"{task}/{chance.randrange(4)}"
        action = chance.randrange(6)
        if action == 0:
            store.db.execute(insert, (path, task, size))
        elif action == 1:
            store.db.execute("UPDATE files SET size = ? WHERE path = ?", (size, path))
        elif action == 2:
            store.db.execute("DELETE FROM files WHERE path = ?", (path,))
        elif action == 3 and task and not store.tasks.exists(task):
            fields = {"id": task, "name": "x", "type": "training", "project": chance.choice(projects)}
            store.tasks.insert(fields)
        elif action == 4 and task:
            store.tasks.move([task], chance.choice(projects))
        elif task:
            store.tasks.delete(task)

    for _ in range(600):
        with store.transaction():
            step()
        counted = store.db.tuples(
            "SELECT t.project, count(*), sum(f.size) FROM files f JOIN tasks t ON t.id = f.task"
            " WHERE t.project IS NOT NULL GROUP BY t.project"
        )
        kept = store.contents.file_sizes(None)
        assert kept == {project: (files, size) for project, files, size in counted}
    (total,) = store.db.tuples("SELECT sum(files), sum(bytes) FROM project_files")
    assert total == store.db.tuples("SELECT count(*), sum(size) FROM files")[0]
    assert len(entities.usages(store, None, True)) >= 1
    store.close()


def test_metrics_follow_their_task_to_another_project(store: Store) -> None:
    first = store.tasks.find({"project": ["c"], "order_by": [f"-{VALUE}"], "page_size": 1})[0]["id"]
    with store.transaction():
        store.tasks.move([first], "d")
    projects = store.db.tuples("SELECT DISTINCT project FROM last_metrics WHERE task = ?", (first,))
    assert projects == [("d",)]
    with store.transaction():
        store.tasks.move([first], None)
    assert store.db.tuples("SELECT project FROM last_metrics WHERE task = ?", (first,))[0] == ("",)


def test_values_in_most_of_all_tasks_are_those_that_occur_there(store: Store) -> None:
    with store.transaction():
        for number, task in enumerate(store.tasks.all({"only_fields": ["project"]})):
            rate = "of b" if task.get("project") == "b" else str(number % 7 / 10)
            item = {"section": "Args", "name": "rate", "value": rate}
            store.tasks.update(task["id"], {"hyperparams": {"Args": {"rate": item}}})
    listed = ["a", "c"]
    assert store.contents._most("tasks", listed)
    found, total = store.contents.hyperparam_values(listed, "Args", "rate", 0, 5)
    assert (found, total) == (["0.0", "0.1", "0.2", "0.3", "0.4"], 7)
    assert store.contents.hyperparam_values(listed, "Args", "rate", 5, 5) == (["0.5", "0.6"], 7)
    assert store.contents.hyperparam_values(None, "Args", "rate", 7, 5) == (["of b"], 8)
