"""ClearML's lists of wanted and unwanted values, as one logical expression.

`["a", "-b"]` is: a, and not b. `["__$all", "a", "__$or", "d", "__$not", "e"]` is: a and (d or not e).
The first operator joins the groups that the following ones open; `__$not` applies to the next value alone
(https://clear.ml/docs/latest/docs/clearml_sdk/task_sdk/#tag-filters).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

_JOINS = {"__$all": " AND ", "__$and": " AND ", "__$any": " OR ", "__$or": " OR "}
_NOT, _PLAIN = "__$not", "__$nop"

Has = Callable[[Sequence[Any]], str]
"""SQL: does the document have any of these values? (None among them: has it none at all?)"""


def expression(values: Sequence[Any], has: Has) -> str:
    """SQL of such a list; empty when it asks for nothing."""
    groups: list[tuple[str, list[tuple[Any, bool]]]] = [("", [])]
    joined, negate = "", False
    for value in values:
        if value == _NOT:
            negate = True
        elif value == _PLAIN:
            groups.append(("", []))
        elif isinstance(value, str) and value in _JOINS:
            joined = joined or _JOINS[value]
            groups.append((_JOINS[value], []))
        else:
            excluded = negate
            if isinstance(value, str) and len(value) > 1 and value.startswith("-"):
                value, excluded = value[1:], True
            groups[-1][1].append((value, excluded))
            negate = False
    parts = [_group(join, terms, has) for join, terms in groups if terms]
    return f"({(joined or ' AND ').join(parts)})" if parts else ""


def _group(join: str, terms: list[tuple[Any, bool]], has: Has) -> str:
    if join:
        return f"({join.join(_negated(has([value]), excluded) for value, excluded in terms)})"
    wanted = [value for value, excluded in terms if not excluded]
    unwanted = [value for value, excluded in terms if excluded]
    parts = [has(wanted)] if wanted else []
    return f"({' AND '.join(parts + ([_negated(has(unwanted), True)] if unwanted else []))})"


def _negated(sql: str, excluded: bool) -> str:
    # A comparison with NULL is NULL; its negation must hold all the same.
    return f"NOT coalesce({sql}, 0)" if excluded else sql
