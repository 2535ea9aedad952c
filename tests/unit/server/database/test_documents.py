"""The query language over a real collection: what each form finds, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.api.errors import InvalidScrollId, ValidationFailed
from server.store import Store
from server.store.tasks import Tasks

M, V = "a" * 32, "b" * 32


def params(**values: str) -> dict:
    return {
        "Args": {name: {"section": "Args", "name": name, "value": value} for name, value in values.items()}
    }


DOCUMENTS = [
    {
        "id": "1",
        "name": "alpha run",
        "tags": ["best", "audio"],
        "status": "created",
        "created": "2024-01-01T00:00:00.000000+00:00",
        "hyperparams": params(**{"lr": "0.1", "a.b/c": "x"}),
        "runtime": {"hash.of": "abc", "n": "1"},
        "last_iteration": 5,
        "parent": "9",
    },
    {
        "id": "2",
        "name": "Beta [run]",
        "tags": ["audio"],
        "status": "completed",
        "created": "2024-06-01T12:00:00.000000+00:00",
        "hyperparams": params(lr="1e-3"),
        "models": {"input": [{"name": "i", "model": "m1"}, {"name": "j", "model": "m2"}], "output": []},
        "last_iteration": 50,
    },
    {
        "id": "3",
        "name": "gamma",
        "tags": [],
        "system_tags": ["archived"],
        "status": "failed",
        "created": "2025-01-01T00:00:00.000000+00:00",
        "hyperparams": params(lr="10"),
        "comment": "a 100% sure_thing",
        "last_iteration": 500,
    },
    {"id": "4", "name": "delta", "tags": ['x","best'], "status": "queued", "hyperparams": params(lr="auto")},
]


@pytest.fixture
def tasks(tmp_path: Path) -> Iterator[Tasks]:
    store = Store(tmp_path, synchronous="NORMAL")
    with store.transaction():
        for document in DOCUMENTS:
            store.tasks.insert({"type": "training", **document})
        for task, value, least in (("1", 0.5, 0.1), ("2", 0.9, 0.3), ("3", 0.7, 0.2)):
            store.db.execute(
                "INSERT INTO last_metrics(task, metric_hash, variant_hash, metric, variant, value, min_value)"
                " VALUES (?, ?, ?, 'accuracy', 'validation', ?, ?)",
                (task, M, V, value, least),
            )
    yield store.tasks
    store.close()


def ids(tasks: Tasks, query: dict[str, Any] | None = None, *also: dict[str, Any]) -> str:
    return "".join(one["id"] for one in tasks.find(query or {}, *also))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, "1234"),
        ({"id": []}, "1234"),
        ({"id": ["2", "3", "nobody"]}, "23"),
        ({"id": "2"}, "2"),
        ({"method": "get", "unknown": ["x"]}, "1234"),
        ({"status": ["created", "failed"]}, "13"),
        ({"status": ["-created"]}, "234"),
        ({"parent": "9"}, "1"),
        ({"parent": [None]}, "234"),
        ({"parent": None}, "1234"),
    ],
)
def test_fields_filter_by_value_and_stray_keys_do_not(tasks: Tasks, query: dict, found: str) -> None:
    assert ids(tasks, query) == found


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("run", "12"),
        ("^alpha\\ run$", "1"),
        ("^Beta\\ \\[run\\]$", "2"),
        ("^beta", ""),
        ("(?i)^beta", "2"),
        ("^(alpha|gamma)", "13"),
        ("a$", "34"),
    ],
)
def test_a_name_is_a_case_sensitive_python_pattern(tasks: Tasks, pattern: str, found: str) -> None:
    assert ids(tasks, {"name": pattern}) == found


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        (["best", "audio"], "12"),
        (["audio", "-best"], "2"),
        (["-audio"], "34"),
        (["__$all", "best", "audio"], "1"),
        (["__$and", "audio", "__$not", "best"], "2"),
        (["__$not", "audio", "__$not", "best"], "34"),
        (["__$any", "best", "__$not", "audio"], "134"),
        (["__$all", "audio", "__$or", "best", "__$not", "best"], "12"),
        (["__$all", "audio", "__$or", "best", "nothing"], "1"),
        (["__$nop", "audio", "__$not", "best"], "2"),
        ([None], "3"),
        ([None, "best"], "13"),
        (["__$all"], "1234"),
    ],
)
def test_operators_join_tags(tasks: Tasks, tags: list, found: str) -> None:
    assert ids(tasks, {"tags": tags}) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"created": [">=2024-06-01"]}, "23"),
        ({"created": [">=2024-06-01", "<2024-12-31"]}, "2"),
        ({"created": ["2024-01-01", "2024-12-31"]}, "12"),
        ({"created": ["2024-12-31", None]}, "3"),
        ({"created": [">1717243200"]}, "3"),
        ({"created": ["==2024-06-01T14:00:00+02:00"]}, "2"),
        ({"last_iteration": [10, 100]}, "2"),
        ({"last_iteration": [None, 100]}, "124"),
        ({"last_iteration": 5}, "1"),
        ({f"last_metrics.{M}.{V}.value": [0.6, None]}, "23"),
        ({f"last_metrics.{M}.{V}.min_value": [0.0, 0.15]}, "1"),
    ],
)
def test_ranges_of_dates_and_numbers(tasks: Tasks, query: dict, found: str) -> None:
    assert ids(tasks, query) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"hyperparams.Args.lr.value": ["0.1", "10"]}, "13"),
        ({"hyperparams.Args.lr.value": ["-10"]}, "124"),
        ({"hyperparams.Args.a.b/c.value": "x"}, "1"),
        ({"hyperparams.Args.a%2Eb/c.value": ["x"]}, "1"),
        ({"hyperparams.Args.none.value": [None]}, "1234"),
        ({"runtime.hash.of": "abc"}, "1"),
        ({"models.input.model": ["m2"]}, "2"),
        ({"filters": {"hyperparams.Args.lr.value": {"any": {"include": ["10", "auto"]}}}}, "34"),
        ({"filters": {"tags": {"all": {"include": ["best", "audio"]}}}}, "1"),
        ({"filters": {"tags": {"any": {"exclude": ["audio"]}}}}, "34"),
        (
            {"filters": {"tags": {"any": {"include": ["best"]}, "all": {"exclude": ["audio"]}, "op": "or"}}},
            "134",
        ),
    ],
)
def test_paths_reach_into_documents(tasks: Tasks, query: dict, found: str) -> None:
    assert ids(tasks, query) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"_any_": {"pattern": "BETA|sure", "fields": ["name", "comment"]}}, "23"),
        ({"_all_": {"pattern": "a", "fields": ["name", "comment"]}}, "3"),
        ({"_any_": {"pattern": "^abc$", "fields": ["runtime.hash.of"]}}, "1"),
        ({"_or_": {"datetime": [">=2025-01-01"], "fields": ["created", "completed"]}}, "3"),
        ({"_any_": {"values": ["best"], "fields": ["tags", "system_tags"]}}, "1"),
        ({"_any_": {"filters": {"name": {"any": {"include": ["gamma"]}}}}}, "3"),
        ({"_any_": {"pattern": "x", "fields": ["unknown"]}}, "1234"),
        ({"search_text": "RUN"}, "12"),
        ({"search_text": "100%"}, "3"),
        ({"search_text": "sure_"}, "3"),
        ({"search_text": "audio alpha"}, "1"),
    ],
)
def test_conditions_over_several_fields(tasks: Tasks, query: dict, found: str) -> None:
    assert ids(tasks, query) == found


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("name", "1243"),
        (["-name"], "3421"),
        (["-created"], "3214"),
        (["status", "-name"], "2134"),
        (["hyperparams.Args.lr.value"], "2134"),
        (["-hyperparams.Args.lr.value"], "4312"),
        ([f"last_metrics.{M}.{V}.value"], "1324"),
        ([f"-last_metrics.{M}.{V}.value"], "2314"),
        ([f"last_metrics.{M}.{V}.min_value"], "1324"),
        (["@text_score", "unknown"], "1234"),
    ],
)
def test_order_by_fields_metrics_and_parameters(tasks: Tasks, order: Any, found: str) -> None:
    assert ids(tasks, {"order_by": order}) == found


def test_pages_starts_and_scrolls_cover_everything_once(tasks: Tasks) -> None:
    assert [ids(tasks, {"page": page, "page_size": 3}) for page in range(3)] == ["123", "4", ""]
    assert ids(tasks, {"start": 1, "size": 2}) == "23"
    seen, scroll = "", None
    while True:
        found, scroll = tasks.page({"size": 3, "scroll_id": scroll})
        seen += "".join(one["id"] for one in found)
        if not found:
            break
    assert seen == "1234"


def test_a_refreshed_scroll_gives_again_what_was_given(tasks: Tasks) -> None:
    _, scroll = tasks.page({"size": 3})
    again, _ = tasks.page({"size": 3, "scroll_id": scroll, "refresh_scroll": True})
    assert [one["id"] for one in again] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("only_fields", "shape"),
    [
        (["name"], {"id": "1", "name": "alpha run"}),
        ("status", {"id": "1", "status": "created"}),
        (["runtime.absent"], {"id": "1", "runtime": {}}),
        (["runtime.hash.of"], {"id": "1", "runtime": {"hash.of": "abc"}}),
        (["script.requirements"], {"id": "1", "script": {}}),
        (["hyperparams.Args.a.b/c.value"], {"id": "1", "hyperparams": {"Args": {"a.b/c": {"value": "x"}}}}),
        (
            [f"last_metrics.{M}.{V}.value", f"last_metrics.{M}.{V}.metric"],
            {"id": "1", "last_metrics": {M: {V: {"value": 0.5, "metric": "accuracy"}}}},
        ),
        (["project", "tags"], {"id": "1", "tags": ["best", "audio"]}),
        (["runtime", "runtime.n"], {"id": "1", "runtime": {"hash.of": "abc", "n": "1"}}),
    ],
)
def test_only_fields_gives_the_nested_shape_and_nothing_else(
    tasks: Tasks, only_fields: Any, shape: dict
) -> None:
    assert tasks.get("1", only_fields) == shape


def test_fields_with_a_minus_are_left_out(tasks: Tasks) -> None:
    query = {
        "id": ["1"],
        "only_fields": ["-script", "-hyperparams.Args.lr", "-runtime.hash.of", "-none.at.all"],
    }
    found = tasks.find(query)[0]
    assert "script" not in found and list(found["hyperparams"]["Args"]) == ["a.b/c"]
    assert found["runtime"] == {"n": "1"} and found["name"] == "alpha run"


def test_a_scroll_may_begin_with_a_null_id(tasks: Tasks) -> None:
    found, scroll = tasks.page({"page_size": 3, "scroll_id": None})
    rest, _ = tasks.page({"page_size": 3, "scroll_id": scroll})
    assert [one["id"] for one in (*found, *rest)] == ["1", "2", "3", "4"]


def test_only_fields_reaches_into_lists_of_objects(tasks: Tasks) -> None:
    found = tasks.get("2", ["models.input.model", "models.input.name"])
    assert found and found["models"] == {
        "input": [{"model": "m1", "name": "i"}, {"model": "m2", "name": "j"}]
    }


@pytest.mark.parametrize(
    "query",
    [
        {"name": "("},
        {"name": "x" * 3000},
        {"_any_": {"pattern": "[", "fields": ["name"]}},
        {"created": [">=yesterday-ish"]},
        {"created": [">=nan"]},
        {"last_iteration": ["many", 2]},
        {"last_metrics.x": [1, 2]},
        {"filters": ["tags"]},
        {"_any_": "name"},
        {"status": {"a": 1}},
        {"page": "first"},
        {"page_size": 0},
        {"tags": [["nested"]]},
        {"_any_": {"pattern": "x", "fields": ["name"] * 3000}},
    ],
)
def test_what_cannot_be_understood_is_a_validation_error(tasks: Tasks, query: dict) -> None:
    with pytest.raises(ValidationFailed):
        tasks.find(query)


def test_a_scroll_id_of_another_server_is_refused(tasks: Tasks) -> None:
    for scroll in ("x", "b2Zmc2V0OmFiYw==", "é"):
        with pytest.raises(InvalidScrollId):
            tasks.find({"scroll_id": scroll})


def test_a_pattern_of_exponential_time_is_cut_short(tasks: Tasks) -> None:
    with tasks._db.transaction():
        tasks.update("1", {"name": "a" * 60 + "b"})
    with pytest.raises(ValidationFailed, match="takes too long"):
        tasks.find({"name": "(a|aa)+$"})


@pytest.mark.parametrize(
    "path", ['runtime.a"b', "runtime.a\\b", 'script.x"', "script.a.'b", "script.$[0]", "script.[*]"]
)
def test_any_key_may_be_asked_for(tasks: Tasks, path: str) -> None:
    assert ids(tasks, {path: ["value"]}) == ""
    assert ids(tasks, {"order_by": [path]}) == "1234"


def test_a_key_with_quotes_is_found(tasks: Tasks) -> None:
    with tasks._db.transaction():
        tasks.update("3", {"runtime": {'say "hi"\\': "there"}})
    assert ids(tasks, {'runtime.say "hi"\\': "there"}) == "3"


def test_an_update_is_a_compare_and_set(tasks: Tasks) -> None:
    with tasks._db.transaction():
        assert tasks.update("1", {"status": "queued"}, expected_status=["created"]) == 1
        assert tasks.update("1", {"status": "queued"}, expected_status=["created"]) == 0
        assert tasks.update("nobody", {"status": "queued"}) == 0


def test_drawn_out_parameters_follow_the_document(tasks: Tasks) -> None:
    with tasks._db.transaction():
        tasks.update("1", {"hyperparams": params(lr="7")})
        tasks.delete("3")
    assert ids(tasks, {"hyperparams.Args.lr.value": ["7", "0.1", "10"]}) == "1"
    assert ids(tasks, {"hyperparams.Args.a.b/c.value": ["x"]}) == ""


def test_counts_and_distinct_values(tasks: Tasks) -> None:
    assert tasks.count({"tags": ["audio"]}) == 2
    assert tasks.distinct("tags", {"id": ["1", "2"]}) == ["audio", "best"]
    assert tasks.distinct("type") == ["training"]
    assert tasks.group_counts("status", {"id": ["1", "2", "3"]}) == {
        "created": 1,
        "completed": 1,
        "failed": 1,
    }
