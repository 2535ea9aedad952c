"""What a collection's documents consist of, and where a dotted path of theirs lies in SQL.

A document is one row; a field is one column: native for scalars, JSON text for what is deeper. Two kinds of
paths are drawn out into tables of their own, because tables are filtered and sorted by them:
`last_metrics.<md5>.<md5>.value` and `hyperparams.<section>.<name>.value`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from server.api.errors import ValidationFailed

_EXTREMES = {f"{which}_value{suffix}" for which in ("min", "max", "first") for suffix in ("", "_iteration")}
METRIC_COLUMNS = frozenset({"metric", "variant", "value", "mean_value", "count", "iter", *_EXTREMES})
_INDEXED = ("value", "min_value", "max_value")
_LEAVES = {"hyperparams": 3, "configuration": 2, "metadata": 2, "runtime": 1}
"""JSON fields whose keys are people's own words, dots included, and how deep they are."""

Bind = Callable[[Any], str]
"""Keeps a value for the statement. Returns: its placeholder."""


@dataclass(frozen=True)
class Schema:
    """A collection. `fields`: name → kind, one of text, time, int, real, bool, list, json (`id` is implied)."""

    table: str
    fields: Mapping[str, str]
    patterns: frozenset[str] = frozenset({"name"})
    """Text fields that a query matches as a regular expression; the others must be equal."""
    search: tuple[str, ...] = ("id", "name")
    """What `search_text` looks into."""
    arrays: frozenset[str] = frozenset()
    """JSON paths that hold a list of objects: a path through them means any of the list."""
    params: str = ""
    """The table that hyperparameters are drawn out into."""
    metrics: str = ""
    """The table that `last_metrics` is assembled from."""
    wide: frozenset[str] = frozenset()
    """Fields that lie in a second table, `wide_table`, so that reading many documents reads little."""
    wide_table: str = ""
    ordered: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Fields with an index that has all documents in their order, and one that has those of each project (or ""); both
    have what is `covered` beside them, so that they can be walked far."""
    covered: frozenset[str] = frozenset()
    counts: str = ""
    """The table that keeps how many documents (`n`) are alike in these fields:"""
    counted: frozenset[str] = frozenset()

    def column(self, field: str) -> str:
        """SQL: a field of the document `t`."""
        if field in self.wide:
            return f'(SELECT w."{field}" FROM {self.wide_table} w WHERE w.id = t.id)'
        return f't."{field}"'

    def kind(self, path: str) -> str | None:
        """The kind of what a path names; None when it isn't of this collection."""
        head, _, rest = path.partition(".")
        if path == "id":
            return "text"
        if head == "last_metrics" and self.metrics:
            text = path.endswith((".metric", ".variant"))
            return "json" if path.count(".") < 3 else "text" if text else "real"
        kind = self.fields.get(head)
        if rest and kind != "json":
            return None
        return kind

    def place(self, path: str, bind: Bind) -> Place:
        """Where the value of a path lies. Raises: ValidationFailed for a path that can't be asked for."""
        drawn = self.drawn(path, bind)
        if drawn:
            return Place(drawn.of_document(), kind=drawn.kind, drawn=drawn)
        head, _, rest = path.partition(".")
        kind = self.kind(path)
        if kind is None:
            raise ValidationFailed(f"{path!r} is not a field of {self.table}")
        if not rest:
            column = self.column(head)
            return Place(column, f"json_each({column})" if kind == "list" else "", kind=kind)
        return self._json(head, rest, bind)

    def drawn(self, path: str, bind: Bind) -> Drawn | None:
        """Where a path's value lies when that is a table of its own. Raises: ValidationFailed."""
        head, _, rest = path.partition(".")
        if head == "last_metrics" and self.metrics:
            parts = path.split(".")
            if len(parts) != 4 or parts[3] not in METRIC_COLUMNS:
                raise ValidationFailed(
                    f"{path!r}: expected last_metrics.<metric hash>.<variant hash>.<value>"
                )
            keys = {"metric_hash": bind(parts[1]), "variant_hash": bind(parts[2])}
            kind = "text" if parts[3] in ("metric", "variant") else "real"
            return Drawn(self.metrics, keys, parts[3], kind, indexed=parts[3] in _INDEXED)
        parameter = _parameter(rest) if head == "hyperparams" and self.params else ""
        if parameter:
            section, _, name = unescaped(parameter).partition(".")
            keys = {"section": bind(section), "name": bind(name)}
            return Drawn(self.params, keys, "value", sortable="number", indexed=True)
        return None

    def _json(self, head: str, rest: str, bind: Bind) -> Place:
        column, keys = self.column(head), json_keys(head, rest)
        if any('"' in key or "\\" in key for key in keys):  # SQLite's path syntax has no escape for these
            value = column
            for key in keys:
                value = f"(SELECT e.value FROM json_each({value}) e WHERE e.key = {bind(key)})"
            return Place(value)
        for array in self.arrays:
            inner = array.split(".")[1:]
            if array.startswith(head + ".") and keys[: len(inner)] == inner and len(keys) > len(inner):
                listed = f"json_each({column}, {bind(json_path(inner))})"
                leaf = bind(json_path(keys[len(inner) :]))
                return Place(
                    f"(SELECT json_extract(value, {leaf}) FROM {listed} LIMIT 1)",
                    listed,
                    f"json_extract(value, {leaf})",
                )
        return Place(f"json_extract({column}, {bind(json_path(keys))})")


def _parameter(rest: str) -> str:
    """`section.name` of a path to a hyperparameter, with or without `.value`; empty for its other parts."""
    head, _, leaf = rest.rpartition(".")
    if "." not in head:
        return rest if head else ""
    if leaf == "value":
        return head
    return "" if leaf in ("type", "description", "section", "name") else rest


@dataclass(frozen=True)
class Drawn:
    """A value that lies in a table of its own, one row a document (column `task`)."""

    table: str
    keys: Mapping[str, str]
    """What singles the value out: column → placeholder."""
    column: str
    kind: str = "text"
    sortable: str = ""
    """The column to sort by, when it isn't `column`. Equal values are equal there too, and it is the indexed one."""
    indexed: bool = False
    """Whether an index on the keys has the rows in the order of their values, then of their documents' ids."""

    @property
    def order(self) -> str:
        return self.sortable or self.column

    def where(self, alias: str) -> str:
        return " AND ".join(f"{alias}.{column} = {value}" for column, value in self.keys.items())

    def of_document(self) -> str:
        """SQL: the value of the document `t`."""
        return f"(SELECT d.{self.column} FROM {self.table} d WHERE d.task = t.id AND {self.where('d')})"

    def any_with(self, condition: str) -> str:
        """SQL: is `t` among those whose `d` fulfils the condition? One look into an index finds them all."""
        return f"t.id IN (SELECT d.task FROM {self.table} d WHERE {self.where('d')} AND {condition})"

    def this_with(self, condition: str) -> str:
        """The same, asked of each document by itself: cheap when few are asked."""
        return (
            f"EXISTS (SELECT 1 FROM {self.table} d WHERE d.task = t.id AND {self.where('d')} AND {condition})"
        )


@dataclass(frozen=True)
class Place:
    """A value in SQL, of the document `t`."""

    value: str
    """An expression: the value (the first, where a path names several)."""
    each: str = ""
    """A table expression with one row a value, when a path names several; `element` is the value of a row."""
    element: str = "value"
    kind: str = "text"
    drawn: Drawn | None = None

    def holds(self, condition: Callable[[str], str], few: bool = False) -> str:
        """SQL: does the condition hold for the value, or for any of several? `few`: few documents are asked."""
        if self.drawn:
            met = condition(f"d.{self.drawn.column}")
            return self.drawn.this_with(met) if few else self.drawn.any_with(met)
        if self.each:
            return f"EXISTS (SELECT 1 FROM {self.each} WHERE {condition(self.element)})"
        return condition(self.value)

    def equals(self, values: str, few: bool = False) -> str:
        """SQL: is the value (or any of several) one of these?"""
        if self.drawn and self.drawn.sortable:
            indexed = f"d.{self.drawn.sortable} IN {values}"
            return self.holds(lambda value: f"{indexed} AND {value} IN {values}", few)
        return self.holds(lambda value: f"{value} IN {values}", few)

    def missing(self) -> str:
        """SQL: is there no value?"""
        if self.drawn:
            return f"{self.value} IS NULL"
        if self.each:
            return f"NOT EXISTS (SELECT 1 FROM {self.each})"
        return f"({self.value} IS NULL OR {self.value} = '')"


def json_keys(head: str, rest: str) -> list[str]:
    """The keys of a path inside a JSON field. Names that people gave may hold dots themselves."""
    depth = _LEAVES.get(head)
    parts = rest.split(".")
    if depth is None or len(parts) <= depth:
        return [unescaped(part) for part in parts]
    if depth == 1:
        return [unescaped(rest)]
    first = parts[: depth - 2]
    return [unescaped(key) for key in (*first, ".".join(parts[depth - 2 : -1]), parts[-1])]


def json_path(keys: list[str]) -> str:
    """SQLite's form of a path, every key quoted (https://sqlite.org/json1.html#path_arguments)."""
    return "$" + "".join(f'."{key}"' for key in keys)


def unescaped(key: str) -> str:
    """Web clients escape the characters that MongoDB forbids in keys."""
    return key.replace("%2E", ".").replace("%24", "$")
