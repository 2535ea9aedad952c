"""Collections of documents in SQLite: get, insert, change, delete, and ClearML's queries.

See `schema` for how a document lies in its row, `query` for the query language, `pages` for how a page is found.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import orjson

from server.api import limits
from server.api.errors import ValidationFailed
from server.store.database.db import Database
from server.store.documents import ordering, projection
from server.store.documents.pages import Pages
from server.store.documents.query import Compiler, window
from server.store.documents.schema import Schema
from server.store.files.file_uses import FileUses

Document = dict[str, Any]
Drawn = Callable[[list[str], list[str]], dict[str, Any]]
"""Reads a field that lies in a table of its own: (ids, asked paths) → id → value."""

_ALWAYS_LISTS = ("tags", "system_tags")


class Collection:
    """Documents of one kind. Writes need `with db.transaction():`; every statement is atomic."""

    def __init__(self, db: Database, schema: Schema, drawn: Mapping[str, Drawn] | None = None) -> None:
        self._db = db
        self.schema = schema
        self.uses = FileUses(db)
        self._pages = Pages(db, schema)
        self._drawn = dict(drawn or {})

    # One document

    def get(self, id: str, only_fields: str | Iterable[str] | None = None) -> Document | None:
        """By exactly this id: none is read as a filter, as in `find`, where `-x` means all but x."""
        wanted = projection.paths(only_fields)
        sql = self._select(self._columns(wanted), "t.id = ?")
        found = self._documents(self._db.rows(sql, (id,)), wanted)
        return found[0] if found else None

    def exists(self, id: str) -> bool:
        return self._db.row(f"SELECT 1 FROM {self.schema.table} WHERE id = ?", (id,)) is not None

    def insert(self, document: Mapping[str, Any]) -> str:
        """Add a document with its `id`; fields that are no columns are an error of the caller. Returns: the id."""
        row, wide = self._split(self._row(document))
        for table, columns in ((self.schema.table, row), (self.schema.wide_table, wide)):
            if table:
                names = ", ".join(["id", *(f'"{name}"' for name in columns)])
                marks = ", ".join("?" * (len(columns) + 1))
                values = (document["id"], *columns.values())
                self._db.execute(f"INSERT INTO {table}({names}) VALUES ({marks})", values)
        self.uses.note(document["id"], document, new=True)
        return document["id"]

    def update(self, id: str, fields: Mapping[str, Any], expected_status: Iterable[str] | None = None) -> int:
        """Set fields (each replaces what was there). With `expected_status`, only while the status is one of
        these: a compare-and-set. Returns: the number of documents changed, 0 or 1."""
        row, wide = self._split(self._row(fields))
        sets = ", ".join(f'"{name}" = ?' for name in row) or "id = id"
        sql, params = f"UPDATE {self.schema.table} SET {sets} WHERE id = ?", [*row.values(), id]
        if expected_status is not None:
            allowed = list(expected_status)
            sql += f" AND status IN ({', '.join('?' * len(allowed))})"
            params += allowed
        changed = self._db.execute(sql, params)
        if changed and wide:
            sets = ", ".join(f'"{name}" = ?' for name in wide)
            self._db.execute(f"UPDATE {self.schema.wide_table} SET {sets} WHERE id = ?", [*wide.values(), id])
        if changed:
            self.uses.note(id, fields, new=False)
        return changed

    def delete(self, ids: str | Iterable[str]) -> int:
        gone = [ids] if isinstance(ids, str) else list(ids)
        self.uses.drop(gone)
        listed = orjson.dumps(gone).decode()
        return self._db.execute(
            f"DELETE FROM {self.schema.table} WHERE id IN (SELECT value FROM json_each(?))", (listed,)
        )

    # Many

    def find(
        self, query: Mapping[str, Any], *also: Mapping[str, Any], default_order: str = ""
    ) -> list[Document]:
        """The documents for which the filters of all the queries hold, in the order and window of the first.

        Raises:
            ValidationFailed: a pattern, date or path that can't be understood.
        """
        return self.page(query, *also, default_order=default_order)[0]

    def page(
        self, query: Mapping[str, Any], *also: Mapping[str, Any], default_order: str = ""
    ) -> tuple[list[Document], str | None]:
        """`find`, and the scroll id for what follows when the query scrolls."""
        part = window(query)
        queries = [query, *also]
        order_by = ordering.meant(self.schema, part.order_by or query.get("order_by"), default_order)
        if not part.scroll:
            return self._read(self._pages.ids(queries, order_by, part), query), None
        rows = self._pages.following(queries, order_by, part)
        last = list(rows[-1][1:]) if rows else None
        return self._read([row[0] for row in rows], query), part.next(order_by, len(rows), last)

    def all(self, *queries: Mapping[str, Any]) -> list[Document]:
        """The documents for which the filters of all the queries hold, whatever the window."""
        first = queries[0] if queries else {}
        return self._read(self._pages.sorted(queries, first.get("order_by"), None), first)

    def _read(self, ids: Sequence[str], query: Mapping[str, Any]) -> list[Document]:
        """These documents in this order, as far as the query wants to see of them."""
        wanted = projection.paths(query.get("only_fields"))
        listed = orjson.dumps(ids).decode()
        sql = self._select(self._columns(wanted), "t.id IN (SELECT value FROM json_each(:ids))")
        rows = {row["id"]: row for row in self._pages.rows(sql, {"ids": listed})}
        found = self._documents([rows[id] for id in ids if id in rows], wanted)
        for path in projection.unwanted(query.get("only_fields")):
            for document in found:
                projection.without(document, path.split("."))
        return found

    def ids(self, *queries: Mapping[str, Any]) -> list[str]:
        """The ids of all that match, whatever the window."""
        compiler = Compiler(self.schema)
        where = compiler.where(*queries)
        return [row[0] for row in self._pages.rows(self._select("t.id", where), compiler.params)]

    def count(self, *queries: Mapping[str, Any]) -> int:
        compiler = Compiler(self.schema)
        where = compiler.where(*queries)
        number, table = self._number(compiler)
        sql = f"SELECT {number} FROM {table} t WHERE {where}"
        return self._pages.rows(sql, compiler.params)[0][0]

    def group_counts(self, field: str, *queries: Mapping[str, Any]) -> dict[Any, int]:
        """How many of the matching documents have each value of a field."""
        compiler = Compiler(self.schema)
        where = compiler.where(*queries)
        number, table = self._number(compiler, field)
        sql = f'SELECT t."{field}", {number} FROM {table} t WHERE {where} GROUP BY t."{field}"'
        return {row[0]: row[1] for row in self._pages.rows(sql, compiler.params)}

    def distinct(self, path: str, *queries: Mapping[str, Any]) -> list[Any]:
        """The different values of a field among the matching documents, sorted; of a list: its elements."""
        compiler = Compiler(self.schema)
        where = compiler.where(*queries)
        place = self.schema.place(path, compiler.bind)
        table = f"{self._number(compiler, path)[1]} t"
        if self.schema.kind(path) == "list":
            # Few different lists for many documents: each is taken apart once.
            lists = f"SELECT DISTINCT {place.value} AS list FROM {table} WHERE {where}"
            found = f"SELECT DISTINCT value AS v FROM ({lists}) l, json_each(l.list) WHERE v IS NOT NULL"
        elif place.each:
            found = f"SELECT DISTINCT {place.element} AS v FROM {table}, {place.each} WHERE {where} AND v IS NOT NULL"
        else:
            found = f"SELECT DISTINCT {place.value} AS v FROM {table} WHERE {where} AND v IS NOT NULL"
        return [row[0] for row in self._pages.rows(f"{found} ORDER BY 1", compiler.params)]

    def _number(self, compiler: Compiler, *also: str) -> tuple[str, str]:
        """SQL: how many there are, and the table that tells: the one in which they are counted already, if it knows
        all that the conditions (and `also`) look at."""
        if self.schema.counts and {*compiler.asked, *also} <= self.schema.counted:
            return "coalesce(sum(t.n), 0)", self.schema.counts
        return "count(*)", self.schema.table

    def _select(self, what: str, where: str) -> str:
        return f"SELECT {what} FROM {self.schema.table} t WHERE {where}"

    # Rows and documents

    def _columns(self, wanted: Sequence[str]) -> str:
        heads = {path.partition(".")[0] for path in wanted} if wanted else self.schema.fields.keys()
        asked = (field for field in self.schema.fields if field in heads)
        return ", ".join(["t.id", *(f'{self.schema.column(field)} AS "{field}"' for field in asked)])

    def _split(self, row: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """The columns of the collection's own table, and of its second one."""
        wide = {name: value for name, value in row.items() if name in self.schema.wide}
        return {name: value for name, value in row.items() if name not in wide}, wide

    def _row(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        row = {}
        for name, value in fields.items():
            if name == "id":
                continue
            kind = self.schema.fields[name]
            if kind in ("list", "json") and value is not None:
                value = _written(value)
            elif kind == "bool" and value is not None:
                value = int(value)
            elif isinstance(value, int) and not -(2**63) <= value < 2**63:
                raise ValidationFailed(f"{name} is out of range")
            row[name] = value
        return row

    def _documents(self, rows: Sequence[sqlite3.Row], wanted: Sequence[str]) -> list[Document]:
        documents = [self._document(row) for row in rows]
        self._add_drawn(documents, wanted)
        return projection.project(documents, wanted) if wanted else documents

    def _document(self, row: sqlite3.Row) -> Document:
        document: Document = {"id": row["id"]}
        for name, value in zip(row.keys(), row, strict=True):
            kind = self.schema.fields.get(name)
            if kind is None or value is None:
                if value is None and name in _ALWAYS_LISTS:
                    document[name] = []
            elif kind in ("list", "json"):
                document[name] = orjson.loads(value)
            else:
                document[name] = bool(value) if kind == "bool" else value
        return document

    def _add_drawn(self, documents: list[Document], wanted: Sequence[str]) -> None:
        ids = [one["id"] for one in documents]
        for field, read in self._drawn.items():
            asked = [path for path in wanted if path.partition(".")[0] == field]
            if not ids or (wanted and not asked):
                continue
            values = read(ids, asked)
            for document in documents:
                document[field] = values.get(document["id"], {})


def _written(value: Any) -> str:
    """As JSON. Raises: ValidationFailed for what could be stored and never be answered with again."""
    try:
        text = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
    except orjson.JSONEncodeError as error:
        raise ValidationFailed(f"it can't be stored as JSON: {error}") from error
    if text.count("{") + text.count("[") > limits.DEPTH:
        limits.require_shallow(value)
    return text
