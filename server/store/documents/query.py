"""From ClearML's query language to SQL.

A query is the body of a `get_all`: fields of the collection with what they must be, `_any_`/`_all_` over several
fields, `filters`, `search_text`, `order_by`, and paging. Keys that name no field are ignored, because clients send
stray ones; so are empty lists and nulls, which mean "no filter".
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import orjson

from server.api.errors import InvalidScrollId, UnknownFields, ValidationFailed
from server.store.database import patterns, times
from server.store.documents import operators
from server.store.documents.schema import Place, Schema

MOST = 500
"""Documents in one answer when the query doesn't say."""
_LIMIT = 10_000
_MULTI = re.compile(r"^_(all|and|any|or)_")
_CONSTRAINT = re.compile(r"^\s*(>=|<=|==|>|<)?\s*(.*?)\s*$", re.DOTALL)
_PLACEHOLDERS = 50
_QUICK = 8
_ID_START = 4
"""Characters from which on a searched word may be the start of an id."""


@dataclass(frozen=True)
class Window:
    """Which part of the found is wanted. `scroll`: the answer carries an id for the next part; it says how many
    documents there have been, in which order, and the sorted values of the last: what comes or goes meanwhile
    makes a page neither repeat nor skip anything."""

    start: int
    size: int
    scroll: bool = False
    after: tuple[Any, ...] | None = None
    order_by: list[str] | None = None

    def next(self, order_by: Any, found: int, last: Sequence[Any] | None) -> str:
        """The id for what follows."""
        given = self.start + found
        listed = [order_by] if isinstance(order_by, str) else list(order_by or [])
        return base64.urlsafe_b64encode(orjson.dumps([given, listed, last or self.after])).decode()


class Compiler:
    """Compiles for one collection. Statements use named parameters, collected in `params`. `few`: the statement
    asks few documents, one by one."""

    def __init__(self, schema: Schema, few: bool = False) -> None:
        self._schema = schema
        self._few = few
        self.params: dict[str, Any] = {}
        self.asked: set[str] = set()
        """The fields that the conditions look at."""

    def bind(self, value: Any) -> str:
        if isinstance(value, bool):
            value = int(value)
        elif isinstance(value, int) and not -(2**63) <= value < 2**63:
            value = float(value)
        elif value is not None and not isinstance(value, (str, int, float)):
            raise ValidationFailed(f"{value!r} is not a value to compare with")
        name = f"p{len(self.params)}"
        self.params[name] = value
        return f":{name}"

    # Filters

    def where(self, *queries: Mapping[str, Any]) -> str:
        """The condition that all the queries' filters hold."""
        return " AND ".join(self.parts(*queries)) or "1"

    def parts(self, *queries: Mapping[str, Any]) -> list[str]:
        """The conditions, each by itself."""
        return [part for query in queries for part in self._conditions(query)]

    def _conditions(self, query: Mapping[str, Any]) -> list[str]:
        parts = []
        for key, wanted in query.items():
            if wanted is None or wanted == []:
                continue
            multi = _MULTI.match(key)
            if multi:
                parts.append(self._several(multi[1] in ("all", "and"), wanted))
            elif key == "filters":
                parts += self._filters(wanted)
            elif key == "allow_public":
                parts.append("1" if wanted else "t.company <> ''")
                self.asked.add("company")
            elif key == "search_text":
                parts += self._search(wanted)
            elif self._schema.kind(key):
                parts.append(self._field(key, wanted))
        return [part for part in parts if part]

    def _field(self, path: str, wanted: Any) -> str:
        kind = self._schema.kind(path)
        place = self._place(path)
        if kind == "time":
            return self._range(place, wanted, _moment)
        if kind in ("int", "real") and isinstance(wanted, list):
            return self._range(place, wanted, _number)
        if path in self._schema.patterns and isinstance(wanted, str):
            return self._pattern(place, wanted)
        values = wanted if isinstance(wanted, list) else [wanted]
        return self._has(place, values) if path == "id" else self._values(place, values)

    def _place(self, path: str) -> Place:
        self.asked.add(path.partition(".")[0])
        return self._schema.place(path, self.bind)

    def _values(self, place: Place, wanted: Sequence[Any]) -> str:
        return operators.expression(wanted, lambda values: self._has(place, values))

    def _has(self, place: Place, values: Sequence[Any]) -> str:
        some = [value for value in values if value is not None]
        parts = [place.missing()] if len(some) < len(values) else []
        if some:
            parts.append(self._quick(place, some) + place.equals(self._set(some), self._few))
        return f"({' OR '.join(parts)})" if len(parts) > 1 else parts[0]

    def _quick(self, place: Place, values: Sequence[Any]) -> str:
        """A look at a list's text spares taking it apart where no value can be in it."""
        if place.kind != "list" or len(values) > _QUICK or not all(isinstance(one, str) for one in values):
            return ""
        texts = (self.bind(orjson.dumps(value).decode()) for value in values)
        return f"({' OR '.join(f'instr({place.value}, {text})' for text in texts)}) AND "

    def _set(self, values: Sequence[Any]) -> str:
        if len(values) <= _PLACEHOLDERS:
            return f"({', '.join(self.bind(value) for value in values)})"
        return f"(SELECT value FROM json_each({self.bind(orjson.dumps(values).decode())}))"

    def _pattern(self, place: Place, pattern: str, ignore_case: bool = False) -> str:
        exact = None if ignore_case else patterns.literal(pattern)
        if exact is not None:
            return place.holds(lambda value: f"{value} = {self.bind(exact)}", self._few)
        safe = self.bind(patterns.checked(pattern, ignore_case))
        return place.holds(lambda value: f"{value} REGEXP {safe}", self._few)

    def _range(self, place: Place, wanted: Any, read: Callable[[Any], Any]) -> str:
        """`[">=a", "<b"]`, or `[from, to]` with null for an open end."""
        values = wanted if isinstance(wanted, list) else [wanted]
        bare = all(value is None or not _split(value)[0] for value in values)
        if bare and len(values) == 2:
            values = [
                f"{sign}{value}"
                for sign, value in zip((">=", "<="), values, strict=True)
                if value is not None
            ]
        given = [_split(value) for value in values if value is not None]
        bounds = [(sign or "=", self.bind(read(rest))) for sign, rest in given]
        parts = [place.missing()] if len(bounds) < len(values) else []
        if bounds:
            parts.append(
                place.holds(
                    lambda at: " AND ".join(f"{at} {sign} {bound}" for sign, bound in bounds), self._few
                )
            )
        return f"({' AND '.join(parts)})" if parts else ""

    def _several(self, every: bool, wanted: Any) -> str:
        """`{"fields": […], "pattern" | "datetime" | "values": …}` or `{"filters": {…}}`."""
        if not isinstance(wanted, Mapping):
            raise ValidationFailed("_any_ and _all_ take an object with `fields` and `pattern`")
        if isinstance(wanted.get("filters"), Mapping):
            parts = self._filters(wanted["filters"])
        else:
            fields = wanted.get("fields") or []
            if not isinstance(fields, list) or not all(isinstance(one, str) for one in fields):
                raise ValidationFailed("`fields` must be a list of field names")
            parts = [self._one_of_several(one, wanted) for one in fields if self._schema.kind(one)]
        return f"({(' AND ' if every else ' OR ').join(filter(None, parts))})" if any(parts) else ""

    def _one_of_several(self, path: str, wanted: Mapping[str, Any]) -> str:
        place = self._place(path)
        if isinstance(wanted.get("pattern"), str):
            return self._pattern(place, wanted["pattern"], ignore_case=True)
        if wanted.get("datetime") is not None:
            return self._range(place, wanted["datetime"], _moment)
        if isinstance(wanted.get("values"), list):
            return self._field(path, wanted["values"])
        return ""

    def _filters(self, wanted: Any) -> list[str]:
        """`{field: {"any": {"include", "exclude"}, "all": {…}, "op": "and" | "or"}}`."""
        if not isinstance(wanted, Mapping):
            raise ValidationFailed("`filters` must be an object with one entry a field")
        parts = []
        for path, rule in wanted.items():
            if not self._schema.kind(path):
                raise UnknownFields(f"filters: {path[:100]!r} is not a field of {self._schema.table}")
            if rule is not None:
                parts.append(self._filter(path, rule))
        return parts

    def _filter(self, path: str, rule: Any) -> str:
        if not isinstance(rule, Mapping) or set(rule) - {"any", "all", "op"}:
            raise ValidationFailed(f"filters.{path[:100]}: expected an object with `any`, `all` and `op`")
        if rule.get("op") not in (None, "and", "or"):
            raise ValidationFailed(f"filters.{path[:100]}.op: expected and, or")
        place = self._place(path)
        parts = []
        for name, join in (("any", " OR "), ("all", " AND ")):
            side = rule.get(name) or {}
            lists = isinstance(side, Mapping) and all(isinstance(one, list | None) for one in side.values())
            if not lists or set(side) - {"include", "exclude"}:
                raise ValidationFailed(
                    f"filters.{path[:100]}.{name}: expected lists, `include` and `exclude`"
                )
            terms = [self._has(place, [value]) for value in side.get("include") or []]
            terms += [f"NOT coalesce({self._has(place, [value])}, 0)" for value in side.get("exclude") or []]
            if terms:
                parts.append(f"({join.join(terms)})")
        join = " OR " if rule.get("op") == "or" else " AND "
        return f"({join.join(parts)})" if parts else ""

    def _search(self, text: Any) -> list[str]:
        """Every word occurs somewhere in the searched fields, whatever its case; an id must begin with it."""
        paths = [path for path in self._schema.search if path != "id"]
        places = [self._place(path) for path in paths]
        self.asked.add("id")
        parts = []
        for word in str(text).replace('"', " ").split():
            escaped = re.sub(r"([\\%_])", r"\\\1", word)
            within, start = self.bind(f"%{escaped}%"), self.bind(f"{escaped}%")
            found = [f"{one.value} LIKE {within} ESCAPE '\\'" for one in places]
            if len(word) >= _ID_START:
                found.append(f"t.id LIKE {start} ESCAPE '\\'")
            parts.append(f"({' OR '.join(found)})")
        return parts


def window(query: Mapping[str, Any]) -> Window:
    """The window a query asks for: a page, a start and size, or the next part of a scroll. A scroll begins with
    a `size`, or a `scroll_id` of null."""
    scroll = query.get("scroll_id")
    paged = bool(query.get("page")) or query.get("start") is not None
    if scroll or (not paged and ("scroll_id" in query or query.get("size") is not None)):
        name = "size" if query.get("size") is not None else "page_size"
        size = _whole(query, name, MOST, least=1)
        start, order_by, after = _scrolled(scroll) if scroll else (0, None, None)
        if scroll and query.get("refresh_scroll"):
            return Window(0, max(start, size), scroll=True, order_by=order_by)
        return Window(start, size, scroll=True, after=after, order_by=order_by)
    if query.get("start") is not None:
        return Window(_whole(query, "start", 0, least=0), _whole(query, "size", MOST, least=1))
    size = _whole(query, "page_size", MOST, least=1)
    return Window(_whole(query, "page", 0, least=0) * size, size)


def _whole(query: Mapping[str, Any], name: str, default: int, least: int) -> int:
    value = query.get(name)
    if value is None:
        return default
    try:
        number = int(value)
    except (TypeError, ValueError) as fault:
        raise ValidationFailed(f"{name} must be a whole number, not {value!r}") from fault
    if not least <= number < 2**31:
        raise ValidationFailed(f"{name} is {number}, expected at least {least}")
    return min(number, _LIMIT) if name.endswith("size") else number


def _scrolled(scroll: Any) -> tuple[int, list[str], tuple[Any, ...] | None]:
    try:
        given, order_by, after = orjson.loads(base64.urlsafe_b64decode(str(scroll).encode()))
        whole = isinstance(given, int) and 0 <= given < 2**31 and isinstance(order_by, list)
        if whole and all(isinstance(key, str) for key in order_by) and isinstance(after, (list, type(None))):
            return given, order_by, None if after is None else tuple(after)
    except (binascii.Error, ValueError, TypeError):
        pass
    raise InvalidScrollId()


def _split(value: Any) -> tuple[str, Any]:
    if not isinstance(value, str):
        return "", value
    matched = _CONSTRAINT.match(value)
    return (matched[1] or "", matched[2]) if matched else ("", value)


def _moment(value: Any) -> str:
    """Any date and time, or seconds (milliseconds when large) since 1970, as the database holds it."""
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = None
    try:
        if seconds is None:
            return times.text(times.parse(str(value)))
        return times.text(datetime.fromtimestamp(seconds / (1000 if seconds > 1e11 else 1), timezone.utc))
    except (ValueError, OverflowError, OSError, ArithmeticError, TypeError) as fault:
        raise ValidationFailed(f"{value!r} is not a date") from fault


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as fault:
        raise ValidationFailed(f"{value!r} is not a number") from fault
