"""`only_fields`: the requested part of a document, in its nested shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from server.store.documents.schema import unescaped

_ABSENT = object()


def paths(only_fields: str | Iterable[str] | None) -> list[str]:
    """The asked paths, without those that lie within another; none when everything is asked for (`*`)."""
    asked = [one for one in _listed(only_fields) if not one.startswith("-")]
    if "*" in asked:
        return []
    return [one for one in asked if not any(one.startswith(f"{other}.") for other in asked)]


def unwanted(only_fields: str | Iterable[str] | None) -> list[str]:
    """The paths that are asked to be left out: `-script` means all but the script."""
    return [one[1:] for one in _listed(only_fields) if one.startswith("-")]


def _listed(only_fields: str | Iterable[str] | None) -> list[str]:
    return [only_fields] if isinstance(only_fields, str) else list(only_fields or [])


def without(document: Any, parts: list[str]) -> None:
    """Remove what a path names, in place."""
    for taken in range(len(parts), 0, -1):
        key = ".".join(parts[:taken])
        if isinstance(document, dict) and key in document:
            if taken == len(parts):
                del document[key]
            else:
                without(document[key], parts[taken:])
            return


def project(documents: Iterable[Mapping[str, Any]], wanted: Iterable[str]) -> list[dict[str, Any]]:
    """The wanted paths of documents, and their ids.

    A path into an object that is there but lacks it leaves the object there, empty: clients index into it.
    """
    split = [[unescaped(part) for part in path.split(".")] for path in wanted]
    plain = [parts[0] for parts in split if len(parts) == 1]
    deep = [parts for parts in split if len(parts) > 1]
    found = []
    for document in documents:
        kept = {"id": document["id"], **{key: document[key] for key in plain if key in document}}
        for parts in deep:
            _copy(document, kept, parts)
        found.append(kept)
    return found


def _copy(source: Any, target: dict[str, Any], parts: list[str]) -> None:
    """Copy what `parts` names. A key may hold dots itself, so the longest join that is a key wins."""
    for taken in range(len(parts), 0, -1):
        key = ".".join(parts[:taken])
        value = source.get(key, _ABSENT) if isinstance(source, dict) else _ABSENT
        if value is _ABSENT:
            continue
        rest = parts[taken:]
        if not rest:
            target[key] = value
        elif isinstance(value, dict):
            _copy(value, target.setdefault(key, {}), rest)
        elif isinstance(value, list):
            before = target.get(key) or [{} for _ in value]
            target[key] = [_within(one, kept, rest) for one, kept in zip(value, before, strict=True)]
        return


def _within(value: Any, kept: dict[str, Any], rest: list[str]) -> dict[str, Any]:
    _copy(value, kept, rest)
    return kept
