"""Reading curves: sampled, by any axis, of several tasks, raw, their last values; vectors."""

import math
import random

from server.domain.events.overview import TILE
from tests.contract.conftest import Api
from tests.contract.events import scalar, send


def filled(api: Api, points: int, name: str = "task", value=float) -> str:
    task = api.task(name)
    for start in range(0, points, 5000):
        send(api, *(scalar(task, i, value(i)) for i in range(start, min(start + 5000, points))))
    return task


def test_curves_are_grouped_by_metric_and_variant(api: Api) -> None:
    task = api.task()
    send(api, scalar(task, 2, 0.5), scalar(task, 1, 0.75), scalar(task, 1, 0.9, variant="validation"))
    assert api("events.scalar_metrics_iter_histogram", task=task) == {
        "loss": {
            "train": {"name": "train", "x": [1, 2], "y": [0.75, 0.5]},
            "validation": {"name": "validation", "x": [1], "y": [0.9]},
        }
    }


def test_metrics_and_variants_can_be_asked_for(api: Api) -> None:
    task = api.task()
    send(api, *(scalar(task, 1, 1.0, m, v) for m in ("a", "b") for v in ("x", "y")))
    wanted = [{"metric": "a", "variants": ["y"]}, {"metric": "b"}, {"metric": "none"}]
    found = api("events.scalar_metrics_iter_histogram", task=task, metrics=wanted)
    assert {metric: list(variants) for metric, variants in found.items()} == {"a": ["y"], "b": ["x", "y"]}


def test_the_axis_may_be_time(api: Api) -> None:
    task = filled(api, 2)
    times = api("events.scalar_metrics_iter_histogram", task=task, key="timestamp")["loss"]["train"]["x"]
    assert times == [1_700_000_000_000, 1_700_000_000_001]
    times = api("events.scalar_metrics_iter_histogram", task=task, key="iso_time")["loss"]["train"]["x"]
    assert times == ["2023-11-14T22:13:20.000Z", "2023-11-14T22:13:20.001Z"]


def test_a_task_without_scalars_answers_an_empty_object(api: Api) -> None:
    assert api("events.scalar_metrics_iter_histogram", task=api.task()) == {}


def test_samples_thin_a_curve_evenly_and_zero_gives_all(api: Api) -> None:
    task = filled(api, 100)
    line = api("events.scalar_metrics_iter_histogram", task=task, samples=10)["loss"]["train"]
    assert len(line["x"]) == len(line["y"]) == 10
    for place, (x, y) in enumerate(zip(line["x"], line["y"], strict=True)):
        assert place * 10 <= x <= (place + 1) * 10 and y == x
    whole = api("events.scalar_metrics_iter_histogram", task=task, samples=0)["loss"]["train"]
    assert whole["x"] == list(range(100))


def test_a_live_chart_asks_only_for_what_is_new(api: Api) -> None:
    task = filled(api, 100)
    new = api("events.scalar_metrics_iter_histogram", task=task, from_iter=97, samples=50)["loss"]["train"]
    assert new["x"] == [97, 98, 99]
    assert api("events.scalar_metrics_iter_histogram", task=task, from_iter=100) == {}


def test_a_long_curve_keeps_its_ends_and_its_only_spike(api: Api) -> None:
    task = filled(api, 40_000, value=lambda i: 100.0 if i == 31_234 else math.sin(i / 5000))
    line = api("events.scalar_metrics_iter_histogram", task=task, samples=200)["loss"]["train"]
    assert len(line["x"]) <= 200
    assert (line["x"][0], line["x"][-1]) == (0, 39_999)
    assert line["y"][line["x"].index(31_234)] == 100.0


def test_points_reported_again_change_a_long_curve(api: Api) -> None:
    task = filled(api, 20_000, value=lambda i: 100.0 if i == 7_000 else 0.0)
    send(api, scalar(task, 7_000, 1.0), scalar(task, 9_000, -5.0))
    line = api("events.scalar_metrics_iter_histogram", task=task, samples=100)["loss"]["train"]
    values = dict(zip(line["x"], line["y"], strict=True))
    assert (max(line["y"]), min(line["y"])) == (1.0, -5.0)
    assert (values[7_000], values[9_000]) == (1.0, -5.0)


def test_a_long_curve_may_come_in_any_order(api: Api) -> None:
    task, order = api.task(), list(range(10_000))
    random.Random(3).shuffle(order)
    for start in range(0, 10_000, 1000):
        send(api, *(scalar(task, i, 9.0 if i == 1 else i / 10_000) for i in order[start : start + 1000]))
    line = api("events.scalar_metrics_iter_histogram", task=task, samples=50)["loss"]["train"]
    assert line["x"] == sorted(line["x"]) and 9.0 in line["y"]
    assert (line["x"][0], line["x"][-1]) == (0, 9_999)


def test_several_tasks_share_a_chart_under_their_names(api: Api) -> None:
    first, second = filled(api, 2, "first"), filled(api, 3, "second")
    found = api("events.multi_task_scalar_metrics_iter_histogram", tasks=[first, second])["metrics"]
    assert found["loss"]["train"][first] == {"name": "first", "x": [0, 1], "y": [0.0, 1.0]}
    assert found["loss"]["train"][second]["name"] == "second"
    api.fails("events.multi_task_scalar_metrics_iter_histogram", 400, 101, tasks=[first, "nobody"])


def test_raw_points_come_page_by_page_until_none_is_left(api: Api) -> None:
    task = filled(api, 25)
    send(api, *(scalar(task, i, -1.0, variant="other") for i in range(5)))
    seen: dict[str, list] = {"train": [], "other": []}
    scroll, returned = None, []
    while True:
        page = api(
            "events.scalar_metrics_iter_raw",
            task=task,
            metric={"metric": "loss"},
            batch_size=10,
            count_total=True,
            scroll_id=scroll,
        )
        scroll, total = page["scroll_id"], page["total"]
        returned.append(page["returned"])
        for variant, line in page["variants"].items():
            assert line["x"] == line["iter"]
            seen[variant] += zip(line["x"], line["y"], strict=True)
        if not page["returned"]:
            break
    assert (total, returned) == (30, [10, 10, 10, 0])
    assert seen["train"] == [(i, float(i)) for i in range(25)]
    assert len(seen["other"]) == 5


def test_scalar_metric_data_pages_events(api: Api) -> None:
    task = filled(api, 7)
    page = api("events.get_scalar_metric_data", task=task, metric="loss", batch_size=5)
    assert (page["returned"], page["total"], page["events"][0]["value"]) == (5, 7, 0.0)
    page = api("events.get_scalar_metric_data", task=task, metric="loss", scroll_id=page["scroll_id"])
    assert [event["iter"] for event in page["events"]] == [5, 6]


def test_latest_values_come_with_the_mean_of_the_last_hundred(api: Api) -> None:
    task = filled(api, 201)
    found = api("events.get_task_latest_scalar_values", task=task)
    assert found["last_iter"] == 200
    ((metric,), (variant,)) = found["metrics"], found["metrics"][0]["variants"]
    assert (metric["name"], variant["name"]) == ("loss", "train")
    assert (variant["last_value"], variant["last_100_value"]) == (200.0, 150.5)


def test_the_names_of_curves_and_vectors(api: Api) -> None:
    task = filled(api, 1)
    vector = {
        "type": "training_stats_vector",
        "task": task,
        "metric": "v",
        "variant": "w",
        "values": [1.0, 2.0],
    }
    send(api, {**vector, "iter": 1}, {**vector, "iter": 2, "values": [3.0]})
    assert api("events.get_scalar_metrics_and_variants", task=task)["metrics"] == {"loss": ["train"]}
    found = api("events.get_vector_metrics_and_variants", task=task)["metrics"]
    assert found == [{"metric": "v", "variants": ["w"]}]
    found = api("events.vector_metrics_iter_histogram", task=task, metric="v", variant="w")
    assert (found["iterations"], found["vectors"]) == ([1, 2], [[1.0, 2.0], [3.0]])


def test_a_foreign_scroll_id_is_refused(api: Api) -> None:
    task = filled(api, 1)
    for scroll in ("nonsense", "WyJhIl0=", "e30=", "🦆"):
        for endpoint, more in (
            ("events.scalar_metrics_iter_raw", {"metric": {"metric": "loss"}}),
            ("events.get_task_events", {}),
            ("events.get_task_plots", {}),
        ):
            api.fails(endpoint, 400, 1104, task=task, scroll_id=scroll, **more)


def test_long_curves_have_tiles_that_what_is_reported_again_rebuilds(api: Api) -> None:
    task = filled(api, 3 * TILE - 1, value=lambda i: 0.0)
    (series,) = api.store.events.series.of([task])
    tiles = api.store.events.tiles
    assert (tiles.count(series.id), tiles.last_stop(series.id)) == (2, 2 * TILE - 1)
    send(api, scalar(task, 3 * TILE - 1, 0.0), scalar(task, 700, 9.0), scalar(task, TILE + 5, -9.0))
    assert (tiles.count(series.id), tiles.last_stop(series.id)) == (3, 3 * TILE - 1)
    assert {(one.iter, one.value) for one in tiles.extremes(series.id, TILE)} >= {
        (700, 9.0),
        (TILE + 5, -9.0),
    }
    line = api("events.scalar_metrics_iter_histogram", task=task, samples=60)["loss"]["train"]
    assert len(line["x"]) <= 60 and {9.0, -9.0} <= set(line["y"])
    assert (line["x"][0], line["x"][-1]) == (0, 3 * TILE - 1)
    api("events.delete_for_task", task=task)
    assert tiles.count(series.id) == 0


def test_a_short_curve_has_no_tile(api: Api) -> None:
    task = filled(api, TILE - 1)
    (series,) = api.store.events.series.of([task])
    assert api.store.events.tiles.count(series.id) == 0
