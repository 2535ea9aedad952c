"""Who may read or change a project, where that is less than the role says: a row a project and a user (or all)."""

from __future__ import annotations

from typing import Any

from server.store.database.db import Database

EVERYBODY = "*"


class ProjectAccess:
    def __init__(self, db: Database) -> None:
        self._db = db

    def set(self, project: str, subject: str, level: str) -> None:
        """`subject`: a user's id, or `EVERYBODY`. `level`: none, read or write."""
        sql = (
            "INSERT INTO project_access(project, subject, level) VALUES (?, ?, ?)"
            " ON CONFLICT(project, subject) DO UPDATE SET level = excluded.level"
        )
        self._db.execute(sql, (project, subject, level))

    def remove(self, project: str, subject: str) -> int:
        return self._db.execute(
            "DELETE FROM project_access WHERE project = ? AND subject = ?", (project, subject)
        )

    def all(self, project: str | None = None) -> list[dict[str, Any]]:
        """`project` (its id), `project_name`, `subject`, `subject_name` (empty for everybody), `level`; of one project
        or of all, by name."""
        sql = (
            "SELECT a.project, p.name AS project_name, a.subject, coalesce(u.name, '') AS subject_name, a.level"
            " FROM project_access a JOIN projects p ON p.id = a.project LEFT JOIN users u ON u.id = a.subject"
            " WHERE ?1 IS NULL OR a.project = ?1 ORDER BY p.name, a.subject <> '*', subject_name"
        )
        return [dict(row) for row in self._db.rows(sql, (project,))]

    def of(self, user: str, *, everybody: bool) -> list[tuple[str, str]]:
        """What counts for a user: (project's name, level), parents before children, what is said of everybody before
        what is said of the user."""
        sql = (
            "SELECT p.name, a.level FROM project_access a JOIN projects p ON p.id = a.project"
            " WHERE a.subject = ?1 OR ?2 AND a.subject = '*' ORDER BY length(p.name), p.name, a.subject <> '*'"
        )
        return self._db.tuples(sql, (user, everybody))

    def below(self, name: str) -> list[str]:
        """The ids of the project of this name and of all below it."""
        sql = "SELECT id FROM projects WHERE name = ?1 OR name > ?1 || '/' AND name < ?1 || '0'"
        return [row[0] for row in self._db.tuples(sql, (name,))]
