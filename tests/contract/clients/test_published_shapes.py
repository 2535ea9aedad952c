"""Answers in the shapes that ClearML's clients were written for."""

from __future__ import annotations

import pytest

from tests.contract.conftest import Api
from tests.contract.events import image, plot, scalar, send


def model(api: Api, name: str = "m", **fields) -> str:
    return api("models.create", uri=f"file:///{name}", name=name, **fields)["id"]


def test_models_come_by_their_ids_with_names(api: Api) -> None:
    project = api.project("p")
    ids = [model(api, name, project=project) for name in "ab"]
    found = api("models.get_by_id_ex", id=[ids[1], "nobody", f"-{ids[0]}"])["models"]
    assert [(one["name"], one["project"]["name"]) for one in found] == [("b", "p")]
    assert api("models.get_by_id_ex", id=[]) == {"models": []}


def test_a_model_is_ready_unless_it_says_otherwise(api: Api) -> None:
    assert api("models.get_by_id", model=model(api))["model"]["ready"] is True
    assert api("models.get_by_id", model=model(api, "draft", ready=False))["model"]["ready"] is False


def test_metadata_is_kept_wherever_it_is_given(api: Api) -> None:
    item = {"key": "a", "type": "str", "value": "1"}
    one = model(api)
    api("models.update", model=one, metadata=[item])
    assert api("models.get_by_id", model=one)["model"]["metadata"] == {"a": item}
    queue = api("queues.create", name="q", metadata=[item])["id"]
    assert api("queues.get_by_id", queue=queue)["queue"]["metadata"] == {"a": item}
    api("queues.update", queue=queue, metadata={"b": {"value": "2"}})
    assert api("queues.get_by_id", queue=queue)["queue"]["metadata"] == {
        "b": {"key": "b", "type": None, "value": "2"}
    }
    api.fails("models.update", 400, 12, model=one, metadata={"a": 5})


def test_curves_of_several_tasks_are_below_metrics(api: Api) -> None:
    task = api.task("t")
    send(api, scalar(task, 1, 0.5))
    answer = api("events.multi_task_scalar_metrics_iter_histogram", tasks=[task])
    assert answer["metrics"]["loss"]["train"][task] == {"name": "t", "x": [1], "y": [0.5]}


def test_a_reports_data_names_the_tasks_asked_for(api: Api) -> None:
    task = api.task("t")
    api.task("other")
    answer = api("reports.get_task_data", id=[task], only_fields=["name"], plots={"iters": 1})
    assert answer == {"tasks": [{"id": task, "name": "t"}], "plots": {}}


def test_the_mean_stands_beside_the_extremes_and_sorts(api: Api) -> None:
    low, high = api.task("low"), api.task("high")
    send(api, scalar(low, 1, 1.0), scalar(low, 2, "NaN"), scalar(high, 1, 5.0))
    send(api, scalar(low, 3, 2.0), scalar(low, 4, 6.0))
    ((hash_, variants),) = api.get(low)["last_metrics"].items()
    ((variant, kept),) = variants.items()
    assert (kept["mean_value"], kept["count"]) == (3.0, 4)
    path = f"last_metrics.{hash_}.{variant}.mean_value"
    assert api.names("tasks.get_all", order_by=[f"-{path}"]) == ["high", "low"]


def test_artifacts_and_models_keep_their_places_and_are_shown(api: Api) -> None:
    task = api.task(execution={"artifacts": [{"key": key, "type": "x"} for key in "cab"]})
    api(
        "tasks.add_or_update_artifacts",
        task=task,
        artifacts=[{"key": "c", "type": "y"}, {"key": "d", "type": "x"}],
    )
    artifacts = api.get(task)["execution"]["artifacts"]
    assert [one["key"] for one in artifacts] == ["c", "a", "b", "d"]
    assert [one["display_data"] for one in artifacts] == [[]] * 4
    for name in ("z", "y", "z"):
        api("tasks.add_or_update_model", task=task, name=name, model=model(api, name), type="output")
    assert [one["name"] for one in api.get(task)["models"]["output"]] == ["z", "y"]


def test_a_task_without_a_project_says_so_as_a_parent(api: Api) -> None:
    parent = api.task("parent")
    child = api.task("child", parent=parent)
    assert api("tasks.get_all_ex", id=[child])["tasks"][0]["parent"]["project"] == {}
    assert api("projects.get_task_parents")["parents"] == [{"id": parent, "name": "parent", "project": {}}]


# Queues


def test_the_default_queue_is_known_by_its_mark(api: Api) -> None:
    first = api("queues.get_default")
    assert api("queues.get_by_id", queue=first["id"])["queue"]["system_tags"] == ["default"]
    other = api("queues.create", name="other", system_tags=["default"])["id"]
    api.fails("queues.get_default", 400, 708)
    api("queues.update", queue=first["id"], system_tags=[])
    assert api("queues.get_default") == {"id": other, "name": "other"}


def test_queues_tell_how_many_wait_and_what_they_are_called(api: Api) -> None:
    queue = api("queues.create", name="q")["id"]
    for number in range(3):
        api("tasks.enqueue", task=api.task(f"t{number}"), queue=queue)
    query = {"id": [queue], "max_task_entries": 1}
    plain = api("queues.get_all_ex", **query)["queues"][0]
    assert plain["display_name"] == "q" and "entries_count" not in plain
    counted = api("queues.get_all_ex", **query, count_task_entries=True)["queues"][0]
    assert counted["entries_count"] == 3 and len(counted["entries"]) == 1


def test_an_entry_added_to_another_queue_moves_and_the_task_knows(api: Api) -> None:
    one, two = (api("queues.create", name=name)["id"] for name in ("one", "two"))
    task = api.task()
    api.fails("queues.get_by_task_id", 400, 703, task=task)
    api("tasks.enqueue", task=task, queue=one)
    assert api("queues.get_by_task_id", task=task)["queue"]["name"] == "one"
    api("queues.add_task", queue=two, task=task)
    assert api("queues.get_num_entries", queue=one)["num"] == 0
    assert api.get(task)["execution"]["queue"] == two
    api.fails("queues.add_task", 400, 706, queue=two, task=task)
    api("queues.move_task_to_queue", queue=one, task=task)
    assert (
        api("queues.get_by_task_id", task=task)["queue"]["id"] == api.get(task)["execution"]["queue"] == one
    )


def test_whose_task_it_is_comes_only_when_asked(api: Api) -> None:
    queue = api("queues.create", name="q")["id"]
    for asked in (False, True):
        api("tasks.enqueue", task=api.task(), queue=queue)
        assert ("task_info" in api("queues.get_next_task", queue=queue, get_task_info=asked)) is asked


def test_a_queues_metrics_are_dated_in_milliseconds(api: Api) -> None:
    now = 1_700_000_000
    queue = api("queues.create", name="q")["id"]
    with api.store.transaction():
        sql = "INSERT INTO queue_stats(queue, timestamp, length, waiting) VALUES (?, ?, 1, 2.0)"
        api.store.db.execute(sql, (queue, now))
    answer = api(
        "queues.get_queue_metrics", from_date=now - 5, to_date=now + 5, interval=1, queue_ids=[queue]
    )
    assert answer["queues"][0]["dates"] == [now * 1000]


# Plots and samples, page by page


@pytest.mark.parametrize(("endpoint", "event"), [("events.debug_images", image), ("events.plots", plot)])
def test_pages_lead_back_from_past_both_ends(api: Api, endpoint: str, event) -> None:
    task = api.task()
    send(api, *(event(task, step) for step in range(5)))
    scroll = None

    def page(earlier: bool) -> list[int]:
        nonlocal scroll
        body = {"metrics": [{"task": task}], "iters": 2, "navigate_earlier": earlier}
        answer = api(endpoint, **body, **({"scroll_id": scroll} if scroll else {}))
        scroll = answer["scroll_id"]
        return [one["iter"] for one in answer["metrics"][0]["iterations"]]

    assert [page(True) for _ in range(5)] == [[4, 3], [2, 1], [0], [], []]
    assert [page(False) for _ in range(5)] == [[1, 0], [3, 2], [4], [], []]
    assert [page(True) for _ in range(2)] == [[4, 3], [2, 1]]


def test_the_next_sample_is_the_earlier_one_unless_asked_otherwise(api: Api) -> None:
    task = api.task()
    send(api, *(image(task, step) for step in range(3)))
    answer = api("events.get_debug_image_sample", task=task, metric="images", variant="a")
    steps = []
    for way in ({}, {}, {"navigate_earlier": False}):
        answer = api("events.next_debug_image_sample", task=task, scroll_id=answer["scroll_id"], **way)
        steps.append(answer["event"]["iter"])
    assert steps == [1, 0, 1]


@pytest.mark.parametrize("more", [{}, {"key": None}])
def test_a_sample_whose_file_was_overwritten_leaves_the_list(api: Api, more: dict) -> None:
    task = api.task()

    def ring(step: int, variant: str = "a") -> dict:
        return image(task, step, variant=variant, url=f"http://x/{variant}_{step % 3}.png", **more)

    send(api, *(ring(step) for step in range(4)))
    send(api, ring(4), ring(0, "b"))
    found = api("events.debug_images", metrics=[{"task": task}], iters=10)["metrics"][0]["iterations"]
    assert [(one["iter"], [event["variant"] for event in one["events"]]) for one in found] == [
        (4, ["a"]), (3, ["a"]), (2, ["a"]), (0, ["b"])
    ]  # fmt: skip
