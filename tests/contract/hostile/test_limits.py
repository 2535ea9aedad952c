"""No depth, length or number makes a 500, or a listing that fails for others."""

from __future__ import annotations

import json

import pytest

from server.api import limits
from tests.contract.conftest import Api
from tests.contract.events import send

DEPTHS = (60, 101, 120, 251, 254, 400, 900, 5000)
LISTINGS = (
    "tasks.get_all",
    "tasks.get_all_ex",
    "projects.get_all_ex",
    "models.get_all_ex",
    "queues.get_all_ex",
)


def nested(depth: int, opening: str = '{"a":', closing: str = "}") -> str:
    return opening * depth + "1" + closing * depth


FIELDS = {
    "tasks.create": '{"name":"deep","type":"training","runtime":%s}',
    "tasks.validate": '{"name":"deep","type":"training","script":%s}',
    "models.create": '{"name":"deep","uri":"u","design":%s}',
    "users.set_preferences": '{"preferences":%s}',
    "workers.status_report": '{"worker":"w","timestamp":1,"machine_stats":%s}',
    "serving.register_container": '{"container_id":"c","endpoint_name":"e","model_name":"m","tags":%s}',
    "storage.set_settings": '{"aws":%s}',
    "tasks.get_all_ex": '{"runtime":%s}',
    "tasks.create ": '{"name":"deep","type":"training","hyperparams":%s}',
    "projects.create": '{"name":%s}',
    "nothing.known": "%s",
}


@pytest.mark.parametrize("endpoint", FIELDS)
def test_no_depth_of_any_field_makes_a_500_or_breaks_a_listing(api: Api, endpoint: str) -> None:
    for depth in DEPTHS:
        for piece in (nested(depth), nested(depth, "[", "]")):
            answer = api.post(endpoint.strip(), (FIELDS[endpoint] % piece).encode())
            assert answer.status_code in (200, 400), f"{depth}: {answer.text[:300]}"
            assert answer.json()["meta"]["result_msg"]
            if depth > limits.DEPTH:
                assert answer.status_code == 400
    for listing in (
        *LISTINGS,
        "users.get_preferences",
        "serving.get_loading_instances",
        "storage.get_settings",
    ):
        assert api.post(listing, {}).status_code == 200


def test_a_document_from_before_the_limit_breaks_no_listing(api: Api) -> None:
    task = api.task("deep")
    with api.store.transaction():
        api.store.db.execute("UPDATE tasks SET runtime = ? WHERE id = ?", (nested(600), task))
    assert api.names("tasks.get_all_ex") == ["deep"]
    assert api.get(task)["name"] == "deep"


@pytest.mark.parametrize("depth", [120, 400, 5000])
def test_deep_events_are_refused_one_by_one(api: Api, depth: int) -> None:
    task = api.task()
    good = {"type": "log", "task": task, "msg": "kept"}
    deep = f'{{"type":"plot","task":"{task}","metric":"m","plot_str":{nested(depth)}}}'
    odd = f'{{"type":"training_stats_scalar","task":"{task}","value":NaN,"metric":{nested(depth)}}}'
    answer = send(api, json.dumps(good).encode(), deep.encode(), odd.encode())
    assert answer["added"] + answer["errors"] == 3 and answer["added"] >= 1
    assert api("events.get_task_log", task=task)["events"][0]["msg"] == "kept"
    assert api.post("events.get_task_plots", {"task": task}).status_code == 200


LONG = "x" * (limits.NAME + 1)


@pytest.mark.parametrize(
    ("endpoint", "body"),
    [
        ("tasks.create", {"name": LONG, "type": "training"}),
        ("tasks.create", {"name": "n", "type": "training", "tags": [LONG]}),
        ("tasks.create", {"name": "n", "type": "training", "hyperparams": {LONG: {}}}),
        ("tasks.create", {"name": "n", "type": "training", "runtime": {"a": {LONG: 1}}}),
        ("models.create", {"name": LONG, "uri": "u"}),
        ("queues.create", {"name": LONG}),
        ("users.create", {"name": LONG}),
        ("workers.register", {"worker": LONG}),
        ("tasks.get_by_id", {"task": LONG}),
        ("tasks.archive_many", {"ids": ["x"] * (limits.ITEMS + 1)}),
        ("users.set_preferences", {"preferences": {LONG: 1}}),
    ],
)
def test_what_is_too_long_or_too_many_is_refused(api: Api, endpoint: str, body: dict) -> None:
    assert "more than" in api.fails(endpoint, 400, 12, **body)


def test_a_long_comment_is_kept(api: Api) -> None:
    assert api.get(api.task(comment=LONG * 100))["comment"] == LONG * 100


def test_a_project_has_so_many_parts(api: Api) -> None:
    api.fails("projects.create", 400, 409, name="/".join(["a"] * (limits.DEPTH + 1)))
    deepest = api.project("/".join(["a"] * limits.DEPTH))
    top = api("projects.get_all", name="^a$")["projects"][0]["id"]
    assert api("projects.update", project=top, name="b")["updated"] == 1
    assert api("projects.get_by_id", project=deepest)["project"]["name"].startswith("b/a/a")
    path = ".".join(["a"] * 500)
    assert "deep" in api.fails("users.set_preferences", 400, 12, preferences={path: 1})


def test_names_of_metrics_have_a_limit(api: Api) -> None:
    task = api.task()
    for fields in ({"metric": LONG, "variant": "v"}, {"metric": "m", "variant": LONG}):
        event = {"type": "training_stats_scalar", "task": task, "value": 1, "iter": 1, **fields}
        answer = api.post("events.add_batch", json.dumps(event).encode())
        assert answer.status_code == 400 and "characters" in answer.json()["meta"]["result_msg"]
