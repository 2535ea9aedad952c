"""From what clients send of a task to what is kept of it: nested fields in one normal form.

Values of hyperparameters and configurations are text, as the API defines them; section and name are repeated
inside each item. Artifacts always carry a `mode` and a list `display_data`, because clients index them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from server.api import left_out
from server.api.errors import NotSupported, ValidationFailed
from server.domain import project_tree
from server.domain.tasks import legacy_fields
from server.store import Store
from server.store.database import times

TYPES = (
    "training", "testing", "inference", "data_processing", "application", "monitor", "controller", "optimizer",
    "service", "qc", "custom", "dataset_import", "annotation", "annotation_manual", "report",
)  # fmt: skip

_EMPTY: dict[str, dict[str, Any]] = {"execution": {"artifacts": []}}

MERGED = ("script", "execution", "container", "models", "output")
"""Fields of which a client may send a part; the rest of them stays."""


def normal(fields: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The columns for the fields of a request; `before` is the task they are merged into.

    Raises:
        ValidationFailed: a type that doesn't exist, or a nested field of another shape. NotSupported: a dataview.
    """
    before = before or {}
    _require_files(fields)
    kept = {
        name: value
        for name, value in legacy_fields.taken(fields, before).items()
        if name not in ("output_dest", "input")
    }
    if kept.get("type") is not None and kept["type"] not in TYPES:
        raise ValidationFailed(f"type {kept['type']!r} is unknown; expected one of {', '.join(TYPES)}")
    if "output_dest" in fields:
        kept["output"] = {**(kept.get("output") or {}), "destination": fields["output_dest"]}
    for name in MERGED:
        if name in kept:
            kept[name] = {**(before.get(name) or {}), **(kept[name] or {})}
    if kept.get("execution"):
        kept["execution"] = _execution(kept["execution"])
    if kept.get("models"):
        kept["models"] = {side: _models(kept["models"].get(side)) for side in ("input", "output")}
    for name, form in (("hyperparams", sections), ("configuration", items)):
        if name in kept:
            kept[name] = form(kept[name])
    if "runtime" in kept:
        kept["runtime"] = dict(kept["runtime"] or {})
    for name in ("tags", "system_tags"):
        if name in kept:
            kept[name] = list(dict.fromkeys(kept[name] or []))
    return kept


def _require_files(fields: Mapping[str, Any]) -> None:
    """Raises: NotSupported for a task that looks at a hyper-dataset (old clients send an empty view with each)."""
    given, execution = fields.get("input"), fields.get("execution")
    view = given.get("view") if isinstance(given, Mapping) else None
    entries = view.get("entries") if isinstance(view, Mapping) else None
    if entries or (isinstance(execution, Mapping) and execution.get("dataviews")):
        raise NotSupported(f"input: {left_out.reason('dataviews.*')}")


def document(
    store: Store, fields: Mapping[str, Any], user: str, company: str, now: datetime, **more: Any
) -> dict[str, Any]:
    """A new task. Raises: ValidationFailed; InvalidProjectId for a project that isn't there."""
    if fields.get("project"):
        project_tree.existing(store, fields["project"])
    moment = times.text(now)
    stamps = dict.fromkeys(("created", "last_update", "last_change", "status_changed"), moment)
    empty = ("script", "hyperparams", "configuration", "runtime", "container")
    return {
        **{name: {} for name in empty},
        **_EMPTY,
        "models": {"input": [], "output": []},
        "output": {},
        "tags": [],
        "system_tags": [],
        "last_iteration": 0,
        **normal({name: value for name, value in fields.items() if value is not None}, _EMPTY),
        "id": uuid.uuid4().hex,
        "status": "created",
        "user": user,
        "company": company,
        "last_changed_by": user,
        **stamps,
        **more,
    }


def sections(hyperparams: Mapping[str, Any] | None) -> dict[str, dict[str, dict[str, Any]]]:
    """`{section: {name: item}}`, each item with its section and name."""
    normal_form: dict[str, dict[str, dict[str, Any]]] = {}
    for section, params in (hyperparams or {}).items():
        if not isinstance(params, Mapping):
            raise ValidationFailed(f"hyperparams.{section}: expected an object of parameters")
        normal_form[section] = {
            name: _item(item, f"hyperparams.{section}.{name}", section=section, name=name)
            for name, item in params.items()
        }
    return normal_form


def items(configuration: Mapping[str, Any] | None) -> dict[str, dict[str, Any]]:
    """`{name: item}`, each item with its name."""
    return {
        name: _item(item, f"configuration.{name}", name=name) for name, item in (configuration or {}).items()
    }


def _item(item: Any, where: str, **identity: str) -> dict[str, Any]:
    if not isinstance(item, Mapping):
        raise ValidationFailed(f"{where}: expected an object with `value`")
    known = {key: _text(item[key], where) for key in ("value", "type", "description") if key in item}
    return {**identity, **known}


def _text(value: Any, where: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (bool, int, float)):
        return str(value)
    raise ValidationFailed(f"{where}: values are text, not {type(value).__name__}")


def _execution(execution: Mapping[str, Any]) -> dict[str, Any]:
    kept = dict(execution)
    if "artifacts" in kept:
        kept["artifacts"] = merge_artifacts([], kept["artifacts"])
    return kept


def merge_artifacts(before: Iterable[Mapping[str, Any]], new: Any) -> list[dict[str, Any]]:
    """Artifacts by (key, mode); a new one replaces the one before. Raises: ValidationFailed."""
    merged = {(one["key"], one.get("mode") or "output"): dict(one) for one in before}
    for one in _list(new, "artifacts"):
        if not isinstance(one, Mapping) or not isinstance(one.get("key"), str):
            raise ValidationFailed("artifacts: expected a list of objects with `key` and `type`")
        mode = one.get("mode") or "output"
        if mode not in ("input", "output"):
            raise ValidationFailed(f"artifacts.{one['key']}.mode: expected input or output, not {mode!r}")
        merged[one["key"], mode] = {**one, "mode": mode, "display_data": one.get("display_data") or []}
    return list(merged.values())


def put_model(models: Iterable[Mapping[str, Any]], name: str, model: str) -> list[dict[str, Any]]:
    """A task's models with one more, or with another under a name that is there: it stays in its place."""
    kept = {one["name"]: dict(one) for one in models}
    kept[name] = {"name": name, "model": model}
    return list(kept.values())


def _models(models: Any) -> list[dict[str, Any]]:
    kept: dict[str, dict[str, Any]] = {}
    for one in _list(models, "models"):
        if not isinstance(one, Mapping) or not one.get("model"):
            raise ValidationFailed("models: expected lists of objects with `name` and `model`")
        name = str(one.get("name") or one["model"])
        kept[name] = {**one, "name": name, "model": str(one["model"])}
    return list(kept.values())


def _list(value: Any, where: str) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise ValidationFailed(f"{where}: expected a list, not {type(value).__name__}")
    return value or []
