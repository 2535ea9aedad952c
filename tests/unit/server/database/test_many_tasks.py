"""Far pages and sums over very many tasks: the same as by counting everything, along an index and nothing else."""

import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timezone

import pytest

from server.domain import entities
from server.domain.events.last_metrics import summary
from server.store import Store, contents
from server.store.database import restriction
from server.store.documents import pages
from server.store.events.last_metrics import name_hash

NUMBER = 3200
VALUE = f"last_metrics.{name_hash('accuracy')}.{name_hash('validation')}.value"
PARAMETER = "hyperparams.Args.seed.value"
BOUND = restriction.Restriction(hidden=frozenset("b"), read_only=frozenset("c"))
ALSO = [{"system_tags": ["-hidden"]}, {"type": ["-report"]}]


@pytest.fixture(autouse=True)
def _many(monkeypatch: pytest.MonkeyPatch) -> None:
    """These are as many as half a million."""
    monkeypatch.setattr(pages, "_SOON_SORTED", 100)


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
                    "name": f"{chance.choice(['Task', 'task', 'other'])} {number % 700}",
                    "status": chance.choice(["completed", "completed", "failed"]),
                    "tags": chance.sample(["best", "try", "é"], chance.randrange(3)),
                    "user": chance.choice(["ada", "bo"]),
                    "created": f"2026-02-{1 + number % 27:02d}",
                    "completed": chance.choice([None, "2026-03-01", "2026-03-02"]),
                    "started": chance.choice([None, f"2026-02-{1 + number % 28:02d}"]),
                    "active_duration": chance.choice([None, number]),
                    "hyperparams": {"Args": {"seed": {"value": str(number % 900)}} if number % 9 else {}},
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


@pytest.mark.parametrize("order", [VALUE, PARAMETER, "last_update", "name", "created", "completed"])
@pytest.mark.parametrize("way", ["", "-"])
@pytest.mark.parametrize(
    "query",
    [
        {},
        {"project": ["a"]},
        {"project": ["a", "b"]},
        {"project": ["-a"]},
        {"project": "a", "name": "9"},
        {"tags": ["-best"]},
        {"project": ["a", "b", "c"], "status": ["completed"], "tags": ["__$or", "é", "try"]},
        {"user": ["ada"], "filters": {"tags": {"any": {"exclude": ["try"]}}}},
    ],
)
def test_a_far_page_holds_what_counting_from_the_start_finds(
    store: Store, query: dict, way: str, order: str
) -> None:
    query = {**query, "order_by": [way + order], "only_fields": ["id"]}
    everything = [one["id"] for one in store.tasks.all(query, *ALSO)]
    for page in (10, 11, 12, 15, 20):
        found = [one["id"] for one in store.tasks.find({**query, "page": page, "page_size": 100}, *ALSO)]
        assert found == everything[100 * page : 100 * page + 100]


@pytest.mark.parametrize("order", [VALUE, PARAMETER, "last_update", "name", "created", "completed"])
@pytest.mark.parametrize("query", [{}, {"project": ["a", "b"]}, {"project": "c"}, {"tags": ["-best"]}])
def test_pages_and_counts_for_somebody_are_those_without_what_is_closed_to_them(
    store: Store, query: dict, order: str
) -> None:
    query = {**query, "order_by": [f"-{order}"], "only_fields": ["id", "project"]}
    whole = store.tasks.all(query, *ALSO)
    everything = [one["id"] for one in whole if one.get("project") != "b"]
    with restriction.restricted(BOUND):
        assert store.tasks.count(query, *ALSO) == len(everything)
        for page in (0, 3, 10, 20):
            found = [one["id"] for one in store.tasks.find({**query, "page": page, "page_size": 100}, *ALSO)]
            assert found == everything[100 * page : 100 * page + 100]
        with store.transaction():
            assert [one["id"] for one in store.tasks.find({**query, "page_size": 100}, *ALSO)] == everything[
                :100
            ]


def test_statistics_for_somebody_are_those_without_what_is_closed_to_them(store: Store) -> None:
    now = datetime.now(timezone.utc)
    whole = store.contents.task_stats(None, now, {})
    counts = store.contents.counts("tasks", None)
    with restriction.restricted(BOUND):
        assert store.contents.task_stats(None, now, {}) == [one for one in whole if one["project"] != "b"]
        assert store.contents.counts("tasks", None) == {id: n for id, n in counts.items() if id != "b"}


def noted(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict]]:
    """The statements that read from now on, with their parameters."""
    asked: list[tuple[str, dict]] = []
    rows = store.db.rows

    def noting(sql: str, params: dict = {}) -> list[sqlite3.Row]:  # noqa: B006
        asked.append((sql, params))
        return rows(sql, params)

    monkeypatch.setattr(store.db, "rows", noting)
    return asked


def plan_of_the_page(store: Store, asked: list[tuple[str, dict]]) -> str:
    (far,) = [one for one in asked if "OFFSET" in one[0]]
    return "\n".join(row[3] for row in store.db.tuples(f"EXPLAIN QUERY PLAN {far[0]}", far[1]))


@pytest.mark.parametrize("column", ["value", "min_value", "max_value"])
def test_a_far_page_is_counted_along_an_index_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch, column: str
) -> None:
    asked = noted(store, monkeypatch)
    order = [f"-{VALUE.removesuffix('value')}{column}"]
    query = {"project": ["a"], "order_by": order, "page": 10, "page_size": 100, "only_fields": ["id"]}
    assert len(store.tasks.find(query, *ALSO)) == 100
    plan = plan_of_the_page(store, asked)
    short = column.removesuffix("_value")
    assert f"SEARCH k0 USING COVERING INDEX last_metrics_by_{short}" in plan
    assert "TEMP B-TREE FOR ORDER BY" not in plan and "SCAN k0" not in plan


@pytest.mark.parametrize(
    ("order", "projects", "index"),
    [
        ("last_update", ["a"], "tasks_by_project"),
        ("last_update", ["a", "b"], "tasks_by_update"),
        ("last_update", [], "tasks_by_update"),
        ("name", ["a"], "tasks_in_name_order"),
        ("created", [], "tasks_in_order_of_creation"),
        (PARAMETER, ["a"], "task_params_by_value"),
    ],
)
def test_what_comes_before_a_page_is_looked_at_in_an_index_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch, order: str, projects: list[str], index: str
) -> None:
    asked = noted(store, monkeypatch)
    query = {"project": projects, "order_by": [f"-{order}"], "page": 10, "page_size": 100}
    store.tasks.find(query, {"tags": ["-template"], "status": ["completed", "failed"]}, *ALSO)
    plan = plan_of_the_page(store, asked)
    assert f"COVERING INDEX {index}" in plan and "TEMP B-TREE FOR ORDER BY" not in plan


@pytest.mark.parametrize("query", [{"project": ["a"]}, {"tags": ["-best"]}])
def test_a_page_beyond_the_end_sorts_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch, query: dict
) -> None:
    asked = noted(store, monkeypatch)
    query = {**query, "order_by": [f"-{VALUE}"], "page": 90, "page_size": 100}
    assert store.tasks.find(query, *ALSO) == []
    assert "TEMP B-TREE FOR ORDER BY" not in plan_of_the_page(store, asked)


QUERIES = [{}, {"project": ["a", "c"]}, {"status": ["failed"], "tags": ["-é"]}, {"user": ["ada"]},
           {"project": [None]}, {"name": "^Task 1"}]  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
def test_what_is_kept_of_alike_tasks_is_what_counting_them_finds(store: Store, query: dict) -> None:
    tasks = store.tasks.all({**query, "only_fields": ["status", "type", "tags"]}, *ALSO)
    assert store.tasks.count(query, *ALSO) == len(tasks) > 0
    counted = store.tasks.group_counts("status", query, *ALSO)
    assert counted == Counter(one["status"] for one in tasks)
    assert store.tasks.distinct("tags", query, *ALSO) == sorted({tag for one in tasks for tag in one["tags"]})
    assert store.tasks.distinct("type", query, *ALSO) == sorted({one["type"] for one in tasks})


@pytest.mark.parametrize("query", [{}, {"status": ["completed"]}, {"system_tags": ["-hidden"]}])
def test_statistics_by_what_is_kept_are_those_by_reading_everything(
    store: Store, monkeypatch: pytest.MonkeyPatch, query: dict
) -> None:
    now = datetime(2026, 3, 2, 12, tzinfo=timezone.utc)

    def statistics() -> list[dict]:
        return store.contents.task_stats(["a", "b"], now, query)

    kept = statistics()
    monkeypatch.setattr(contents, "_KEPT_BY", frozenset())
    counted = [{**one, "recent": one["recent"] or 0} for one in statistics()]
    assert kept == counted and sum(one["recent"] for one in kept) > 0


def test_counts_follow_whatever_happens_to_tasks(tmp_path) -> None:
    store, chance = Store(tmp_path / "server", synchronous="NORMAL"), random.Random(7)
    choices = {
        "project": ["a", "b", None],
        "type": ["training", "testing"],
        "status": ["created", "completed"],
        "system_tags": [[], ["archived"]],
        "tags": [[], ["é"]],
        "user": ["ada", None],
        "active_duration": [None, 1, 30],
    }
    alike = ", ".join(list(choices)[:-1])

    def step() -> None:
        task = f"{chance.randrange(12):032x}"
        fields = {name: chance.choice(values) for name, values in choices.items()}
        there = store.tasks.exists(task)
        if there and chance.random() < 0.3:
            store.tasks.delete(task)
        elif there and chance.random() < 0.3:
            store.tasks.move([task], fields["project"])
        elif there:
            some = chance.sample(list(fields), chance.randrange(len(fields)))
            store.tasks.update(task, {name: fields[name] for name in some})
        else:
            parameters = {"Args": {"seed": {"value": "1"}}}
            store.tasks.insert({"id": task, "name": "x", "hyperparams": parameters, **fields})

    for _ in range(500):
        with store.transaction():
            step()
        kept = store.db.tuples(f"SELECT {alike}, n, runtime FROM task_counts")
        counted = store.db.tuples(
            f"SELECT {alike}, count(*), sum(coalesce(active_duration, 0)) FROM tasks GROUP BY {alike}"
        )
        assert Counter(kept) == Counter(counted)
        assert not store.db.tuples(
            "SELECT 1 FROM task_params p JOIN tasks t ON t.id = p.task WHERE p.project IS NOT coalesce(t.project, '')"
        )
    store.close()


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
