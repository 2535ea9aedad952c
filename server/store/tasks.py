"""Tasks: documents, with hyperparameters and last metrics drawn out for filtering and sorting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from server.store.database import restriction
from server.store.database.db import Database
from server.store.documents.documents import Collection, Document
from server.store.documents.schema import Schema
from server.store.files.file_uses import dataset_parents

SCHEMA = Schema(
    table="tasks",
    fields={
        **dict.fromkeys(
            ("name", "type", "status", "project", "parent", "user", "company", "comment", "status_reason"),
            "text",
        ),
        **dict.fromkeys(
            ("status_message", "last_changed_by", "last_worker", "enqueue_status", "report"), "text"
        ),
        **dict.fromkeys(("status_changed", "created", "started", "completed", "published"), "time"),
        **dict.fromkeys(("last_update", "last_change", "last_worker_report"), "time"),
        **dict.fromkeys(("last_iteration", "active_duration"), "int"),
        **dict.fromkeys(("tags", "system_tags", "report_assets"), "list"),
        **dict.fromkeys(("script", "execution", "hyperparams", "configuration"), "json"),
        **dict.fromkeys(("runtime", "container", "models", "output"), "json"),
    },
    patterns=frozenset({"name", "comment", "report"}),
    search=("id", "name", "comment", "tags"),
    arrays=frozenset({"models.input", "models.output", "execution.artifacts"}),
    params="task_params",
    metrics="last_metrics",
    wide=frozenset({"script", "execution", "hyperparams", "configuration"}),
    wide_table="task_documents",
    ordered={
        "last_update": ("tasks_by_update", "tasks_by_project"),
        "name": ("tasks_in_name_order", ""),
        "created": ("tasks_in_order_of_creation", ""),
    },
    covered=frozenset({"project", "type", "status", "system_tags", "tags"}),
    counts="task_counts",
    counted=frozenset({"project", "type", "status", "system_tags", "tags", "user"}),
)
DELETED = "__DELETED__"
"""Before the id of what a reference pointed to, once that is gone."""


class Tasks(Collection):
    """See `Collection`; what is drawn out of the documents follows their changes."""

    def __init__(self, db: Database) -> None:
        super().__init__(db, SCHEMA, {"last_metrics": self.last_metrics})

    def insert(self, document: Mapping[str, Any]) -> str:
        task = super().insert(document)
        self._draw(task, document, new=True)
        return task

    def update(self, id: str, fields: Mapping[str, Any], expected_status: Iterable[str] | None = None) -> int:
        changed = super().update(id, fields, expected_status)
        if changed:
            self._draw(id, fields)
        return changed

    def delete(self, ids: str | Iterable[str]) -> int:
        listed = [ids] if isinstance(ids, str) else list(ids)
        self.drop_metrics(listed)
        return super().delete(listed)

    def _draw(self, task: str, fields: Mapping[str, Any], new: bool = False) -> None:
        for field, table, rows in (
            ("hyperparams", "task_params", _params),
            ("models", "task_models", _models),
        ):
            if field not in fields:
                continue
            if not new:
                self._db.execute(f"DELETE FROM {table} WHERE task = ?", (task,))
            self._db.execute_many(_DRAW[table], rows(task, fields[field] or {}))
        if "configuration" in fields:
            parents = dataset_parents(task, fields["configuration"] or {})
            self.uses.set_parents(task, parents, new=new)

    # Metrics

    def last_metrics(self, ids: list[str], asked: list[str]) -> dict[str, Document]:
        """`last_metrics` of these tasks or models, or what `asked` names of it: id → metric hash → variant hash."""
        sql = "SELECT * FROM last_metrics WHERE task IN (SELECT value FROM json_each(?))"
        params = [orjson.dumps(ids).decode()]
        hashes = sorted({path.split(".")[1] for path in asked if "." in path})
        if hashes and "last_metrics" not in asked:
            sql += " AND metric_hash IN (SELECT value FROM json_each(?))"
            params.append(orjson.dumps(hashes).decode())
        found: dict[str, Document] = {}
        for row in self._db.rows(sql, params):
            values = dict(row)
            task, metric, variant = (values.pop(key) for key in ("task", "metric_hash", "variant_hash"))
            values.pop("iter"), values.pop("timestamp"), values.pop("numbers"), values.pop("project")
            found.setdefault(task, {}).setdefault(metric, {})[variant] = values
        return found

    def drop_metrics(self, ids: Iterable[str]) -> None:
        listed = orjson.dumps(list(ids)).decode()
        self._db.execute("DELETE FROM last_metrics WHERE task IN (SELECT value FROM json_each(?))", (listed,))

    # References

    @restriction.unrestricted
    def forget_parent(self, ids: Iterable[str]) -> int:
        """The children of deleted tasks stay. Returns: how many there are."""
        sql = "UPDATE tasks SET parent = ? || parent WHERE parent IN (SELECT value FROM json_each(?))"
        return self._db.execute(sql, (DELETED, orjson.dumps(list(ids)).decode()))

    def move(self, ids: Iterable[str], project: str | None) -> int:
        sql = "UPDATE tasks SET project = ? WHERE id IN (SELECT value FROM json_each(?))"
        return self._db.execute(sql, (project, orjson.dumps(list(ids)).decode()))


_DRAW = {
    "task_params": "INSERT INTO task_params(task, section, name, value, project)"
    " VALUES (?1, ?2, ?3, ?4, coalesce((SELECT project FROM tasks WHERE id = ?1), ''))",
    "task_models": "INSERT OR IGNORE INTO task_models(task, side, model) VALUES (?, ?, ?)",
}


def _params(task: str, hyperparams: Mapping[str, Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    return [
        (task, section, name, item.get("value"))
        for section, items in hyperparams.items()
        for name, item in items.items()
    ]


def _models(task: str, models: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return [(task, side, item["model"]) for side, items in models.items() for item in items or []]
