"""What tasks looked like before API 2.9 and 2.13, for clients that still speak so.

Hyperparameters were `execution.parameters`, a flat dict; configurations were `execution.model_desc`; the container
was `execution.docker_cmd`, the model to start from `execution.model`. They are taken in
any version, and shown to clients that ask under an old one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

SECTION = "Args"
"""Where a flat parameter goes."""
LEGACY = "legacy"
"""The type of an item that came in an old form."""
INPUT_MODEL = "Input Model"
_FLAT = "execution.parameters."
_SECTIONS_SINCE = (2, 9)
_CONTAINER_SINCE = (2, 13)
_TENSORFLOW = "TF_DEFINE"


def taken(fields: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """A request's fields, the old forms put into the new ones. Where both are given they are merged, and the new ones
    win; where only old ones are, what the task has in the new form stays.

    An old client sends all it knows: what came from one before (`type: legacy`) and is missing now, is gone.
    """
    execution = fields.get("execution")
    if not isinstance(execution, Mapping):
        return dict(fields)
    kept = dict(fields)
    rest = dict(execution)
    parameters, texts, command = (rest.pop(name, None) for name in ("parameters", "model_desc", "docker_cmd"))
    kept["execution"] = rest
    if isinstance(parameters, Mapping):
        kept["hyperparams"] = _with_parameters(parameters, fields, before)
    if isinstance(texts, Mapping):
        given = fields.get("configuration")
        kept["configuration"] = _merged(texts, before.get("configuration") or {}, given)
    if isinstance(command, str) and "container" not in fields:
        image, _, arguments = command.strip().partition(" ")
        kept["container"] = {"image": image, "arguments": arguments}
    if isinstance(rest.get("model"), str) and rest["model"]:
        kept["models"] = _with_input(rest["model"], fields, before)
    return kept


def _with_parameters(
    parameters: Mapping[str, Any], fields: Mapping[str, Any], before: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    old = before.get("hyperparams") or {}
    new = fields.get("hyperparams")
    if new is not None and not all(isinstance(section, Mapping) for section in new.values()):
        return new  # of another shape: that is said where it is checked
    sections: dict[str, dict[str, Any]] = {}
    for key, value in parameters.items():
        section, slash, name = key.partition("/")
        if not slash or (section not in old and section not in (new or {}) and section != _TENSORFLOW):
            section, name = SECTION, key
        sections.setdefault(section, {})[name] = value
    names = dict.fromkeys([*sections, *(old if new is None else new)])
    merged = {
        name: _merged(
            sections.get(name, {}), old.get(name) or {}, None if new is None else new.get(name) or {}
        )
        for name in names
    }
    return {name: items for name, items in merged.items() if items or name in (new or {})}


def _merged(values: Mapping[str, Any], before: Mapping[str, Any], new: Any) -> dict[str, Any]:
    """Items of one section: the old form's values below those of the new form (None: what there was in that)."""
    kept = {} if new is not None else {name: one for name, one in before.items() if one.get("type") != LEGACY}
    items = {
        name: {**kept[name], "value": value} if name in kept else {"value": value, "type": LEGACY}
        for name, value in values.items()
    }
    return {**kept, **items, **(new or {})}


def _with_input(model: str, fields: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The model that an old client's task starts from is one of its inputs: that it is used is known by those."""
    given = fields.get("models") or {}
    inputs = given.get("input")
    if inputs is not None and not isinstance(inputs, list):
        return given  # of another shape: that is said where it is checked
    if inputs is None:
        inputs = [
            one for one in (before.get("models") or {}).get("input") or [] if one.get("name") != INPUT_MODEL
        ]
    there = any(isinstance(one, Mapping) and one.get("model") == model for one in inputs)
    return {**given, "input": inputs if there else [*inputs, {"name": INPUT_MODEL, "model": model}]}


def asked(query: Mapping[str, Any]) -> dict[str, Any]:
    """A query whose filters and order name flat parameters, `execution.parameters.x`: by their paths of today."""
    order = query.get("order_by")
    keys = [order] if isinstance(order, str) else order
    renamed = {_path(name): value for name, value in query.items()}
    return {**renamed, "order_by": [_path(key) for key in keys]} if keys else renamed


def _path(path: str) -> str:
    sign = path[: len(path) - len(path.lstrip("-+"))]
    if not path[len(sign) :].startswith(_FLAT):
        return path
    section, slash, name = path[len(sign) + len(_FLAT) :].partition("/")
    return (
        f"{sign}hyperparams.{section}.{name}.value"
        if slash
        else f"{sign}hyperparams.{SECTION}.{section}.value"
    )


def shown(tasks: Iterable[dict[str, Any]], version: str) -> None:
    """Add the old forms, in place, for a client of this API version ("" is the newest)."""
    asked = tuple(int(part) for part in version.split(".")) if version else (999,)
    for task in tasks:
        execution = task.get("execution")
        if execution is None:
            continue
        if asked < _SECTIONS_SINCE and "hyperparams" in task:
            execution["parameters"] = {
                name if section == SECTION else f"{section}/{name}": item.get("value")
                for section, items in task["hyperparams"].items()
                for name, item in items.items()
            }
            texts = task.get("configuration") or {}
            execution["model_desc"] = {name: item.get("value") for name, item in texts.items()}
        if asked < _CONTAINER_SINCE and (task.get("container") or {}).get("image"):
            container = task["container"]
            execution["docker_cmd"] = f"{container['image']} {container.get('arguments') or ''}".strip()
