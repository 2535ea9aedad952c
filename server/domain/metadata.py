"""Key-value metadata of queues and models: items `{key, type, value}`, kept and answered as a dict by key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from server.api.errors import ValidationFailed
from server.api.request import Request


class MetadataItem(Request):
    key: str
    type: str | None = None
    value: str | None = None


def merged(
    current: dict[str, Any], items: Iterable[MetadataItem], *, replace: bool = False
) -> dict[str, Any]:
    """`current` with the items added or put over it; `replace` starts from nothing."""
    added = {item.key: {"key": item.key, "type": item.type, "value": item.value} for item in items}
    return added if replace else {**current, **added}


def without(current: dict[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    removed = set(keys)
    return {key: item for key, item in current.items() if key not in removed}


def as_dict(given: list[dict[str, Any]] | dict[str, Any] | None) -> dict[str, Any]:
    """Metadata as a client sends it with a whole object: a list of items, or the dict by key already.

    Raises:
        ValidationFailed: an item of another shape.
    """
    if not isinstance(given, dict):
        return {item["key"]: item for item in given or []}
    try:
        return merged({}, (MetadataItem.model_validate({"key": key, **item}) for key, item in given.items()))
    except (TypeError, ValidationError) as error:
        raise ValidationFailed(
            "metadata: each is an object with `key`, `type` and `value`, all text"
        ) from error
