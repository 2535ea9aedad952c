"""Projects, tasks and workers as ClearML describes them: what counts, what sorts how, what goes with what."""

from __future__ import annotations

import pytest

from tests.contract.conftest import Api

# Projects


def test_a_projects_statistics_count_datasets_reports_and_what_ran(api: Api) -> None:
    project = api.project("p")
    api("projects.create", name="p/.datasets", system_tags=["hidden"])
    api.project("p/.datasets/birds", system_tags=["dataset", "hidden"], tags=["v1"])
    api("reports.create", name="report", project=project)
    task = api.task("t", project=project)
    api("tasks.started", task=task)
    found = api("projects.get_all_ex", id=[project], include_stats=True, check_own_contents=True)["projects"][
        0
    ]
    stats = found["stats"]
    assert stats["active"]["last_task_run"] == api.get(task)["started"] and "archived" not in stats
    assert stats["datasets"] == {"count": 1, "tags": ["v1"]} and stats["reports"]["count"] == 1
    assert stats["pipelines"] == {"count": 0, "tags": []}
    assert (found["own_tasks"], found["own_datasets"], found["own_reports"]) == (1, 1, 1)


@pytest.mark.parametrize(("mark", "number"), [("pipeline", 413), ("dataset", 406), ("other", 402)])
def test_a_project_that_holds_something_says_what_when_it_is_deleted(
    api: Api, mark: str, number: int
) -> None:
    project = api.project("p")
    api.task("t", project=project, system_tags=[mark])
    api.fails("projects.delete", 400, number, project=project)


# Tasks


def test_a_clone_keeps_what_marks_its_kind(api: Api) -> None:
    task = api.task(system_tags=["development", "pipeline", "mine"])
    assert set(api.get(api("tasks.clone", task=task)["id"])["system_tags"]) == {"pipeline", "mine"}
    named = api("tasks.clone", task=task, new_task_system_tags=["x"])["id"]
    assert api.get(named)["system_tags"] == ["x"]


@pytest.mark.parametrize("with_steps", [True, False])
def test_deleting_a_pipeline_takes_its_steps_when_asked(api: Api, with_steps: bool) -> None:
    run = api.task("run", type="controller", system_tags=["pipeline"])
    step, running = (api.task(name, parent=run) for name in ("step", "running"))
    api("tasks.started", task=running)
    api("tasks.delete", task=run, include_pipeline_steps=with_steps)
    assert api.names("tasks.get_all", order_by=["name"]) == (
        ["running"] if with_steps else ["running", "step"]
    )
    assert api("tasks.get_all", id=[step])["tasks"] == [] or not with_steps


def test_what_has_no_value_comes_last_in_either_order(api: Api) -> None:
    for name, fields in {"none": {}, "b": {"comment": "b"}, "a": {"comment": "a"}}.items():
        api.task(name, **fields)
    assert api.names("tasks.get_all", order_by=["comment"]) == ["a", "b", "none"]
    assert api.names("tasks.get_all", order_by=["-comment"]) == ["b", "a", "none"]
    seen, scroll = [], None
    for _ in range(3):
        answer = api("tasks.get_all", order_by=["comment"], size=1, scroll_id=scroll)
        seen, scroll = [*seen, *(one["name"] for one in answer["tasks"])], answer["scroll_id"]
    assert seen == ["a", "b", "none"]


@pytest.mark.parametrize("leaf", ["", ".value"])
@pytest.mark.parametrize("name", ["lr", "opt.lr", "type"])
def test_hyperparameters_sort_as_numbers(api: Api, leaf: str, name: str) -> None:
    for value in ("10", "9", "0.5"):
        api.task(value, hyperparams={"Args": {name: {"value": value}}})
    api.task("none")
    order = [f"hyperparams.Args.{name}{leaf}"]
    assert api.names("tasks.get_all", order_by=order) == ["0.5", "9", "10", "none"]
    assert api.names("tasks.get_all", order_by=[f"-{order[0]}"]) == ["10", "9", "0.5", "none"]


def test_filters_that_are_not_understood_are_refused(api: Api) -> None:
    api.fails("tasks.get_all_ex", 400, 14, filters={"no_such": {"any": {"include": ["a"]}}})
    api.fails("tasks.get_all_ex", 400, 12, filters={"tags": {"some": {"include": ["a"]}}})
    api.fails("tasks.get_all_ex", 400, 12, filters={"tags": {"any": {"includes": ["a"]}}})
    api.fails("tasks.get_all_ex", 400, 12, filters={"tags": {"any": {"include": ["a"]}, "op": "xor"}})
    assert api("tasks.get_all_ex", filters={"tags": None})["tasks"] == []


# Workers


def test_worker_statistics_come_in_the_order_asked(api: Api) -> None:
    api("workers.register", worker="w")
    now = api.client.post("/api/debug.ping") and 1_700_000_000
    with api.store.transaction():
        for second in range(0, 80, 10):
            rows = [("cpu_usage", "0", float(second)), ("gpu_usage", "0", 1.0)]
            api.store.workers.add_stats("w", None, (now + second) * 1000, rows)
    items = [
        {"key": "gpu_usage"},
        {"key": "cpu_usage", "category": "max"},
        {"key": "cpu_usage", "category": "min"},
    ]
    query = {"from_date": now, "to_date": now + 80, "interval": 1, "items": items}
    (answer,) = api("workers.get_stats", **query, worker_ids=["w"])["workers"]
    assert [one["metric"] for one in answer["metrics"]] == ["gpu_usage", "cpu_usage"]
    cpu = answer["metrics"][1]
    assert [one["aggregation"] for one in cpu["stats"]] == ["max", "min"]
    assert {b - a for a, b in zip(cpu["dates"], cpu["dates"][1:], strict=False)} == {40}
    api.fails("workers.get_stats", 400, 1001, **query, worker_ids=["nobody"])
    api.fails("workers.get_metric_keys", 400, 1005, worker_ids=["nobody"])
