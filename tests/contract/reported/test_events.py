"""`events.add*`: what is kept, what is refused, and what a task then says it reported."""

from hashlib import md5

import pytest

from tests.contract.conftest import Api
from tests.contract.events import image, log, plot, refused, scalar, send


def last_metric(api: Api, task: str, metric: str = "loss", variant: str = "train") -> dict:
    metrics = api.get(task)["last_metrics"]
    return metrics[md5(metric.encode()).hexdigest()][md5(variant.encode()).hexdigest()]


def curve(api: Api, task: str, **how: object) -> dict:
    return api("events.scalar_metrics_iter_histogram", task=task, **how)["loss"]["train"]


def test_a_batch_is_counted_and_every_type_is_kept(api: Api) -> None:
    task = api.task()
    vector = {
        "type": "training_stats_vector",
        "task": task,
        "iter": 1,
        "metric": "v",
        "variant": "w",
        "values": [1, 2.5],
    }
    answer = send(api, scalar(task, 1, 0.5), image(task, 2), plot(task, 3), log(task, "hello", 5), vector)
    assert answer == {"added": 5, "errors": 0, "errors_info": {}}
    types = {event["type"] for event in api("events.get_task_events", task=task)["events"]}
    assert types == {
        "training_stats_scalar", "training_stats_vector", "training_debug_image", "plot", "log"
    }  # fmt: skip


def test_wrong_lines_are_counted_and_keep_nobody_out(api: Api) -> None:
    task = api.task()
    answer = send(
        api,
        scalar(task, 1, 0.5),
        b"{ nonsense",
        scalar("0" * 32, 1, 0.5),
        {"type": "unheard of", "task": task},
        {"type": "log", "msg": "whose?"},
        scalar(task, 1, "high"),
        scalar(task, 2.0**70, 1.0, timestamp=5),
        ["not an event"],
        17,
    )
    assert (answer["added"], answer["errors"]) == (1, 8)
    assert set(answer["errors_info"]) == {
        "not JSON",
        "Invalid task id " + "0" * 32,
        "unknown event type 'unheard of'",
        "the event names no task",
        "`value` must be a number",
        "`iter` is out of range",
        "not a JSON object",
    }
    assert curve(api, task)["y"] == [0.5]


def test_a_batch_of_which_nothing_is_kept_is_an_error_that_says_why(api: Api) -> None:
    meta = refused(api, {"type": "unheard of", "task": api.task()}, scalar("nobody", 1, 1))
    assert meta["result_subcode"] == 131
    assert "unheard of" in meta["result_msg"] and "nobody" in meta["result_msg"]


def test_an_empty_batch_is_no_error(api: Api) -> None:
    assert send(api) == {"added": 0, "errors": 0, "errors_info": {}}


def test_a_batch_may_be_one_array(api: Api) -> None:
    task = api.task()
    answer = api.post("events.add_batch", [scalar(task, 1, 1.0), scalar(task, 2, 2.0)])
    assert answer.json()["data"]["added"] == 2


def test_add_takes_one_event(api: Api) -> None:
    task = api.task()
    assert api("events.add", **scalar(task, 4, 0.25))["added"] == 1
    assert curve(api, task)["x"] == [4]


def test_the_same_event_again_replaces_the_first(api: Api) -> None:
    task = api.task()
    for value in (1.0, 3.0):
        send(api, scalar(task, 7, value), image(task, 7), plot(task, 7))
    assert curve(api, task)["y"] == [3.0]
    for event_type in ("training_debug_image", "plot"):
        found = api("events.get_task_events", task=task, event_type=event_type)
        assert found["total"] == 1


def test_log_lines_are_never_merged(api: Api) -> None:
    task = api.task()
    send(api, log(task, "again", 5), log(task, "again", 5))
    assert api("events.get_task_log", task=task)["total"] == 2


def test_last_metrics_follow_iteration_and_time_not_arrival(api: Api) -> None:
    task = api.task()
    send(api, *(scalar(task, i, float(i)) for i in range(50, 100)))
    send(api, *(scalar(task, i, float(i)) for i in range(50)))
    found = last_metric(api, task)
    assert (found["metric"], found["variant"], found["value"], found["count"]) == ("loss", "train", 99.0, 100)
    assert (found["min_value"], found["min_value_iteration"]) == (0.0, 0)
    assert (found["max_value"], found["max_value_iteration"]) == (99.0, 99)
    assert (found["first_value"], found["first_value_iteration"]) == (0.0, 0)


def test_of_one_iteration_the_later_time_is_last(api: Api) -> None:
    task = api.task()
    send(api, scalar(task, 3, 1.0, timestamp=2000))
    send(api, scalar(task, 3, 2.0, timestamp=1000))
    assert last_metric(api, task)["value"] == 1.0


def test_a_task_knows_how_far_it_is_and_when_it_last_reported(api: Api) -> None:
    task = api.task()
    before = api.get(task)["last_update"]
    send(api, scalar(task, 3, 1.0), image(task, 12), plot(task, 5), log(task, "x", 1))
    after = api.get(task)
    assert after["last_iteration"] == 12
    assert after["last_update"] > before


def test_a_value_without_iteration_is_a_single_value_and_moves_nothing(api: Api) -> None:
    task = api.task()
    send(api, scalar(task, -(2**31), 0.9, metric="Summary", variant="accuracy"), scalar(task, 2, 1.0))
    assert api.get(task)["last_iteration"] == 2
    assert list(api("events.scalar_metrics_iter_histogram", task=task)) == ["loss"]
    (found,) = api("events.get_task_single_value_metrics", tasks=[task])["tasks"]
    assert found["task"] == task
    (value,) = found["values"]
    assert (value["metric"], value["variant"], value["value"]) == ("Summary", "accuracy", 0.9)
    assert last_metric(api, task, "Summary", "accuracy")["value"] == 0.9


@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity", '"nan"'])
def test_a_value_that_is_no_finite_number_is_a_gap_in_the_curve(api: Api, written: str) -> None:
    task = api.task()
    line = (
        b'{"type":"training_stats_scalar","task":"%s","metric":"loss","variant":"train","iter":2,"value":%s}'
    )
    send(api, scalar(task, 1, 5.0), scalar(task, 3, 7.0), line % (task.encode(), written.encode()))
    assert curve(api, task)["y"] == [5.0, None, 7.0]
    assert (last_metric(api, task)["min_value"], last_metric(api, task)["max_value"]) == (5.0, 7.0)


def test_numbers_written_as_text_are_read(api: Api) -> None:
    task = api.task()
    send(api, {**scalar(task, 4, "0.5", timestamp="1700000000123"), "iter": "4"})
    assert curve(api, task, key="timestamp") == {"name": "train", "x": [1700000000123], "y": [0.5]}


def test_the_server_sets_a_missing_time(api: Api) -> None:
    task = api.task()
    send(api, {**scalar(task, 1, 1.0), "timestamp": None})
    assert curve(api, task, key="timestamp")["x"][0] > 1_700_000_000_000


def test_names_with_dots_slashes_and_other_scripts_are_kept(api: Api) -> None:
    task = api.task()
    send(api, scalar(task, 1, 1.0, metric="потери/a.b$c", variant="…%\x00\n"))
    assert list(api("events.scalar_metrics_iter_histogram", task=task)["потери/a.b$c"]) == ["…%\x00\n"]


def test_a_published_task_takes_events_only_with_allow_locked(api: Api) -> None:
    task = api.task()
    for step in ("tasks.started", "tasks.completed", "tasks.publish"):
        api(step, task=task)
    assert "published" in refused(api, scalar(task, 1, 1.0))["result_msg"]
    assert send(api, scalar(task, 1, 1.0, allow_locked=True))["added"] == 1
    assert "allow_locked" in api.fails("events.delete_for_task", 400, 113, task=task)
    assert api("events.delete_for_task", task=task, allow_locked=True) == {"deleted": True}


def test_model_events_belong_to_models(api: Api) -> None:
    model = api("models.create", uri="http://x/m.pt", name="m", labels={}, ready=False)["id"]
    assert send(api, scalar(model, 3, 0.5, model_event=True))["added"] == 1
    assert "Invalid task id" in refused(api, scalar(model, 3, 0.5))["result_msg"]
    found = api("events.scalar_metrics_iter_histogram", task=model, model_events=True)
    assert found["loss"]["train"]["y"] == [0.5]
    api.fails("events.scalar_metrics_iter_histogram", 400, 101, task=model)
    assert api("events.delete_for_model", model=model) == {"deleted": True}
    assert api("events.scalar_metrics_iter_histogram", task=model, model_events=True) == {}


def test_deleting_a_tasks_events_leaves_none_of_any_kind(api: Api) -> None:
    task, other = api.task(), api.task("other")
    for one in (task, other):
        send(api, scalar(one, 1, 1.0), image(one, 1), plot(one, 1), log(one, "x", 1))
    assert api("events.delete_for_task", task=task) == {"deleted": True}
    assert api("events.delete_for_task", task=task) == {"deleted": False}
    assert api("events.get_task_events", task=task)["total"] == 0
    assert api.get(task)["last_metrics"] == {}
    assert api("events.get_task_events", task=other)["total"] == 4


def test_resetting_and_deleting_a_task_drops_its_events(api: Api) -> None:
    task = api.task()
    api("tasks.started", task=task)
    send(api, scalar(task, 1, 1.0), log(task, "x", 1))
    api("tasks.reset", task=task, force=True)
    assert api("events.get_task_events", task=task)["total"] == 0
    assert api.get(task)["last_metrics"] == {}
