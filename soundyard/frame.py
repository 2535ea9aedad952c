"""Tasks as a pandas DataFrame: parameters, last figures, status and dates, each in its type."""

import argparse
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from audio.parameters.parameter import Kind
from soundyard.tracked import filters
from soundyard.tracked.client import connect, every
from soundyard.tracked.finding import unknown
from soundyard.tracked.rows import DATES, FIELDS, STATUSES, row
from tasks.arguments.parameters import read
from tasks.errors import BadParameter

TEXTS = ("id", "name", "project", "type", "status", "user", "parent", "queue", "worker", "reason", "url")
DTYPES = {int: "Int64", float: "Float64", bool: "boolean"}  # those of pandas that can miss a value


def frame(
    project: str | None, *, status: Sequence[str], kind: str, limit: int | None, **chosen: Any
) -> pd.DataFrame:
    """See `soundyard.runs`."""
    for known, names, given in (("status", STATUSES, status), ("kind", filters.KINDS, [kind])):
        if wrong := [one for one in given if one not in names]:
            raise BadParameter(unknown(known, wrong[0], names))
    parser = argparse.ArgumentParser()
    filters.add_arguments(parser)
    args = parser.parse_args([])
    values = {"project": project, "status": list(status), "kind": kind, "tag": chosen.pop("tags"), **chosen}
    vars(args).update(values)
    web = connect().web_server
    found = every("tasks.get_all_ex", "tasks", limit, only_fields=FIELDS, **filters.query(args))
    return table(found, web)


def table(tasks: Sequence[dict[str, Any]], web: str = "") -> pd.DataFrame:
    """The tasks of an answer as a table."""
    rows = [row(one, web) for one in tasks]
    columns: dict[str, Any] = {name: pd.Series([one[name] for one in rows], dtype="string") for name in TEXTS}
    columns["tags"] = pd.Series([one["tags"] for one in rows], dtype="object")
    columns["archived"] = pd.Series([one["archived"] for one in rows], dtype="boolean")
    columns["iteration"] = pd.Series([one["iteration"] for one in rows], dtype="Int64")
    for name in DATES:
        dates = pd.Series([one[name] for one in rows], dtype="string")
        columns[name] = pd.to_datetime(dates, utc=True, format="ISO8601")
    types = _types(tasks)
    for name in _names(one["parameters"] for one in rows):
        columns[f"params.{name}"] = _typed([one["parameters"].get(name) for one in rows], types.get(name, ""))
    for name in _names(one["metrics"] for one in rows):
        columns[f"metrics.{name}"] = pd.Series([one["metrics"].get(name) for one in rows], dtype="float64")
    return pd.DataFrame(columns)


def _names(parts: Iterable[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for part in parts for name in part))


def _types(tasks: Sequence[dict[str, Any]]) -> dict[str, str]:
    """`Args/lr` → the type that it was recorded with, where all tasks agree."""
    found: dict[str, set[str]] = {}
    for one in tasks:
        for section, names in (one.get("hyperparams") or {}).items():
            for name, kept in names.items():
                found.setdefault(f"{section}/{name}", set()).add(kept.get("type") or "")
    return {name: next(iter(types)) for name, types in found.items() if len(types) == 1}


def _typed(texts: Sequence[str | None], name: str) -> pd.Series:
    """Texts as what they were recorded as; as they are, where one of them is no such thing."""
    base = {"int": int, "float": float, "bool": bool}.get(name)
    if base is None:
        return pd.Series(texts, dtype="string")
    try:
        values = [None if text is None else read(text, Kind(base, True, False)) for text in texts]
    except ValueError:
        return pd.Series(texts, dtype="string")
    return pd.Series(values, dtype=DTYPES[base])
