"""Plots and debug samples: the newest, by iteration, one by one; and the list of all events."""

from collections.abc import Callable
from typing import Any

import pytest

from server.domain.events import event_list
from tests.contract.conftest import Api
from tests.contract.events import image, log, plot, scalar, send


def iterations(page: dict) -> list[int]:
    return [one["iter"] for one in page["metrics"][0]["iterations"]]


@pytest.mark.parametrize(("endpoint", "event"), [("events.debug_images", image), ("events.plots", plot)])
def test_samples_come_by_iteration_newest_first_until_none_is_left(api: Api, endpoint: str, event) -> None:
    task = api.task()
    send(api, *(event(task, i, "m", variant) for i in range(7) for variant in ("a", "b")))
    pages, scroll = [], None
    while True:
        page = api(endpoint, metrics=[{"task": task, "metric": "m"}], iters=3, scroll_id=scroll)
        scroll = page["scroll_id"]
        if not iterations(page):
            break
        pages.append(iterations(page))
        for one in page["metrics"][0]["iterations"]:
            assert [sample["variant"] for sample in one["events"]] == ["a", "b"]
            assert {sample["iter"] for sample in one["events"]} == {one["iter"]}
    assert pages == [[6, 5, 4], [3, 2, 1], [0]]
    assert iterations(api(endpoint, metrics=[{"task": task, "metric": "m"}], scroll_id=scroll)) == []


def test_scrolling_back_and_refreshing_finds_what_came_meanwhile(api: Api) -> None:
    task = api.task()
    wanted = {"metrics": [{"task": task}], "iters": 2}
    send(api, *(image(task, i) for i in range(4)))
    page = api("events.debug_images", **wanted)
    assert iterations(page) == [3, 2]
    send(api, *(image(task, i) for i in range(4, 8)))
    later = api("events.debug_images", **wanted, scroll_id=page["scroll_id"], navigate_earlier=False)
    assert iterations(later) == [5, 4]
    earlier = api("events.debug_images", **wanted, scroll_id=later["scroll_id"])
    assert iterations(earlier) == [3, 2]
    newest = api("events.debug_images", **wanted, scroll_id=earlier["scroll_id"], refresh=True)
    assert iterations(newest) == [7, 6]


def test_samples_of_several_tasks_and_chosen_variants(api: Api) -> None:
    first, second = api.task("first"), api.task("second")
    send(api, *(image(task, 1, m, v) for task in (first, second) for m in "xy" for v in "ab"))
    wanted = [{"task": first, "metric": "x", "variants": ["b"]}, {"task": second, "metric": "y"}]
    found = api("events.debug_images", metrics=wanted)["metrics"]
    names = [
        [(event["metric"], event["variant"]) for event in one["iterations"][0]["events"]] for one in found
    ]
    assert [one["task"] for one in found] == [first, second]
    assert names == [[("x", "b")], [("y", "a"), ("y", "b")]]


def test_one_sample_and_its_neighbours(api: Api) -> None:
    task = api.task()
    send(api, *(image(task, i, m, v) for i in range(3) for m in ("m", "n") for v in ("a", "b")))
    found = api("events.get_debug_image_sample", task=task, metric="m", variant="b")
    assert (found["event"]["iter"], found["min_iteration"], found["max_iteration"]) == (2, 0, 2)

    def walk(steps: int, found: dict, **how: bool) -> list[tuple]:
        seen = []
        for _ in range(steps):
            found = api("events.next_debug_image_sample", task=task, scroll_id=found["scroll_id"], **how)
            event = found["event"]
            seen.append(event and (event["iter"], event["metric"], event["variant"]))
        return seen

    assert walk(3, found, navigate_earlier=True) == [(2, "m", "a"), (1, "m", "b"), (1, "m", "a")]
    assert walk(2, found, navigate_earlier=False) == [None, None]
    assert walk(3, found, navigate_earlier=True, next_iteration=True) == [(1, "m", "b"), (0, "m", "b"), None]
    start = {"metric": "n", "variant": "a", "iteration": 1, "navigate_current_metric": False}
    found = api("events.get_debug_image_sample", task=task, **start)
    assert walk(2, found, navigate_earlier=True) == [(1, "m", "b"), (1, "m", "a")]
    assert walk(2, found, navigate_earlier=False) == [(1, "n", "b"), (2, "m", "a")]


def test_a_metrics_plots_at_one_iteration_and_the_next(api: Api) -> None:
    task = api.task()
    send(api, *(plot(task, i, "roc", v) for i in (3, 5, 9) for v in ("a", "b")))
    found = api("events.get_plot_sample", task=task, metric="roc")
    assert [(one["iter"], one["variant"]) for one in found["events"]] == [(9, "a"), (9, "b")]
    assert (found["min_iteration"], found["max_iteration"]) == (3, 9)
    found = api("events.next_plot_sample", task=task, scroll_id=found["scroll_id"], navigate_earlier=True)
    assert {one["iter"] for one in found["events"]} == {5}
    found = api("events.get_plot_sample", task=task, metric="roc", iteration=4)
    assert {one["iter"] for one in found["events"]} == {3}
    found = api("events.get_plot_sample", task=task, metric="unheard of")
    assert (found["events"], found["min_iteration"]) == ([], None)


def test_task_plots_are_the_newest_of_each_series(api: Api) -> None:
    task = api.task()
    send(api, *(plot(task, i, "roc", v) for i in range(4) for v in ("a", "b")))
    found = api("events.get_task_plots", task=task, no_scroll=True)
    assert [(one["variant"], one["iter"]) for one in found["plots"]] == [("a", 3), ("b", 3)]
    assert found["plots"][0]["plot_str"].startswith("{") and found["total"] == 2
    found = api("events.get_task_plots", task=task, iters=10, metrics=[{"metric": "roc", "variants": ["b"]}])
    assert [one["iter"] for one in found["plots"]] == [3, 2, 1, 0]
    again = api("events.get_task_plots", task=task, scroll_id=found["scroll_id"])
    assert (again["plots"], again["returned"]) == ([], 0)


@pytest.fixture
def large(api: Api) -> str:
    """A task with four plots of 12 MB, in four metrics and iterations."""
    task = api.task()
    for i, name in enumerate("abcd"):
        send(api, plot(task, i, name, plot_str="x" * 12_000_000))
    return task


def pages(api: Api, endpoint: str, found: Callable[[dict], list[dict]], **fields: Any) -> list[list[str]]:
    """The metrics on each page, until one is empty."""
    seen, scroll = [], None
    while True:
        page = api(endpoint, **fields, scroll_id=scroll)
        scroll = page["scroll_id"]
        if not found(page):
            return seen
        seen.append([one["metric"] for one in found(page)])


def test_a_page_of_large_plots_ends_early_and_each_comes_once(api: Api, large: str) -> None:
    assert pages(api, "events.get_task_plots", lambda page: page["plots"], task=large) == [
        ["a", "b", "c"],
        ["d"],
    ]
    assert pages(api, "events.get_task_events", lambda page: page["events"], task=large) == [
        ["a", "b", "c"],
        ["d"],
    ]

    def shown(page: dict) -> list[dict]:
        return [event for one in page["metrics"][0]["iterations"] for event in one["events"]]

    assert pages(api, "events.plots", shown, metrics=[{"task": large}], iters=9) == [["d", "c", "b"], ["a"]]
    assert len(api("events.get_task_plots", task=large, no_scroll=True)["plots"]) == 4


def test_plots_of_several_tasks_side_by_side(api: Api) -> None:
    first, second = api.task("first"), api.task("second")
    send(api, plot(first, 1), plot(second, 4))
    found = api("events.get_multi_task_plots", tasks=[first, second])["plots"]["confusion"]["matrix"]
    assert found[first]["1"]["name"] == "first"
    assert found[second]["4"]["plots"][0]["task"] == second


def test_task_metrics_by_type_of_event(api: Api) -> None:
    first, second = api.task("first"), api.task("second")
    send(
        api,
        image(first, 1, "m1"),
        image(first, 1, "m2"),
        log(first, "x", 1, metric="m2"),
        image(second, 1, "m3"),
    )

    def metrics(event_type: str) -> list[list[str]]:
        found = api("events.get_task_metrics", tasks=[first, second], event_type=event_type)["metrics"]
        assert [one["task"] for one in found] == [first, second]
        return [one["metrics"] for one in found]

    assert metrics("training_debug_image") == [["m1", "m2"], ["m3"]]
    assert metrics("log") == [["m2"], []]
    assert metrics("training_stats_scalar") == [[], []]
    found = api("events.get_multi_task_metrics", tasks=[first, second], event_type="training_debug_image")
    assert found["metrics"] == [{"metric": name, "variants": ["a"]} for name in ("m1", "m2", "m3")]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_all_events_come_in_order_of_time_page_by_page(api: Api, order: str) -> None:
    task = api.task()
    mixed = [
        event
        for i in range(10)
        for event in (
            scalar(task, i, 1.0, timestamp=100 - i),
            image(task, i, timestamp=50 + 3 * i),
            log(task, str(i), 7 * i),
        )
    ]
    send(api, *mixed)
    seen, scroll = [], None
    while True:
        page = api("events.get_task_events", task=task, order=order, batch_size=7, scroll_id=scroll)
        scroll = page["scroll_id"]
        assert page["total"] == 30 and page["returned"] == len(page["events"])
        if not page["events"]:
            break
        seen += [event["timestamp"] for event in page["events"]]
    assert seen == sorted((event["timestamp"] for event in mixed), reverse=order == "desc")


def paged(api: Api, task: str, order: str) -> list[dict]:
    """All of a task's events, seven at a time."""
    seen: list[dict] = []
    scroll = None
    while True:
        page = api("events.get_task_events", task=task, order=order, batch_size=7, scroll_id=scroll)
        scroll = page["scroll_id"]
        if not page["events"]:
            return seen
        seen += page["events"]


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("backwards", [False, True])
def test_very_many_events_come_series_by_series_in_time_and_each_once(
    api: Api, order: str, backwards: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_list, "_SORTED", 5)
    task = api.task()
    way = -1 if backwards else 1
    mixed = [
        event
        for i in range(40)
        for event in (
            scalar(task, i, 1.0, variant="a", timestamp=1000 + way * 10 * i),
            scalar(task, 3 * i, 1.0, variant="b", timestamp=1001 + way * 5 * i),
            image(task, i, timestamp=1002 + way * 7 * i),
            log(task, str(i), 1003 + 3 * i),
        )
    ]
    send(api, *mixed, scalar(task, -(2**31), 7.0, metric="Summary", timestamp=1))
    seen = paged(api, task, order)
    names = [(one["type"], one.get("variant"), one.get("iter"), one.get("msg")) for one in seen]
    assert len(names) == len(set(names)) == len(mixed) + 1
    if not backwards:
        times = [one["timestamp"] for one in seen]
        assert times == sorted(times, reverse=order == "desc")


def test_a_scroll_through_very_many_events_goes_on_to_what_came_meanwhile(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_list, "_SORTED", 5)
    task = api.task()
    send(api, *(scalar(task, i, 1.0) for i in range(20)))
    first = api("events.get_task_events", task=task, batch_size=15)
    assert first["total"] == 20
    send(api, *(scalar(task, i, 1.0) for i in range(20, 25)), scalar(task, 0, 2.0, variant="late"))
    rest = api("events.get_task_events", task=task, batch_size=100, scroll_id=first["scroll_id"])
    assert [one["iter"] for one in rest["events"] if one["variant"] == "train"] == list(range(15, 25))
    assert len(rest["events"]) == 11
