"""`order_by`: sorting by any path, and the short way along an index where there is one.

The id comes last of all keys, so that pages never overlap. Documents without a value that is sorted by come last,
either way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.store.documents.schema import Bind, Drawn, Schema

OrderBy = str | Sequence[str] | None
_ALWAYS_THERE = frozenset(
    {"id", "name", "type", "status", "created", "last_update", "last_iteration", "basename"}
)
"""Without a look for what is missing an index gives their order."""


@dataclass(frozen=True)
class Order:
    """`joins` bring in what lies in other tables; `terms` are what is sorted by, each with whether it descends."""

    joins: str
    terms: tuple[tuple[str, bool], ...]

    @property
    def by(self) -> str:
        """What follows ORDER BY."""
        return ", ".join(f"{term}{' DESC' if down else ''}" for term, down in self.terms)

    @property
    def keys(self) -> str:
        """What to select of a document, so that what follows it can be asked for."""
        return ", ".join(f"{term} AS key{place}" for place, (term, _) in enumerate(self.terms))

    def beyond(self, bind: Bind, values: Sequence[object]) -> tuple[str, str]:
        """SQL: does a document come after the one with these keys? And a wider condition that an index can serve,
        which leaves out only what has no first key at all."""
        equal: list[str] = []
        parts: list[str] = []
        for (term, down), value in zip(self.terms, values, strict=True):
            at = bind(value)
            parts.append(" AND ".join([*equal, _later(term, down, None if value is None else at)]))
            equal.append(f"{term} IS {at}")
        first, down = self.terms[0]
        wider = "1" if values[0] is None else f"{first} {'<=' if down else '>='} {bind(values[0])}"
        return f"({' OR '.join(parts)})", wider


def _later(term: str, down: bool, at: str | None) -> str:
    """SQLite sorts what is missing before everything else."""
    if at is None:
        return "0" if down else f"{term} IS NOT NULL"
    return f"({term} < {at} OR {term} IS NULL)" if down else f"{term} > {at}"


@dataclass(frozen=True)
class Walk:
    """Along an index of a drawn-out value, `k0`, from the wanted end on."""

    table: str
    joins: str
    where: str
    by: str
    last: str
    """A query for the value `{reach}` entries on."""
    of_tasks: str
    """The condition that an entry is a task's, where the index tells; then it tells the project, too."""
    until: str
    """The condition that an entry comes no later than the value `{last}`."""


@dataclass(frozen=True)
class Listed:
    """Indexes with all documents in a field's order; `by` is what follows ORDER BY."""

    index: str
    in_project: str
    """One that has each project's by themselves, or ""."""
    by: str


def order(schema: Schema, bind: Bind, order_by: OrderBy) -> Order:
    """Sort whatever matches."""
    return _order(schema, bind, _keys(schema, order_by), 0)


def meant(schema: Schema, order_by: OrderBy, default: str) -> OrderBy:
    """The order that was asked for, or the default where nothing was asked for that there is."""
    return order_by if _keys(schema, order_by) else default


def walk(schema: Schema, bind: Bind, order_by: OrderBy) -> Walk | None:
    """The short way, when the first key is an indexed value of another table."""
    keys = _keys(schema, order_by)
    drawn = schema.drawn(keys[0][0], bind) if keys else None
    if not drawn or not drawn.indexed:
        return None
    way, rest = keys[0][1], _order(schema, bind, keys[1:], 1)
    value, match = f"k0.{drawn.order}", f"{drawn.where('k0')} AND k0.{drawn.order} IS NOT NULL"
    return Walk(
        table=f"{drawn.table} k0",
        joins=rest.joins,
        where=match,
        by=f"{value}{way}, {rest.by}" if keys[1:] else f"{value}{way}, k0.task{way}",
        last=f"SELECT {value} FROM {drawn.table} k0 WHERE {match} ORDER BY {value}{way} LIMIT 1 OFFSET {{reach}}",
        of_tasks="k0.project IS NOT NULL" if not keys[1:] else "",
        until=f"{value} {'>=' if way else '<='} {{last}}",
    )


def listed(schema: Schema, order_by: OrderBy) -> Listed | None:
    """What has all documents in the wanted order, where that is a field's alone."""
    keys = _keys(schema, order_by)
    indexes = schema.ordered.get(keys[0][0]) if len(keys) == 1 else None
    return Listed(*indexes, order(schema, _binds_nothing, order_by).by) if indexes else None


def _binds_nothing(value: object) -> str:
    raise AssertionError(f"a field's order takes no value, not {value!r}")


def _keys(schema: Schema, order_by: OrderBy) -> list[tuple[str, str]]:
    """(path, direction) of the keys that name something; `@text_score` and unknown ones are passed over."""
    listed = [order_by] if isinstance(order_by, str) else list(order_by or [])
    keys = ((key.lstrip("-+"), " DESC" if key.startswith("-") else "") for key in listed)
    return [(path, way) for path, way in keys if path and not path.startswith("@") and schema.kind(path)]


def _order(schema: Schema, bind: Bind, keys: Sequence[tuple[str, str]], first: int) -> Order:
    joins: list[str] = []
    terms: list[tuple[str, bool]] = []
    for number, (path, way) in enumerate(keys, first):
        drawn = schema.drawn(path, bind)
        if drawn:
            joins.append(_join(drawn, f"k{number}"))
            value = f"k{number}.{drawn.order}"
        else:
            value = schema.place(path, bind).value
        if "." in path:
            terms.append((f"({value} IS NULL)", False))
        elif not way and path not in _ALWAYS_THERE:
            empty = f" OR {value} = ''" if schema.kind(path) == "text" else ""
            terms.append((f"({value} IS NULL{empty})", False))  # SQLite begins with what is missing
        elif schema.kind(path) == "text":
            value += " COLLATE NOCASE"
        terms.append((value, bool(way)))
    return Order(" ".join(joins), (*terms, ("t.id", bool(keys and keys[-1][1]))))


def _join(drawn: Drawn, alias: str) -> str:
    return f"LEFT JOIN {drawn.table} {alias} ON {alias}.task = t.id AND {drawn.where(alias)}"
