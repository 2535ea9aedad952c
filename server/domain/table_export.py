"""What a query finds, as a table of text: the download behind the tables on the page."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from server.api.errors import ValidationFailed
from server.domain import entities, references
from server.store import Store

_DEFAULT = ("id", "name", "project.name", "user.name", "created", "last_update")
_PAGE = 1000
_PART = ("page", "page_size", "start", "size", "scroll_id", "refresh_scroll")
"""What says which part of a table is wanted."""

Column = tuple[str, str, Mapping[str, str]]
"""Heading, path, and words for some of the values."""


def columns(
    mappings: Sequence[Mapping[str, Any]] | None, only_fields: str | Sequence[str] | None
) -> list[Column]:
    """From `[{"name", "field", "values": [{"key", "value"}]}]`, or one column a field.

    Raises:
        ValidationFailed: a mapping without a field.
    """
    if not mappings:
        fields = [only_fields] if isinstance(only_fields, str) else list(only_fields or _DEFAULT)
        return [(field, field, {}) for field in fields]
    listed: list[Column] = []
    for one in mappings:
        field = one.get("field")
        if not isinstance(field, str):
            raise ValidationFailed("field_mappings: each needs a `field`")
        values = one.get("values")
        words = values if isinstance(values, list) else []
        known = {str(word.get("key")): str(word.get("value")) for word in words if isinstance(word, Mapping)}
        listed.append((str(one.get("name") or field), field, known))
    return listed


def rows(
    store: Store, entity: str, query: Mapping[str, Any], wanted: Sequence[Column]
) -> tuple[list[list[str]], str | None]:
    """One page of the table, and the scroll id for the next one when the query scrolls."""
    name = f"{entity}s"
    collection, _, _ = entities.kind(store, name)
    also = entities.restrictions(store, name, query, bool(query.get("search_hidden")))
    asked = {**entities.with_subprojects(store, query), "only_fields": [path for _, path, _ in wanted]}
    found, scroll = references.find(store, collection, asked, *also, default_order="-last_update")
    return [[_cell(document, path, words) for _, path, words in wanted] for document in found], scroll


def csv_text(store: Store, entity: str, query: Mapping[str, Any], wanted: Sequence[Column]) -> str:
    """The whole table as CSV (RFC 4180), whatever page the query is on."""
    whole = {key: value for key, value in query.items() if key not in _PART}
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([_harmless(heading) for heading, _, _ in wanted])
    scroll = None
    while True:
        part, scroll = rows(store, entity, {**whole, "size": _PAGE, "scroll_id": scroll}, wanted)
        writer.writerows(part)
        if len(part) < _PAGE:
            return file.getvalue()


def _cell(document: Any, path: str, words: Mapping[str, str]) -> str:
    value = _at(document, path.split("."))
    if value is None:
        return ""
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    if isinstance(value, list):
        text = ", ".join(str(one) for one in value)
    return _harmless(words.get(text, text))


def _harmless(text: str) -> str:
    """A spreadsheet would run a cell that starts like a formula (https://owasp.org/www-community/attacks/CSV_Injection)."""
    risky = text.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{text}" if risky and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _at(value: Any, parts: Sequence[str]) -> Any:
    """What a path names; a key may hold dots itself, so the longest join that is a key wins."""
    if not parts:
        return value
    if isinstance(value, Mapping):
        for taken in range(len(parts), 0, -1):
            key = ".".join(parts[:taken])
            if key in value:
                return _at(value[key], parts[taken:])
    return None
