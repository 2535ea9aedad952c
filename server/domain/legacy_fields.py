"""What tasks looked like before API 2.9 and 2.13, for clients that still speak so.

Hyperparameters were `execution.parameters`, a flat dict; configurations were `execution.model_desc`; the container
was `execution.docker_cmd`. They are taken in any version, and shown to clients that ask under an old one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

SECTION = "Args"
"""Where a flat parameter goes."""
_FLAT = "execution.parameters."
_SECTIONS_SINCE = (2, 9)
_CONTAINER_SINCE = (2, 13)
_TENSORFLOW = "TF_DEFINE"


def taken(fields: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """A request's fields with the old forms turned into the new ones (which win where both are given)."""
    execution = fields.get("execution")
    if not isinstance(execution, Mapping):
        return dict(fields)
    kept = dict(fields)
    rest = dict(execution)
    parameters, texts, command = (rest.pop(name, None) for name in ("parameters", "model_desc", "docker_cmd"))
    kept["execution"] = rest
    if isinstance(parameters, Mapping) and "hyperparams" not in fields:
        kept["hyperparams"] = _sections(parameters, before.get("hyperparams") or {})
    if isinstance(texts, Mapping) and "configuration" not in fields:
        kept["configuration"] = {name: {"name": name, "value": value} for name, value in texts.items()}
    if isinstance(command, str) and "container" not in fields:
        image, _, arguments = command.strip().partition(" ")
        kept["container"] = {"image": image, "arguments": arguments}
    return kept


def _sections(parameters: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, dict]:
    sections: dict[str, dict] = {}
    for key, value in parameters.items():
        section, slash, name = key.partition("/")
        if not slash or (section not in before and section != _TENSORFLOW):
            section, name = SECTION, key
        sections.setdefault(section, {})[name] = {"value": value}
    return sections


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
