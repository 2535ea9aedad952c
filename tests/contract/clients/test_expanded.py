"""The `_ex` answers name what a task refers to, and keep the id of what is gone."""

from tests.contract.conftest import Api


def expanded(api: Api, task: str, **query: object) -> list[dict]:
    """The task as every extended form gives it."""
    by_id = api("tasks.get_by_id_ex", id=[task], **query)["tasks"]
    return [*by_id, *api("tasks.get_all_ex", id=[task], **query)["tasks"]]


def test_a_tasks_models_are_named_on_both_sides(api: Api) -> None:
    task = api.task()
    base = api("models.create", name="base", uri="s3://a/base", ready=True)["id"]
    api("tasks.add_or_update_model", task=task, name="start", model=base, type="input")
    made = api("models.update_for_task", task=task, uri="s3://a/best", name="best")["id"]
    for found in expanded(api, task):
        (given,), (output,) = found["models"]["input"], found["models"]["output"]
        assert given == {
            "name": "start",
            "model": {"id": base, "name": "base", "uri": "s3://a/base", "ready": True},
        }
        assert output["model"]["id"] == made and output["model"]["uri"] == "s3://a/best"
    for found in expanded(api, task, only_fields=["models.input.model.name"]):
        assert found["models"]["input"][0]["model"]["name"] == "base"
    assert api.get(task)["models"]["input"] == [{"name": "start", "model": base}]


def test_what_a_task_refers_to_and_is_gone_keeps_its_id(api: Api) -> None:
    model = api("models.create", name="m", uri="s3://a/b")["id"]
    task = api.task(models={"input": [{"name": "m", "model": model}], "output": []})
    queue = api("queues.create", name="q")["id"]
    api("tasks.enqueue", task=task, queue=queue)
    for found in expanded(api, task):
        assert found["execution"]["queue"] == {"id": queue, "name": "q"}
    api("queues.delete", queue=queue, force=True)
    api("models.delete", model=model, force=True)
    for found in expanded(api, task):
        assert found["models"]["input"][0]["model"] == {"id": f"__DELETED__{model}"}


def test_a_task_without_models_or_a_queue_is_as_it_is(api: Api) -> None:
    for found in expanded(api, api.task("plain")):
        assert found["name"] == "plain" and found["models"] == {"input": [], "output": []}
        assert "queue" not in found["execution"]
