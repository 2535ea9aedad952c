"""Every field of every request that the SDK knows is honoured or refused; none is dropped without a word."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from server.api import left_out, registry
from server.api.request import Query
from server.store import models, projects, queues, tasks
from tests.contract.clients.test_every_version import endpoints
from tests.contract.conftest import Api
from tests.contract.events import image, plot, send

COLLECTIONS = {
    "tasks": tasks.SCHEMA,
    "models": models.SCHEMA,
    "projects": projects.SCHEMA,
    "queues": queues.SCHEMA,
}
"""What a query's fields are filters of."""
HYPER_DATASETS = ("input.view.entries.dataset", "input.view.entries.version")
"""Refused by `services.tasks.read`."""


def published_fields() -> dict[str, set[str]]:
    """Endpoint → every field that any version of its request has."""
    found: dict[str, set[str]] = {}
    for _, endpoint, request, _ in endpoints():
        found.setdefault(endpoint, set()).update((request._schema or {}).get("properties", {}))
    return found


def known(endpoint: registry.Endpoint, field: str) -> bool:
    """Whether the request's model has the field, or it is a filter of the collection."""
    model = endpoint.request
    if field in {one.alias or name for name, one in model.model_fields.items()}:
        return True
    schema = COLLECTIONS.get(endpoint.name.partition(".")[0])
    if not issubclass(model, Query) or schema is None:
        return False
    return field in ("search_text", "_all_", "_any_", *HYPER_DATASETS) or bool(schema.kind(field))


def test_every_published_field_is_one_of_ours() -> None:
    unknown = []
    for name, fields in published_fields().items():
        endpoint = registry.find(name)
        assert endpoint, name
        if not endpoint.raw:
            unknown += [f"{name}.{field}" for field in sorted(fields) if not known(endpoint, field)]
    assert unknown == []


def reached(handler: Callable) -> Iterator[Any]:
    """The handler, and the functions and request classes of the services that it goes through."""
    found, waiting = set(), [handler]
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found.add(one)
        yield one
        names = sys.modules[one.__module__].__dict__
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(one)))):
            other: Any = None
            if isinstance(node, ast.Name):
                other = names.get(node.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                module = names.get(node.value.id)
                other = getattr(module, node.attr, None) if isinstance(module, ModuleType) else None
            ours = getattr(other, "__module__", "").startswith("server.services")
            if ours and (inspect.isfunction(other) or inspect.isclass(other)):
                waiting.append(other)


def used(endpoint: registry.Endpoint) -> set[str] | None:
    """The attributes that are read on the way; None where the request is handed on as a whole."""
    read: set[str] = set()
    bases = [one for one in endpoint.request.__mro__ if one.__module__.startswith("server.services")]
    for one in (*reached(endpoint.handler), *bases):
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(one)))):
            if isinstance(node, ast.Attribute):
                read.add(node.attr)
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "getattr":
                read.add(ast.literal_eval(node.args[1]))
    return None if read & {"given", "filters", "model_dump", "fields", "one"} else read


def test_no_field_is_taken_and_then_not_looked_at() -> None:
    idle = []
    for name, fields in published_fields().items():
        endpoint = registry.find(name)
        assert endpoint
        read = used(endpoint)
        if endpoint.raw or read is None:
            continue
        ours = {one.alias or own: own for own, one in endpoint.request.model_fields.items()}
        inherited = set(Query.model_fields) if issubclass(endpoint.request, Query) else set()
        idle += [
            f"{name}.{field}"
            for field in sorted(fields)
            if field in ours
            and ours[field] not in read | inherited
            and f"{name}.{field}" not in left_out.NO_DIFFERENCE
        ]
    assert idle == []


def test_what_makes_no_difference_is_a_field_of_ours() -> None:
    for path in left_out.NO_DIFFERENCE:
        name, _, field = path.rpartition(".")
        endpoint = registry.find(name)
        assert endpoint and field in endpoint.request.model_fields, path


# What the rarer ones do


def test_hyper_datasets_are_refused_wherever_a_task_can_name_one(api: Api) -> None:
    view = {"view": {"entries": [{"dataset": "d", "version": "v"}]}}
    task = api.task(input={"view": {}})
    for endpoint, body in {
        "tasks.create": {"name": "t", "type": "training", "input": view},
        "tasks.validate": {"name": "t", "type": "training", "input": view},
        "tasks.edit": {"task": task, "input": view},
        "tasks.get_all": {"input.view.entries.dataset": ["d"]},
        "tasks.get_all_ex": {"input.view.entries.version": ["v"]},
    }.items():
        assert "hyper-datasets" in api.fails(endpoint, 400, 1, **body)
    assert api("tasks.edit", task=task, input={"view": {"entries": []}}, comment="x")["updated"] == 1


def test_values_of_public_things_can_be_left_out(api: Api) -> None:
    for name, public in (("mine", False), ("everybody's", True)):
        task = api.task(hyperparams={"Args": {"x": {"value": name}}})
        item = {"key": "k", "type": "str", "value": name}
        model = api("models.create", name=name, uri="file:///m", metadata=[item])["id"]
        if public:
            api("tasks.make_public", ids=[task])
            api("models.make_public", ids=[model])
    for endpoint, body in {
        "projects.get_hyperparam_values": {"section": "Args", "name": "x"},
        "projects.get_model_metadata_values": {"key": "k"},
    }.items():
        assert sorted(api(endpoint, **body)["values"]) == ["everybody's", "mine"]
        assert api(endpoint, **body, allow_public=False)["values"] == ["mine"]


@pytest.mark.parametrize("gone", ["parent", "project", "model"])
def test_a_clone_whose_references_are_gone_is_refused_when_they_are_to_be_validated(
    api: Api, gone: str
) -> None:
    parent, project = api.task("parent"), api.project("p")
    model = api("models.create", name="m", uri="file:///m", ready=False)["id"]
    models = {"input": [{"name": "in", "model": model}]}
    task = api.task("t", parent=parent, project=project, models=models)
    api("tasks.clone", task=task, validate_references=True)
    with api.store.transaction():
        table = {"parent": "tasks", "project": "projects", "model": "models"}[gone]
        id = {"parent": parent, "project": project, "model": model}[gone]
        api.store.db.execute(f"DELETE FROM {table} WHERE id = ?", (id,))
    number = {"parent": 101, "project": 401, "model": 201}[gone]
    api.fails("tasks.clone", 400, number, task=task, validate_references=True)


def test_a_metrics_plots_can_be_asked_for_by_variant(api: Api) -> None:
    task = api.task()
    send(api, plot(task, 1, "m", "a"), plot(task, 1, "m", "b"), plot(task, 2, "m", "b"))
    whole = api("events.get_plot_sample", task=task, metric="m", iteration=1)
    assert {one["variant"] for one in whole["events"]} == {"a", "b"}
    one = api("events.get_plot_sample", task=task, metric="m", variant="a")
    assert [(event["variant"], event["iter"]) for event in one["events"]] == [("a", 1)]


def test_a_sample_asked_for_again_is_the_newest_and_a_foreign_scroll_id_is_refused(api: Api) -> None:
    task = api.task()
    asked = {"task": task, "metric": "m", "variant": "v"}
    send(api, image(task, 1, "m", "v"))
    scroll = api("events.get_debug_image_sample", **asked)["scroll_id"]
    send(api, image(task, 2, "m", "v"))
    assert api("events.get_debug_image_sample", **asked, scroll_id=scroll)["event"]["iter"] == 2
    api.fails("events.get_debug_image_sample", 400, 1104, **asked, scroll_id="x")
    api.fails("events.get_plot_sample", 400, 1104, task=task, metric="m", scroll_id="x")


def test_there_is_one_company(api: Api) -> None:
    queue = api("queues.create", name="q")["id"]
    company = api("users.get_current_user")["user"]["company"]["id"]
    user = api("users.get_current_user")["user"]["id"]
    assert api("queues.get_next_task", queue=queue, task=company) == {}
    api.fails("queues.get_next_task", 400, 10, queue=queue, task="other")
    assert api("auth.get_token_for_user", user=user, company=company)["token"]
    api.fails("auth.get_token_for_user", 400, 10, user=user, company="other")


def test_why_a_report_was_archived_is_kept(api: Api) -> None:
    report = api("reports.create", name="r")["id"]
    api("reports.archive", task=report, message="old")
    assert api.get(report)["status_message"] == "old"
