"""Beginning a training of a search: a clone of the base task with its values, put on the queue."""

from collections.abc import Mapping
from typing import Any


def named(base: str, values: Mapping[str, str]) -> str:
    """What tells a trial from the others: the name of its base and its values, without those that all share."""
    return " ".join([base, *(f"{name}={_short(value)}" for name, value in values.items())])


def _short(value: str) -> str:
    try:
        return f"{float(value):.4g}"
    except ValueError:
        return value


def clone(
    base: dict[str, Any],
    name: str,
    search: Any,
    texts: Mapping[str, str],
    marks: Mapping[str, Any],
    configuration: Mapping[str, str],
) -> str:
    """The id of a draft: the base task with other parameters, in one call, so that there is none without them.

    `search`: its task; `marks`: user properties that say which trial it is; `configuration`: objects that it carries.
    """
    from clearml.backend_api.session.client import APIClient

    kept = {section: dict(values) for section, values in (base.get("hyperparams") or {}).items()}
    for section, own in (("Args", texts), ("properties", marks)):
        values = kept.setdefault(section, {})
        for key, value in own.items():
            values[key] = {**(values.get(key) or {"section": section, "name": key}), "value": str(value)}
    client, more = APIClient(), {}
    if configuration:
        objects = {key: {"name": key, "type": "json", "value": text} for key, text in configuration.items()}
        there = client.tasks.get_all(id=[base["id"]], only_fields=["configuration"])[0].data.to_dict()
        more = {"new_task_configuration": {**(there.get("configuration") or {}), **objects}}
    made = client.tasks.clone(
        task=base["id"],
        new_task_name=name,
        new_task_parent=search.id,
        new_task_project=search.project,
        new_task_hyperparams=kept,
        **more,
    )
    return str(made.id)


def delete(task: str) -> None:
    from clearml.backend_api.session.client import APIClient

    APIClient().tasks.delete(task=task, force=True)


def enqueue(task: str, queue: str) -> None:
    """Put it on a queue, by the queue's id."""
    from clearml.backend_api.session.client import APIClient

    APIClient().tasks.enqueue(task=task, queue=queue)
