"""The status machine, queues, clean-up, and the `*_many` forms."""

from collections.abc import Callable

import pytest

from server.domain.tasks.transitions import ALLOWED
from tests.contract.conftest import Api

MOVES = {
    "queued": "tasks.enqueue",
    "in_progress": "tasks.started",
    "stopped": "tasks.stopped",
    "failed": "tasks.failed",
    "completed": "tasks.completed",
    "closed": "tasks.close",
    "published": "tasks.publish",
}


def in_status(api: Api, status: str) -> str:
    task = api.task()
    if status != "created":
        api(MOVES[status], task=task, force=True)
    return task


@pytest.mark.parametrize("before", ["created", *MOVES])
@pytest.mark.parametrize("after", list(MOVES))
def test_a_status_change_follows_the_table_unless_forced(api: Api, before: str, after: str) -> None:
    task = in_status(api, before)
    if after == before or after in ALLOWED[before]:
        api(MOVES[after], task=task)
    else:
        api.fails(MOVES[after], 400, 110, task=task)
        assert api.status(task) == before
        api(MOVES[after], task=task, force=True)
    assert api.status(task) == after


def test_started_may_be_said_again_and_keeps_its_time(api: Api) -> None:
    task = api.task()
    assert api("tasks.started", task=task)["started"] == 1
    before = api.get(task)["started"]
    assert api("tasks.started", task=task, status_reason="again")["started"] == 0
    assert api.get(task)["started"] == before and api.get(task)["status_reason"] == "again"


def test_a_late_started_does_not_wipe_out_the_request_to_stop(api: Api) -> None:
    task = api.task()
    api("tasks.started", task=task)
    api("workers.register", worker="w", queues=[])
    api("workers.status_report", worker="w", task=task, timestamp=0)
    api("tasks.stop", task=task, status_reason="by me")
    api("tasks.started", task=task)
    assert api.status(task) == "in_progress" and api.get(task)["status_message"] == "stopping"


def test_stop_ends_at_once_what_no_agent_runs(api: Api) -> None:
    manual = api.task(system_tags=["development"])
    api("tasks.started", task=manual)
    api("tasks.stop", task=manual)
    assert api.status(manual) == "stopped" and api.get(manual)["completed"]
    api.fails("tasks.stop", 400, 110, task=api.task())


def test_a_stopped_waiting_task_leaves_its_queue(api: Api) -> None:
    queue, task = api("queues.create", name="q")["id"], api.task()
    api("tasks.enqueue", task=task, queue=queue)
    api("tasks.stop", task=task)
    assert api.status(task) == "stopped"
    assert api("queues.get_by_id", queue=queue)["queue"]["entries"] == []


def test_times_belong_to_the_status(api: Api) -> None:
    task = api.task()
    api("tasks.started", task=task)
    api("tasks.completed", task=task)
    done = api.get(task)
    assert done["started"] <= done["completed"] and done["active_duration"] >= 0
    api("tasks.publish", task=task)
    assert api.get(task)["published"] >= done["completed"]


def test_completed_may_publish_and_models_with_it(api: Api) -> None:
    task = api.task()
    api("tasks.started", task=task)
    model = api("models.create", name="m", uri="file:///m", task=task, labels={}, ready=False)["id"]
    assert api("tasks.completed", task=task, publish=True)["published"] == 1
    assert api.status(task) == "published"
    assert api("models.get_by_id", model=model)["model"]["ready"] is True


def test_enqueue_goes_to_one_queue_at_a_time_and_drops_the_development_tag(api: Api) -> None:
    one, two = (api("queues.create", name=name)["id"] for name in ("one", "two"))
    task = api.task(system_tags=["development", "other"])
    answer = api("tasks.enqueue", task=task, queue=one, verify_watched_queue=True)
    assert answer["queued"] == 1 and answer["queue_watched"] is False
    assert api.get(task)["system_tags"] == ["other"] and api.get(task)["execution"]["queue"] == one
    api("tasks.enqueue", task=task, queue=two)
    assert [len(api("queues.get_by_id", queue=queue)["queue"]["entries"]) for queue in (one, two)] == [0, 1]
    api("workers.register", worker="w", queues=[two])
    assert api("tasks.enqueue", task=task, queue=two, verify_watched_queue=True)["queue_watched"] is True


def test_enqueue_takes_a_name_or_the_default_queue(api: Api) -> None:
    task = api.task()
    api("tasks.enqueue", task=task, queue_name="made on the way")
    assert "made on the way" in api.names("queues.get_all")
    api("tasks.enqueue", task=task)
    assert api.get(task)["execution"]["queue"] == api("queues.get_default")["id"]
    api.fails("tasks.enqueue", 400, 701, task=task, queue="nowhere")


def test_dequeue_restores_the_status_before(api: Api) -> None:
    draft, stopped = api.task(), in_status(api, "stopped")
    for task in (draft, stopped):
        api("tasks.enqueue", task=task)
        assert api("tasks.dequeue", task=task)["dequeued"] == 1
    assert (api.status(draft), api.status(stopped)) == ("created", "stopped")
    api("tasks.enqueue", task=draft)
    api("tasks.dequeue", task=draft, new_status="in_progress")
    assert api.status(draft) == "in_progress"


def test_dequeueing_what_does_not_wait_changes_nothing(api: Api) -> None:
    task = in_status(api, "in_progress")
    assert api("tasks.dequeue", task=task, new_status="in_progress")["updated"] == 0
    assert api.status(task) == "in_progress"


def report(api: Api, task: str) -> None:
    event = {
        "type": "training_stats_scalar",
        "task": task,
        "metric": "m",
        "variant": "v",
        "iter": 3,
        "value": 1,
    }
    assert api("events.add", **event)["added"] == 1


def test_a_reset_drops_results_and_keeps_instructions(api: Api) -> None:
    task = api.task(
        hyperparams={"A": {"x": {"value": "1"}}}, script={"entry_point": "x.py"}, runtime={"a": "b"}
    )
    api("tasks.started", task=task)
    report(api, task)
    api("tasks.add_or_update_artifacts", task=task, artifacts=[{"key": "k", "type": "t", "uri": "u://a"}])
    model = api("models.create", name="m", uri="u://m", task=task, labels={}, ready=False)["id"]
    api("tasks.add_or_update_model", task=task, name="m", model=model, type="output")
    api("tasks.completed", task=task)
    answer = api("tasks.reset", task=task, return_file_urls=True)
    assert answer["deleted_models"] == 1
    assert answer["urls"] == {"event_urls": [], "model_urls": ["u://m"], "artifact_urls": ["u://a"]}
    after = api.get(task)
    assert after["status"] == "created" and after["last_metrics"] == {} and after["last_iteration"] == 0
    assert (
        after["execution"]["artifacts"] == [] and after["models"]["output"] == [] and after["runtime"] == {}
    )
    assert not {"started", "completed", "active_duration", "last_worker"} & set(after)
    assert after["hyperparams"]["A"]["x"]["value"] == "1" and after["script"] == {"entry_point": "x.py"}
    assert api("events.scalar_metrics_iter_histogram", task=task) == {}
    api.fails("models.get_by_id", 400, 201, model=model)


def test_a_reset_can_clear_the_script_too(api: Api) -> None:
    task = api.task(script={"entry_point": "x.py"})
    api("tasks.reset", task=task, clear_all=True)
    assert api.get(task)["script"] == {}


def test_a_published_task_is_neither_reset_nor_deleted_without_force(api: Api) -> None:
    task = in_status(api, "published")
    api.fails("tasks.reset", 400, 110, task=task)
    api.fails("tasks.delete", 400, 123, task=task)
    api("tasks.delete", task=task, force=True)
    api.fails("tasks.get_by_id", 400, 101, task=task)


def test_deleting_a_task_takes_its_events_and_own_models_along(api: Api) -> None:
    task, child = api.task(), api.task("child")
    api("tasks.edit", task=child, parent=task)
    report(api, task)
    own = api("models.create", name="own", uri="u://1", task=task, labels={}, ready=False)["id"]
    used = api("models.create", name="used", uri="u://2", task=task, labels={}, ready=False)["id"]
    api("tasks.add_or_update_model", task=child, name="x", model=used, type="input")
    answer = api("tasks.delete", task=task)
    assert answer["deleted"] is True and answer["updated_children"] == 1
    assert (answer["deleted_models"], answer["updated_models"]) == (1, 1)
    assert api.get(child)["parent"] == f"__DELETED__{task}"
    assert api("models.get_by_id", model=used)["model"]["task"] == f"__DELETED__{task}"
    api.fails("models.get_by_id", 400, 201, model=own)
    assert api.store.db.value("SELECT count(*) FROM scalars") == 0
    assert api.store.db.value("SELECT count(*) FROM last_metrics") == 0


def test_a_running_task_is_deleted_only_with_force(api: Api) -> None:
    task = in_status(api, "in_progress")
    api.fails("tasks.delete", 400, 123, task=task)
    assert api("tasks.delete", task=task, force=True)["deleted"] is True


def test_many_forms_answer_for_each_task(api: Api) -> None:
    one, two = api.task("1"), api.task("2")
    ids = [one, "nobody", two]
    answer = api("tasks.enqueue_many", ids=ids, queue_name="q")
    assert [done["id"] for done in answer["succeeded"]] == [one, two]
    assert answer["failed"][0]["id"] == "nobody" and answer["failed"][0]["error"]["codes"] == [400, 101]
    for endpoint, extra, status in (
        ("tasks.dequeue_many", {}, "created"),
        ("tasks.stop_many", {"force": True}, "stopped"),
        ("tasks.publish_many", {}, "published"),
        ("tasks.reset_many", {"force": True}, "created"),
    ):
        answer = api(endpoint, ids=ids, **extra)
        assert len(answer["succeeded"]) == 2 and len(answer["failed"]) == 1, endpoint
        assert api.status(one) == api.status(two) == status
    assert len(api("tasks.delete_many", ids=ids)["succeeded"]) == 2


def test_archiving_hides_and_dequeues(api: Api) -> None:
    one, two = api.task("1"), api.task("2")
    api("tasks.enqueue", task=one)
    assert api("tasks.archive_many", ids=[one])["succeeded"] == [{"id": one, "archived": True}]
    assert api("tasks.archive", tasks=[two])["archived"] == 1
    assert api.status(one) == "created" and api.names("tasks.get_all", system_tags=["-archived"]) == []
    assert api("tasks.unarchive_many", ids=[one, two])["succeeded"][0]["unarchived"] is True
    assert api.names("tasks.get_all", system_tags=["-archived"], order_by=["name"]) == ["1", "2"]


def test_a_controllers_steps_go_the_same_way_on_demand(api: Api) -> None:
    controller = api.task("c", type="controller", system_tags=["pipeline"])
    step = api.task("s", parent=controller)
    api("tasks.stop_many", ids=[controller], force=True, include_pipeline_steps=True)
    assert api.status(step) == "stopped"
    api("tasks.delete_many", ids=[controller], include_pipeline_steps=True)
    api.fails("tasks.get_by_id", 400, 101, task=step)


LINE = "-m tasks.train --epochs 3 --other 1"
RECORDED = {"Args": {"epochs": {"value": "3", "type": "int"}}}


def edited_after_a_reset(api: Api, task: str) -> None:
    api("tasks.started", task=task)
    api("tasks.completed", task=task)
    api("tasks.reset", task=task)


def edited_in_the_draft(api: Api, task: str) -> None:
    item = {"section": "Args", "name": "epochs", "value": "7"}
    api("tasks.edit_hyper_params", task=task, hyperparams=[item])


def edited_as_a_whole(api: Api, task: str) -> None:
    api("tasks.edit", task=task, hyperparams={"Args": {"epochs": {"value": "7"}}})


def enqueued(api: Api, task: str) -> None:
    api("tasks.enqueue", task=task)


@pytest.mark.parametrize("how", [edited_after_a_reset, edited_in_the_draft, edited_as_a_whole, enqueued])
def test_what_is_edited_is_what_runs(api: Api, how: Callable[[Api, str], None]) -> None:
    task = api.task(script={"entry_point": LINE}, hyperparams=RECORDED)
    how(api, task)
    assert api.get(task)["script"]["entry_point"] == "-m tasks.train --other 1"


def test_a_run_may_say_what_it_was_started_with(api: Api) -> None:
    task = api.task(script={"entry_point": LINE}, hyperparams=RECORDED)
    api("tasks.started", task=task)
    api("tasks.edit", task=task, hyperparams=RECORDED, force=True)
    assert api.get(task)["script"]["entry_point"] == LINE


def test_an_agent_that_is_interrupted_leaves_a_task_that_has_failed_as_it_is(api: Api) -> None:
    task = api.task()
    api("tasks.started", task=task)
    api("tasks.failed", task=task, status_reason="ValueError: no", status_message="ValueError: no")
    before = api.get(task)
    assert api("tasks.stopped", task=task, status_reason="user abort")["fields"] == {}
    assert api.get(task) == before
    api("tasks.stopped", task=task, status_reason="by me")
    assert api.status(task) == "stopped"
