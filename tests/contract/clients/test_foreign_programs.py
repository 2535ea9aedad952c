"""What programs written against other servers and versions send: prefixes, unknown fields, names for ids, old forms,
and clean-ups that delete whatever they made without a look at the answers."""

from __future__ import annotations

import pytest

from tests.contract.conftest import Api
from tests.contract.events import scalar, send

VERSIONS = ("", "v1.5", "v2", "v2.0", "v2.1", "v2.9", "v2.13", "v2.31", "v2.31.0", "v3.0", "v999.0")
UNKNOWN = {"method": "get", "no_such_field": 1, "input": {"view": {}}, "": None, "a.b": [1], "_x_": {}}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_makes_reads_and_deletes(api: Api, version: str) -> None:
    def call(endpoint: str, **body: object) -> dict:
        answer = api.post(endpoint, {**body, **UNKNOWN}, version)
        assert answer.status_code == 200, answer.text
        meta = answer.json()["meta"]
        assert meta["endpoint"]["name"] == endpoint and meta["result_code"] == 200
        return answer.json()["data"]

    project = call("projects.create", name="old/ways", description="")["id"]
    task = call("tasks.create", name="t", type="testing", project=project)["id"]
    model = call("models.create", uri="file:///m", name="m", labels={}, project=project, task=task)["id"]
    queue = call("queues.create", name="q")["id"]
    call("tasks.enqueue", task=task, queue=queue)
    assert [one["id"] for one in call("tasks.get_all", project=[project])["tasks"]] == [task]
    assert call("queues.get_by_id", queue=queue)["queue"]["entries"][0]["task"] == task
    call("models.delete", model=model, force=True)
    call("tasks.delete", task=task, force=True)
    call("queues.delete", queue=queue, force=True)
    call("projects.delete", project=project, force=True, delete_contents=True)
    for endpoint, body in {
        "tasks.get_all": {"project": [project]},
        "models.get_all": {"id": [model]},
        "queues.get_all": {"id": [queue]},
        "projects.get_all": {"id": [project]},
    }.items():
        assert call(endpoint, **body) == {endpoint.partition(".")[0]: []}


@pytest.mark.parametrize("version", ["2.0", "vx.1", "v2.", "v2.1.1.1", "api"])
def test_what_is_no_version_is_refused(api: Api, version: str) -> None:
    answer = api.post("debug.ping", {}, version)
    assert answer.status_code == 400
    said = "version" if version.startswith("v") else "Unknown endpoint"
    assert said in answer.json()["meta"]["result_msg"]


def test_the_name_of_a_project_is_no_id_and_the_error_has_the_id(api: Api) -> None:
    project = api.project("sounds/birds")
    task = api.task()
    for endpoint, body in {
        "tasks.create": {"name": "x", "type": "training", "project": "sounds/birds"},
        "tasks.edit": {"task": task, "project": "sounds/birds"},
        "tasks.move": {"ids": [task], "project": "sounds/birds"},
        "tasks.clone": {"task": task, "new_task_project": "sounds/birds"},
        "models.create": {"name": "m", "uri": "file:///m", "project": "sounds/birds"},
        "projects.get_by_id": {"project": "sounds/birds"},
        "projects.delete": {"project": "sounds/birds", "force": True},
    }.items():
        assert project in api.fails(endpoint, 400, 401, **body)
    assert "name" not in api.fails("projects.get_by_id", 400, 401, project="nobody's")


def test_the_name_of_a_queue_is_no_id_and_the_error_has_the_id(api: Api) -> None:
    queue, task = api("queues.create", name="night shift")["id"], api.task()
    for endpoint, body in {
        "queues.get_by_id": {},
        "queues.get_next_task": {},
        "queues.get_num_entries": {},
        "queues.delete": {"force": True},
        "queues.add_task": {"task": task},
        "tasks.enqueue": {"task": task},
    }.items():
        assert queue in api.fails(endpoint, 400, 701, queue="night shift", **body)
    assert api.status(task) == "created"


def test_names_are_taken_where_the_api_has_a_field_for_them(api: Api) -> None:
    queue, task = api("queues.create", name="by name")["id"], api.task("t")
    api("tasks.enqueue", task=task, queue_name="by name")
    assert api("queues.get_by_id", queue=queue)["queue"]["entries"][0]["task"] == task
    api("tasks.dequeue", task=task)
    moved = api("tasks.move", ids=[task], project_name="new/place")["project_id"]
    assert api("projects.get_by_id", project=moved)["project"]["name"] == "new/place"
    clone = api("tasks.clone", task=task, new_project_name="new/clones")
    assert clone["new_project"]["name"] == "new/clones"


def test_a_worker_may_name_queues_and_tasks_that_nobody_knows(api: Api) -> None:
    api("workers.register", worker="robot", queues=["default", "no such queue"], timeout=60)
    api("workers.status_report", worker="robot", timestamp=1, queue="default", task="no such task",
        machine_stats={"cpu_usage": [10, 20]})  # fmt: skip
    assert api("workers.get_all", last_seen=60)["workers"][0]["id"] == "robot"


def test_a_task_needs_a_name_and_a_parent_that_is_there(api: Api) -> None:
    task, other = api.task("t"), api.task("parent")
    for endpoint in ("tasks.edit", "tasks.update"):
        api.fails(endpoint, 400, 12, task=task, name=" ")
    api.fails("tasks.edit", 400, 101, task=task, parent="nobody")
    api.fails("tasks.edit", 400, 12, task=task, parent=task)
    api("tasks.edit", task=task, parent=other)
    api.fails("queues.create", 400, 12, name="")
    api.fails("models.create", 400, 201, name="m", uri="file:///m", parent="nobody")


def test_flat_parameters_of_old_versions_filter_and_sort(api: Api) -> None:
    for value in ("0.1", "0.02", "0.003"):
        task = api.task(value)
        api("tasks.edit", task=task, execution={"parameters": {"lr": value, "deep/er": "x"}})
    query = {"order_by": ["-execution.parameters.lr"], "execution.parameters.lr": ["0.1", "0.003"]}
    assert api.names("tasks.get_all", **query) == ["0.1", "0.003"]
    assert api.names("tasks.get_all_ex", order_by="execution.parameters.Args/lr") == ["0.003", "0.02", "0.1"]


def test_a_stopped_or_archived_controller_takes_its_steps_along_on_demand(api: Api) -> None:
    run = api.task("run", system_tags=["pipeline"])
    running, done = (api.task(name, parent=run) for name in ("running", "done"))
    for task in (run, running, done):
        api("tasks.started", task=task)
    api("tasks.completed", task=done)
    api("tasks.stop", task=run, include_pipeline_steps=True)
    assert [api.status(task) for task in (run, running, done)] == ["stopped", "stopped", "completed"]
    assert api("tasks.archive", tasks=[run], include_pipeline_steps=True) == {"archived": 3}


def test_the_values_of_a_parameter_are_found_by_a_pattern(api: Api) -> None:
    for value in ("cnn", "resnet18", "resnet34"):
        api("tasks.edit", task=api.task(), hyperparams={"Args": {"model": {"value": value}}})
    found = api("projects.get_hyperparam_values", section="Args", name="model", pattern="^resnet")
    assert found == {"values": ["resnet18", "resnet34"], "total": 2}


def test_a_call_that_may_be_answered_later_is_answered_at_once(api: Api) -> None:
    later = {**api.headers, "X-ClearML-Async": "1", "X-Trains-Async": "1"}
    answer = api.client.post("/api/v2.23/tasks.get_all", json={}, headers=later)
    assert answer.status_code == 200 and answer.json()["data"] == {"tasks": []}
    assert "answered at once" in api.fails("async.result", 400, 1, id="x")


def test_clean_ups_that_look_at_nothing_leave_nothing(api: Api) -> None:
    before = {table: api.store.db.value(f"SELECT count(*) FROM {table}") for table in _TABLES}
    project = api.project("mess/of/tests")
    tasks = [api.task(f"t{number}", project=project) for number in range(3)]
    model = api("models.create", uri="file:///m", name="m", project=project, task=tasks[0])["id"]
    queue = api("queues.create", name="mess")["id"]
    api("tasks.edit", task=tasks[1], models={"input": [{"name": "m", "model": model}], "output": []})
    api("tasks.enqueue", task=tasks[1], queue=queue)
    api("tasks.started", task=tasks[0])
    send(api, *(scalar(task, 1, 1.0) for task in tasks))
    api("tasks.completed", task=tasks[0], publish=True)
    api("workers.register", worker="mess", queues=[queue])
    for endpoint, body in [
        ("models.delete", {"model": model, "force": True}),
        *[("tasks.delete", {"task": task, "force": True}) for task in reversed(tasks)],
        ("models.delete", {"model": model, "force": True}),
        ("queues.delete", {"queue": queue, "force": True}),
        ("queues.delete", {"queue": queue}),
        ("workers.unregister", {"worker": "mess"}),
        ("projects.delete", {"project": project, "force": True, "delete_contents": True}),
    ]:
        api.post(endpoint, body)
    for name in ("mess/of", "mess"):
        for left in api("projects.get_all", name=f"^{name}$")["projects"]:
            api("projects.delete", project=left["id"], force=True)
    assert {table: api.store.db.value(f"SELECT count(*) FROM {table}") for table in _TABLES} == before
    assert api("workers.get_all")["workers"] == []


_TABLES = ("tasks", "task_documents", "task_params", "task_models", "last_metrics", "models", "projects")
_TABLES += ("queues", "queue_entries", "series", "scalars", "rich_events", "logs")
