"""`pipelines.*`: another run of a pipeline; deleting runs."""

import pytest

from tests.contract.conftest import Api


def controller(api: Api, project: str, name: str = "pipe") -> str:
    args = {"Args": {"epochs": {"value": "3", "type": "int"}, "data": {"value": "esc10"}}}
    tags = ["pipeline", "development"]
    return api.task(name, type="controller", project=project, system_tags=tags, hyperparams=args)


def test_a_new_run_is_a_clone_with_other_arguments_on_a_queue(api: Api) -> None:
    project = api.project("p/.pipelines/pipe", system_tags=["hidden", "pipeline"])
    first = controller(api, project)
    queue = api("queues.create", name="services")["id"]
    args = [{"name": "epochs", "value": "5"}, {"name": "new", "value": "x"}]
    answer = api("pipelines.start_pipeline", task=first, queue=queue, args=args)
    run = api.get(answer["pipeline"])
    assert answer["enqueued"] is True and run["status"] == "queued" and run["execution"]["queue"] == queue
    values = {name: one["value"] for name, one in run["hyperparams"]["Args"].items()}
    assert values == {"epochs": "5", "data": "esc10", "new": "x"}
    assert run["hyperparams"]["Args"]["epochs"]["type"] == "int"
    assert run["name"] == "pipe #2" and run["system_tags"] == ["pipeline"] and run["project"] == project
    again = api("pipelines.start_pipeline", task=run["id"], queue=queue)["pipeline"]
    assert api.get(again)["name"] == "pipe #3"


def test_only_a_controller_can_be_started(api: Api) -> None:
    api.fails("pipelines.start_pipeline", 400, 126, task=api.task())
    api.fails("pipelines.start_pipeline", 400, 101, task="nobody")


def test_runs_are_deleted_with_their_steps_but_never_all(api: Api) -> None:
    project = api.project("p/.pipelines/pipe", system_tags=["hidden", "pipeline"])
    one, two = controller(api, project), controller(api, project, "pipe #2")
    step = api.task("step", parent=one)
    api.fails("pipelines.delete_runs", 400, 160, project=project, ids=[one, two])
    answer = api("pipelines.delete_runs", project=project, ids=[one, "nobody"])
    assert [done["id"] for done in answer["succeeded"]] == [one] and answer["failed"][0]["id"] == "nobody"
    api.fails("tasks.get_by_id", 400, 101, task=step)
    assert api.status(two) == "created"


def test_what_is_no_run_of_the_pipeline_is_not_deleted_with_its_runs(api: Api) -> None:
    project = api.project("p/.pipelines/pipe", system_tags=["hidden", "pipeline"])
    controller(api, project)
    other = controller(api, api.project("p/.pipelines/other", system_tags=["hidden", "pipeline"]))
    plain = api.task("plain", project=project)
    answer = api("pipelines.delete_runs", project=project, ids=[plain, other])
    assert (
        answer["succeeded"] == [] and [one["error"]["codes"] for one in answer["failed"]] == [[400, 126]] * 2
    )
    assert api.status(plain) == api.status(other) == "created"


@pytest.mark.parametrize(
    "status", ["created", "queued", "in_progress", "stopped", "failed", "completed", "published"]
)
def test_a_run_is_deleted_whatever_its_status_and_that_of_its_steps(api: Api, status: str) -> None:
    project = api.project("p/.pipelines/pipe", system_tags=["hidden", "pipeline"])
    run, kept = controller(api, project), controller(api, project, "pipe #2")
    step = api.task("step", parent=run)
    queue = api("queues.create", name="q")["id"]
    for task in (step, run):
        if status == "queued":
            api("tasks.enqueue", task=task, queue=queue)
        elif status != "created":
            api("tasks.started", task=task)
            if status != "in_progress":
                api("tasks.publish" if status == "published" else f"tasks.{status}", task=task, force=True)
        assert api.status(task) == status
    answer = api("pipelines.delete_runs", project=project, ids=[run])
    assert [done["id"] for done in answer["succeeded"]] == [run] and answer["failed"] == []
    for task in (run, step):
        api.fails("tasks.get_by_id", 400, 101, task=task)
    assert api("queues.get_by_id", queue=queue)["queue"]["entries"] == [] and api.status(kept) == "created"
