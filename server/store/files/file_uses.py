"""What names which file: artifacts, models, debug samples, plots, and addresses in texts, drawn out of documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from server.store.database import restriction
from server.store.database.db import Database
from server.store.files import addresses

OWN = ("artifacts", "uri", "samples", "plots", "chunks")
"""Kinds whose files are their owner's: they go with it. Anything else only mentions a file."""
RUN = ("artifacts", "samples", "plots")
"""Kinds that a run of a task made: a reset drops them."""
TEXTS = ("comment", "report", "report_assets", "hyperparams", "configuration", "metadata", "description")
"""Fields of documents in which addresses may stand."""

_LIST = "(SELECT value FROM json_each(?))"


class FileUses:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, owner: str, kind: str, keys: Iterable[str]) -> None:
        self._db.execute_many(
            "INSERT OR IGNORE INTO file_uses(file, kind, owner) VALUES (?, ?, ?)",
            [(key, kind, owner) for key in keys],
        )

    def note(self, owner: str, fields: Mapping[str, Any], *, new: bool) -> None:
        """Keep up with fields of a task, model or project that have been set."""
        for kind, keys in _named(fields):
            if not new:
                self._db.execute("DELETE FROM file_uses WHERE owner = ? AND kind = ?", (owner, kind))
            self.add(owner, kind, keys)

    def drop(self, owners: Iterable[str], kinds: Iterable[str] | None = None) -> None:
        """Forget what these name; with `kinds`, only by these."""
        sql, params = f"DELETE FROM file_uses WHERE owner IN {_LIST}", [_json(owners)]
        if kinds is not None:
            sql += f" AND kind IN {_LIST}"
            params.append(_json(kinds))
        self._db.execute(sql, params)

    def of(self, owners: Iterable[str]) -> list[str]:
        """Keys of the files that these name, wherever they lie."""
        sql = f"SELECT DISTINCT file FROM file_uses WHERE owner IN {_LIST}"
        return [row[0] for row in self._db.rows(sql, (_json(owners),))]

    # Versions of datasets

    def set_parents(self, child: str, parents: Iterable[str], *, new: bool) -> None:
        if not new:
            self._db.execute("DELETE FROM dataset_parents WHERE child = ?", (child,))
        self._db.execute_many(
            "INSERT OR IGNORE INTO dataset_parents(parent, child) VALUES (?, ?)",
            [(parent, child) for parent in parents],
        )

    @restriction.unrestricted
    def children(self, parents: Iterable[str]) -> list[str]:
        """Versions that show files of these as their own, without these."""
        listed = _json(parents)
        sql = (
            f"SELECT DISTINCT child FROM dataset_parents WHERE parent IN {_LIST} AND child NOT IN {_LIST}"
            " ORDER BY child"
        )
        return [row[0] for row in self._db.rows(sql, (listed, listed))]

    @restriction.unrestricted
    def hand_down(self, parent: str) -> None:
        """A version's chunks stay for the versions that build on it."""
        self._db.execute(
            "INSERT OR IGNORE INTO file_uses(file, kind, owner) SELECT u.file, 'chunks', d.child"
            " FROM dataset_parents d JOIN file_uses u ON u.owner = d.parent"
            " WHERE d.parent = ? AND u.kind IN ('artifacts', 'chunks')",
            (parent,),
        )


def dataset_parents(task: str, configuration: Mapping[str, Any]) -> set[str]:
    """The versions that a version of a dataset builds on: the SDK writes the whole graph into a configuration."""
    item = configuration.get("Dataset Struct")
    if not isinstance(item, Mapping):
        return set()
    try:
        versions = orjson.loads(item.get("value") or "{}").values()
        return {one["job_id"] for one in versions if isinstance(one["job_id"], str)} - {task}
    except (orjson.JSONDecodeError, AttributeError, TypeError, KeyError):
        return set()


def _named(fields: Mapping[str, Any]) -> Iterable[tuple[str, set[str]]]:
    """By kind, the keys of what fields of a document name."""
    if "execution" in fields:
        artifacts = (fields["execution"] or {}).get("artifacts") or []
        inputs = [one.get("uri") for one in artifacts if one.get("mode") == "input"]
        outputs = [one.get("uri") for one in artifacts if one.get("mode") != "input"]
        yield "inputs", addresses.keys_of(inputs)
        yield "artifacts", addresses.keys_of(outputs)
    if "uri" in fields:
        yield "uri", addresses.keys(fields["uri"])
    for name in TEXTS:
        if name in fields:
            value = fields[name]
            yield name, addresses.keys_in(value if isinstance(value, str) else _text(value))


def _text(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode() if value else ""


def _json(values: Iterable[str]) -> str:
    return orjson.dumps(list(values)).decode()
