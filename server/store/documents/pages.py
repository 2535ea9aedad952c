"""Which documents are on a page: the ids of those that match, in the wanted order, from some place on.

There are several ways, and the shortest is taken: along an index of all documents or of a value, as far as the page;
from the last document of a scroll on; or everything that matches is sorted. Documents are wide, so that only ids are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from server.api.errors import InvalidScrollId, ValidationFailed
from server.store.database.db import Database
from server.store.documents import ordering
from server.store.documents.ordering import OrderBy
from server.store.documents.query import Compiler, Window
from server.store.documents.schema import Schema

Queries = Sequence[Mapping[str, Any]]

_TOO_MUCH = {
    "tree is too large": "the query has too many conditions",
    "too many": "the query has too many conditions",
    "stack overflow": "the query has too many conditions",
}
"""What SQLite says of a query that asks for too much."""
_REACH = 3000
"""Entries of an index that are looked at before everything that matches is sorted instead."""
_FAR = 1000
"""A page that begins later is counted to, not walked to."""
_FEW = 10_000
"""Documents that a filter leaves out, up to which they are looked up first."""
_SOON_SORTED = 20_000
"""Documents that are sorted sooner than an index of all is walked."""


class Pages:
    """Of one collection."""

    def __init__(self, db: Database, schema: Schema) -> None:
        self._db = db
        self._schema = schema

    def ids(self, queries: Queries, order_by: OrderBy, part: Window) -> list[str]:
        """The documents of a page for which the filters of all the queries hold."""
        listed = self._listed(queries, order_by, part)
        if listed is not None:
            return listed
        way = self._walk if part.start < _FAR else self._far
        ids = way(queries, order_by, part)
        return ids if ids is not None else self.sorted(queries, order_by, part)

    def sorted(self, queries: Queries, order_by: OrderBy, part: Window | None) -> list[str]:
        """Find all that match, sort them, and give a part."""
        compiler = Compiler(self._schema)
        order = ordering.order(self._schema, compiler.bind, order_by)
        where = compiler.where(*queries)
        limit, offset = compiler.bind(part.size if part else -1), compiler.bind(part.start if part else 0)
        sql = (
            f"SELECT t.id FROM {self._schema.table} t {order.joins} WHERE {where} ORDER BY {order.by}"
            f" LIMIT {limit} OFFSET {offset}"
        )
        return [row[0] for row in self.rows(sql, compiler.params)]

    def following(self, queries: Queries, order_by: OrderBy, part: Window) -> list[sqlite3.Row]:
        """The next part of a scroll: each row an id and the values it is sorted by."""
        compiler = Compiler(self._schema)
        order = ordering.order(self._schema, compiler.bind, order_by)
        if part.after is not None and len(part.after) != len(order.terms):
            raise InvalidScrollId()
        beyond, wider = order.beyond(compiler.bind, part.after) if part.after is not None else ("1", "1")
        where, limit = compiler.where(*queries), compiler.bind(part.size)
        for narrowed in dict.fromkeys((wider, "1")):
            sql = (
                f"SELECT t.id, {order.keys} FROM {self._schema.table} t {order.joins}"
                f" WHERE {where} AND {beyond} AND {narrowed} ORDER BY {order.by} LIMIT {limit}"
            )
            found = self.rows(sql, compiler.params)
            if len(found) == part.size:
                break
        return found

    def _listed(self, queries: Queries, order_by: OrderBy, part: Window) -> list[str] | None:
        """Along an index that has all documents in a field's order, and what the filters look at; None where there is
        none, or where few match."""
        order = ordering.listed(self._schema, order_by)
        compiler = Compiler(self._schema)
        projects, others = _split_projects(queries)
        conditions = compiler.parts(*others)
        if order is None or not compiler.asked <= self._schema.covered:
            return None
        within = _within("t", compiler, projects)
        matching, conditions = self._effective(compiler, conditions, within)
        if matching <= _SOON_SORTED:
            return None
        index = order.in_project if len(projects or ()) == 1 and order.in_project else order.index
        limit, offset = compiler.bind(part.size), compiler.bind(part.start)
        sql = (
            f"SELECT t.id FROM {self._schema.table} t INDEXED BY {index} WHERE {' AND '.join([within, *conditions])}"
            f" ORDER BY {order.by} LIMIT {limit} OFFSET {offset}"
        )
        return [row[0] for row in self.rows(sql, compiler.params)]

    def _effective(self, compiler: Compiler, conditions: list[str], within: str) -> tuple[int, list[str]]:
        """How many documents match, by the table of counts, and those conditions that leave something out there: each
        costs something for every document that is passed."""
        numbers = [f"sum(CASE WHEN {one} THEN t.n ELSE 0 END)" for one in (*conditions, _all(conditions))]
        sql = f"SELECT sum(t.n), {', '.join(numbers)} FROM {self._schema.counts} t WHERE {within}"
        everything, *each, matching = self.rows(sql, compiler.params)[0]
        return matching or 0, [
            one for one, number in zip(conditions, each, strict=True) if number != everything
        ]

    def _walk(self, queries: Queries, order_by: OrderBy, part: Window) -> list[str] | None:
        """Go along the index of a value that has the wanted order, keep what matches, stop when the part is full.
        None where there is no such index, or too few match at its start."""
        compiler = Compiler(self._schema, few=True)
        walk = ordering.walk(self._schema, compiler.bind, order_by)
        if walk is None:
            return None
        where = compiler.where(*queries)
        reach = compiler.bind(_REACH + 8 * part.start)
        last = self.rows(walk.last.format(reach=reach), compiler.params)
        if last:
            where = f"{walk.until.format(last=compiler.bind(last[0][0]))} AND {where}"
        limit, offset = compiler.bind(part.size), compiler.bind(part.start)
        sql = (
            f"SELECT t.id FROM {walk.table} CROSS JOIN {self._schema.table} t ON t.id = k0.task {walk.joins}"
            f" WHERE {walk.where} AND {where} ORDER BY {walk.by} LIMIT {limit} OFFSET {offset}"
        )
        ids = [row[0] for row in self.rows(sql, compiler.params)]
        return ids if len(ids) == part.size else None

    def _far(self, queries: Queries, order_by: OrderBy, part: Window) -> list[str] | None:
        """A page far from the start, by way of an index of a value that has the order and the projects: what comes
        before it is counted and not looked at. None where there is no such index, where sorting is as quick, and where
        the page has documents without the value, which come last."""
        compiler = Compiler(self._schema)
        walk = ordering.walk(self._schema, compiler.bind, order_by)
        if walk is None or not walk.of_tasks or self._schema.table != "tasks":
            return None
        projects, others = _split_projects(queries)
        within = _within("t", compiler, projects)
        narrowed, kept = self._narrowed(compiler, compiler.parts(*others), within)
        if not narrowed:
            return None
        conditions = [walk.where, walk.of_tasks, _within("k0", compiler, projects), narrowed]
        limit, offset = compiler.bind(part.size), compiler.bind(part.start)
        sql = (
            f"SELECT k0.task FROM {walk.table} WHERE {' AND '.join(conditions)} ORDER BY {walk.by}"
            f" LIMIT {limit} OFFSET {offset}"
        )
        ids = [row[0] for row in self.rows(sql, compiler.params)]
        return ids if len(ids) == min(part.size, max(0, kept - part.start)) else None

    def _narrowed(self, compiler: Compiler, conditions: list[str], within: str) -> tuple[str, int]:
        """SQL: is `k0.task` one of those that the conditions keep? What they keep is looked up, or what they leave out,
        whichever is less; empty where little is kept, or it would be much to look up. And how many are kept."""
        table = f"SELECT t.id FROM {self._schema.table} t WHERE"
        if compiler.asked <= self._schema.counted:
            kept, conditions = self._effective(compiler, conditions, within)
            if kept <= _SOON_SORTED:
                return "", kept
            if not conditions:
                return "1", kept
            sql = f"SELECT coalesce(sum(t.n), 0) FROM {self._schema.counts} t WHERE {within}"
            if 2 * kept < self.rows(sql, compiler.params)[0][0]:
                return f"k0.task IN ({table} {_all(conditions)} AND {within})", kept
            return f"k0.task NOT IN ({table} ({_all(conditions)}) IS NOT 1 AND {within})", kept
        sql = f"{table} ({_all(conditions)}) IS NOT 1 AND {within} LIMIT {_FEW + 1}"
        ids = [row[0] for row in self.rows(sql, compiler.params)]
        if len(ids) > _FEW:
            return "", 0
        sql = f"SELECT coalesce(sum(t.n), 0) FROM {self._schema.counts} t WHERE {within}"
        kept = self.rows(sql, compiler.params)[0][0] - len(ids)
        return f"k0.task NOT IN (SELECT value FROM json_each({compiler.bind(_listed(ids))}))", kept

    def rows(self, sql: str, params: Mapping[str, Any]) -> list[sqlite3.Row]:
        """Raises: ValidationFailed when SQLite finds the query too large. TooSlow."""
        try:
            return self._db.rows(sql, dict(params))
        except sqlite3.OperationalError as fault:
            for sign, reason in _TOO_MUCH.items():
                if sign in str(fault):
                    raise ValidationFailed(reason) from fault
            raise


def _split_projects(queries: Queries) -> tuple[list[str] | None, list[Mapping[str, Any]]]:
    """The projects that all the queries ask for, where they do so by plain ids (None: they don't ask), and the queries
    without that."""
    first, *rest = queries
    asked = first.get("project")
    listed = [asked] if isinstance(asked, str) else asked
    plain = isinstance(listed, list) and all(
        isinstance(one, str) and one and not one.startswith(("-", "__$")) for one in listed
    )
    if not listed or not plain or any("project" in one for one in rest):
        return None, list(queries)
    return listed, [{name: value for name, value in first.items() if name != "project"}, *rest]


def _within(table: str, compiler: Compiler, projects: Sequence[str] | None) -> str:
    """SQL: is it in one of these projects? (Of one alone an index keeps the order.)"""
    if not projects:
        return "1"
    if len(projects) == 1:
        return f"{table}.project = {compiler.bind(projects[0])}"
    return f"{table}.project IN (SELECT value FROM json_each({compiler.bind(_listed(projects))}))"


def _all(conditions: Sequence[str]) -> str:
    return " AND ".join(conditions) or "1"


def _listed(values: Sequence[Any]) -> str:
    return orjson.dumps(values).decode()
