"""Clones with edited parameters, made over the API as the browser makes them."""

from typing import Any

from tests.conftest import ServerProcess


def clone(server: ServerProcess, template: str, **edited: str) -> str:
    """A copy of a task with edited `Args/…`, as the browser makes one; gives its id."""
    copy = str(server.call("tasks.clone", task=template)["id"])
    items = [{"section": "Args", "name": name, "value": value} for name, value in edited.items()]
    server.call("tasks.edit_hyper_params", task=copy, hyperparams=items, replace_hyperparams="none")
    return copy


def arguments(task: dict[str, Any]) -> dict[str, str]:
    """`Args/…` of a task, as texts."""
    return {name: item["value"] for name, item in task["hyperparams"]["Args"].items()}
