"""Projects: a tree by names, "a/b/c"; `path` holds the ids from the root to the parent."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from server.store.database.db import Database
from server.store.documents.documents import Collection, Document
from server.store.documents.schema import Schema

SCHEMA = Schema(
    table="projects",
    fields={
        **dict.fromkeys(("name", "basename", "parent", "description", "user", "company"), "text"),
        "default_output_destination": "text",
        **dict.fromkeys(("created", "last_update"), "time"),
        **dict.fromkeys(("path", "tags", "system_tags"), "list"),
        "featured": "int",
    },
    patterns=frozenset({"name", "basename", "description"}),
    search=("id", "name", "description", "tags"),
)


class Projects(Collection):
    """See `Collection`."""

    def __init__(self, db: Database) -> None:
        super().__init__(db, SCHEMA)

    def by_name(self, name: str) -> Document | None:
        row = self._db.row("SELECT id FROM projects WHERE name = ?", (name,))
        return self.get(row["id"]) if row else None

    def names(self, ids: Iterable[str]) -> dict[str, str]:
        """Returns: id → name of those that exist."""
        sql = "SELECT id, name FROM projects WHERE id IN (SELECT value FROM json_each(?))"
        return {row["id"]: row["name"] for row in self._db.rows(sql, (orjson.dumps(list(ids)).decode(),))}

    def touch(self, project: str, moment: str) -> None:
        """Note that something in it has changed."""
        self._db.execute("UPDATE projects SET last_update = ? WHERE id = ?", (moment, project))

    def with_descendants(self, ids: Iterable[str]) -> list[str]:
        """The ids themselves, then those of everything below them."""
        sql = (
            "WITH RECURSIVE tree(id) AS (SELECT value FROM json_each(?)"
            " UNION SELECT p.id FROM projects p JOIN tree ON p.parent = tree.id) SELECT id FROM tree"
        )
        return [row["id"] for row in self._db.rows(sql, (orjson.dumps(list(ids)).decode(),))]

    def with_ancestors(self, ids: Iterable[str]) -> set[str]:
        """The ids themselves, and those of everything above them."""
        sql = (
            "WITH RECURSIVE tree(id) AS (SELECT value FROM json_each(?) UNION"
            " SELECT p.parent FROM projects p JOIN tree ON p.id = tree.id WHERE p.parent IS NOT NULL)"
            " SELECT id FROM tree"
        )
        return {row["id"] for row in self._db.rows(sql, (orjson.dumps(list(ids)).decode(),))}

    def children(self, project: str) -> list[Document]:
        sql = "SELECT id, name, basename FROM projects WHERE parent = ? ORDER BY name"
        return [dict(row) for row in self._db.rows(sql, (project,))]
