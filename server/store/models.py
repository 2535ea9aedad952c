"""Models: documents, each with the task that made it and the tasks that use it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from server.store.database import restriction
from server.store.database.db import Database
from server.store.documents.documents import Collection, Drawn
from server.store.documents.schema import Schema

SCHEMA = Schema(
    table="models",
    fields={
        **dict.fromkeys(("name", "uri", "framework", "comment", "project", "parent", "task"), "text"),
        **dict.fromkeys(("user", "company", "last_changed_by"), "text"),
        **dict.fromkeys(("created", "last_update", "last_change"), "time"),
        **dict.fromkeys(("tags", "system_tags"), "list"),
        **dict.fromkeys(("design", "labels", "ui_cache", "metadata"), "json"),
        "ready": "bool",
        "last_iteration": "int",
    },
    patterns=frozenset({"name", "comment"}),
    search=("id", "name", "comment", "tags", "framework"),
    metrics="last_metrics",
)


class Models(Collection):
    """See `Collection`."""

    def __init__(self, db: Database, last_metrics: Drawn) -> None:
        super().__init__(db, SCHEMA, {"last_metrics": last_metrics})

    @restriction.unrestricted
    def tasks_with(self, model: str) -> dict[str, dict[str, Any]]:
        """All tasks that name this model: id → the task's `models` document."""
        sql = "SELECT id, models FROM tasks WHERE id IN (SELECT task FROM task_models WHERE model = ?)"
        return {row["id"]: orjson.loads(row["models"]) for row in self._db.rows(sql, (model,))}

    def made_by(self, tasks: Iterable[str]) -> list[tuple[str, str, bool, list[str]]]:
        """The output models of tasks: id, its task, whether it is published, the other tasks that name it."""
        sql = (
            "SELECT m.id, m.task, m.ready, (SELECT json_group_array(u.task) FROM main.task_models u"
            " WHERE u.model = m.id AND u.task != m.task)"
            " FROM json_each(?) t CROSS JOIN models m ON m.task = t.value"
        )
        rows = self._db.tuples(sql, (orjson.dumps(list(tasks)).decode(),))
        return [(id, task, bool(ready), orjson.loads(users)) for id, task, ready, users in rows]

    def label_counts(self, ids: list[str]) -> dict[str, int]:
        """Returns: id → how many labels the model has."""
        sql = (
            "SELECT id, (SELECT COUNT(*) FROM json_each(labels)) AS number FROM models"
            " WHERE id IN (SELECT value FROM json_each(?))"
        )
        return {row["id"]: row["number"] for row in self._db.rows(sql, (orjson.dumps(ids).decode(),))}

    def of_task_by_uri(self, task: str, uri: str) -> str | None:
        return self._db.value("SELECT id FROM models WHERE task = ? AND uri = ?", (task, uri))

    @restriction.unrestricted
    def forget_parent(self, ids: Iterable[str], mark: str) -> int:
        """The children of deleted models stay, with `mark` before the parent's id."""
        sql = "UPDATE models SET parent = ? || parent WHERE parent IN (SELECT value FROM json_each(?))"
        return self._db.execute(sql, (mark, orjson.dumps(list(ids)).decode()))

    def move(self, ids: Iterable[str], project: str | None) -> int:
        sql = "UPDATE models SET project = ? WHERE id IN (SELECT value FROM json_each(?))"
        return self._db.execute(sql, (project, orjson.dumps(list(ids)).decode()))
