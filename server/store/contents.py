"""What lies in projects: statistics of tasks, and the parameters, metrics, tags and people that occur there.

`projects` is always a list of ids, subprojects included by the caller; None means everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson

from server.store.database import times
from server.store.database.db import Database
from server.store.documents.query import Compiler
from server.store.tasks import SCHEMA

Projects = Sequence[str] | None
_WITHIN = "{within}"
"""Stands for the restriction to the projects; without one it is left out, so that an index can be used."""
_WITHIN_PARAMETERS = "{within of parameters}"
"""The same where only the parameters are looked at."""
_CONDITION = "{condition}"
_GROUPED = (
    # In the order of an index, so that nothing is sorted.
    "SELECT t.project, t.status, t.system_tags, count(*) AS n, sum(coalesce(t.active_duration, 0)) AS runtime,"
    " sum(t.completed > :day_ago) AS recent, max(t.started) AS last_run FROM tasks t"
    f" WHERE {_CONDITION} GROUP BY t.project, t.status, t.type, t.system_tags"
)
_KEPT = (
    "SELECT t.project, t.status, t.system_tags, sum(t.n) AS n, sum(t.runtime) AS runtime, 0 AS recent,"
    " (SELECT max(s.started) FROM tasks s WHERE s.project IS t.project AND s.status = t.status AND s.type = t.type"
    " AND s.system_tags = t.system_tags) AS last_run FROM task_counts t"
    f" WHERE {_CONDITION} GROUP BY t.project, t.status, t.type, t.system_tags"
    " UNION ALL SELECT t.project, t.status, t.system_tags, 0, 0, 1, NULL FROM tasks t"
    f" WHERE {_CONDITION} AND t.completed > :day_ago"
)
"""The same out of what is counted already, where it is asked by nothing but this:"""
_KEPT_BY = frozenset({"project", "status", "type", "system_tags"})
_MANY = 1000
"""Tasks of a project that are no longer read one by one to see what occurs in them."""
_PRIVATE = "t.company <> ''"
"""What `make_public` gave to everybody belongs to no company."""
_PART = "LIMIT :size OFFSET :start"


class Contents:
    def __init__(self, db: Database) -> None:
        self._db = db

    def task_stats(self, projects: Projects, now: datetime, query: Mapping[str, Any]) -> list[dict[str, Any]]:
        """One row for each (project, archived, status): `count`, `runtime` (s), `recent` (completed within a day),
        `last_run` (the newest start). Only tasks that the query's filters let through; never reports."""
        compiler = Compiler(SCHEMA)
        condition = f"{_WITHIN} AND ({compiler.where(query, {'type': ['-report']})})"
        groups = _KEPT if compiler.asked <= _KEPT_BY else _GROUPED
        return self._rows(
            "SELECT project, instr(system_tags, '\"archived\"') > 0 AS archived, status, sum(n) AS count,"
            " sum(runtime) AS runtime, sum(recent) AS recent, max(last_run) AS last_run"
            f" FROM ({groups.replace(_CONDITION, condition)}) GROUP BY project, archived, status",
            projects,
            day_ago=times.text(now - timedelta(days=1)),
            **compiler.params,
        )

    def counts(self, table: str, projects: Projects) -> dict[str, tuple[int, int]]:
        """Of tasks or models: project → (all, those not archived)."""
        number, where = ("t.n", "task_counts") if table == "tasks" else ("1", _table(table))
        rows = self._rows(
            f"SELECT t.project, sum({number}) AS total,"
            f" sum({number} * (instr(t.system_tags, '\"archived\"') = 0)) AS shown"
            f" FROM {where} t WHERE {_WITHIN} GROUP BY t.project",
            projects,
        )
        return {row["project"]: (row["total"], row["shown"]) for row in rows}

    def file_sizes(self, projects: Projects) -> dict[str, tuple[int, int]]:
        """Project → how many files its tasks have on this server, and their bytes."""
        rows = self._rows(
            f"SELECT t.project, t.files, t.bytes AS size FROM project_files t WHERE {_WITHIN} AND t.files > 0"
            " AND t.project <> ''",
            projects,
        )
        return {row["project"]: (row["files"], row["size"]) for row in rows}

    def special(self) -> list[dict[str, Any]]:
        """Every dataset and pipeline (a project) and report (a task) that isn't archived: its `kind`, the `project` it
        lies in or is, its `tags`, and the `owner`, the project whose hidden folder (`.datasets`, …) it lies in."""
        rows = self._db.rows(
            "SELECT m.value || 's' AS kind, p.id AS project, p.tags,"
            " CASE WHEN f.basename LIKE '.%' THEN f.parent ELSE f.id END AS owner FROM projects p"
            " JOIN json_each('[\"dataset\", \"pipeline\"]') m ON instr(p.system_tags, '\"' || m.value || '\"') > 0"
            " LEFT JOIN projects f ON f.id = p.parent WHERE p.basename NOT LIKE '.%'"
            " UNION ALL SELECT 'reports', t.project, t.tags, f.parent FROM projects f JOIN tasks t ON t.project = f.id"
            " WHERE f.basename = '.reports' AND t.type = 'report' AND instr(t.system_tags, '\"archived\"') = 0"
        )
        return [{**dict(row), "tags": orjson.loads(row["tags"])} for row in rows]

    def dataset_sizes(self, projects: Projects) -> dict[str, dict[str, int]]:
        """Of each project the newest dataset version: `file_count` and `total_size` (bytes)."""
        rows = self._rows(
            "SELECT t.project, max(t.created), json_extract(t.runtime, '$.ds_file_count') AS file_count,"
            " json_extract(t.runtime, '$.ds_total_size') AS total_size FROM tasks t"
            f" WHERE {_WITHIN} AND instr(t.system_tags, '\"dataset\"') > 0 GROUP BY t.project",
            projects,
        )
        return {
            row["project"]: {
                "file_count": int(row["file_count"] or 0),
                "total_size": int(row["total_size"] or 0),
            }
            for row in rows
        }

    def hyper_parameters(self, projects: Projects, start: int, size: int) -> tuple[list[dict[str, Any]], int]:
        """`section` and `name` of the hyperparameters that occur, a part of them, and how many there are."""
        if projects is None or self._most("tasks", projects):
            pairs = self._pairs("task_params", "section", "name")
            rows = [
                {"section": section, "name": name}
                for section, name in pairs
                if projects is None
                or self._occurs("tasks", "task_params", projects, section=section, name=name)
            ]
        else:
            rows = self._rows(
                "SELECT DISTINCT p.section, p.name FROM tasks t CROSS JOIN task_params p ON p.task = t.id"
                f" WHERE {_WITHIN}"
                " ORDER BY p.section, p.name",
                projects,
            )
        return rows[start : start + size], len(rows)

    def hyperparam_values(
        self,
        projects: Projects,
        section: str,
        name: str,
        start: int,
        size: int,
        pattern: str = "",
        public: bool = True,
    ) -> tuple[list[str], int]:
        """The values of one hyperparameter, or those that a pattern finds; numbers in their order. `public`: those of
        public tasks, too."""
        alone = public and (
            projects is None or self._most("tasks", projects)
        )  # the index tells the project, too
        tasks = "" if alone else "tasks t CROSS JOIN "
        within = _WITHIN_PARAMETERS if alone else _WITHIN
        found = (
            f"SELECT DISTINCT p.value, p.number FROM {tasks}task_params p"
            f" WHERE {within} AND p.section = :section AND p.name = :name AND p.value IS NOT NULL"
            + (" AND p.task = t.id" if tasks else "")
            + ("" if public else f" AND {_PRIVATE}")
            + (" AND p.value REGEXP :pattern" if pattern else "")
        )
        rows, total = self._part(
            found, "p.number, p.value", projects, start, size, section=section, name=name, pattern=pattern
        )
        return [row["value"] for row in rows], total

    def metric_variants(
        self, projects: Projects, of: str = "tasks", ids: Projects = None
    ) -> list[dict[str, Any]]:
        """`metric`, `metric_hash`, `variant`, `variant_hash` of the scalars reported by tasks (or models)."""
        if ids is None and (projects is None or self._most(of, projects)):
            rows = [
                self._metric(*pair)
                for pair in self._pairs("last_metrics", "metric_hash", "variant_hash")
                if projects is None
                or self._occurs(of, "last_metrics", projects, metric_hash=pair[0], variant_hash=pair[1])
            ]
        else:
            rows = self._rows(
                "SELECT DISTINCT m.metric, m.metric_hash, m.variant, m.variant_hash"
                f" FROM {_table(of)} t CROSS JOIN last_metrics m ON m.task = t.id"
                f" WHERE {_WITHIN} AND (:ids IS NULL OR t.id IN (SELECT value FROM json_each(:ids)))",
                projects,
                ids=_json(ids),
            )
        return sorted(filter(None, rows), key=lambda row: (row["metric"].lower(), row["variant"].lower()))

    def task_parents(self, projects: Projects, archived: bool | None, name: str) -> list[dict[str, Any]]:
        """`id`, `name`, `project`, `project_name` of tasks that are a parent of tasks in the projects."""
        sql = (
            "SELECT DISTINCT p.id, p.name, p.project, r.name AS project_name FROM tasks t"
            " JOIN tasks p ON p.id = t.parent LEFT JOIN projects r ON r.id = p.project"
            f" WHERE {_WITHIN} AND t.parent IS NOT NULL AND (:name = '' OR p.name REGEXP :name)"
            " AND (:archived IS NULL OR (instr(t.system_tags, '\"archived\"') > 0) = :archived)"
            " ORDER BY p.name COLLATE NOCASE, p.id"
        )
        return self._rows(sql, projects, archived=archived, name=name)

    def user_names(self, projects: Projects, table: str) -> list[dict[str, Any]]:
        """`id` and `name` of those who made tasks or models there."""
        sql = (
            "SELECT u.id, u.name FROM users u WHERE EXISTS"
            f" (SELECT 1 FROM {_table(table)} t WHERE t.user = u.id AND {_WITHIN})"
            " ORDER BY u.name COLLATE NOCASE, u.id"
        )
        return self._rows(sql, projects)

    def workloads(self, projects: Projects, start: str, end: str) -> list[dict[str, Any]]:
        """Of each person what ran between two times: `user`, `name`, `tasks`, `running` now, `runtime` (s)."""
        sql = (
            "SELECT t.user, u.name, count(*) AS tasks, sum(t.status = 'in_progress') AS running,"
            " sum(coalesce(t.active_duration, 0)) AS runtime FROM tasks t LEFT JOIN users u ON u.id = t.user"
            f" WHERE {_WITHIN} AND t.started IS NOT NULL AND t.started < :end"
            " AND coalesce(t.completed, '9') >= :start GROUP BY t.user ORDER BY runtime DESC, t.user"
        )
        return self._rows(sql, projects, start=start, end=end)

    def projects_of_users(self, users: Iterable[str]) -> list[str]:
        """The projects that hold something these people made."""
        parts = (
            f"SELECT {column} FROM {table} WHERE user IN (SELECT value FROM json_each(:users))"
            for table, column in (("tasks", "project"), ("models", "project"), ("projects", "id"))
        )
        rows = self._db.rows(" UNION ".join(parts), {"users": _json(list(users))})
        return [row[0] for row in rows if row[0]]

    def metadata_keys(self, projects: Projects, start: int, size: int) -> tuple[list[str], int]:
        """Keys of models' metadata."""
        found = f"SELECT DISTINCT e.key FROM models t, json_each(t.metadata) e WHERE {_WITHIN}"
        rows, total = self._part(found, "key", projects, start, size)
        return [row["key"] for row in rows], total

    def metadata_values(
        self, projects: Projects, key: str, start: int, size: int, public: bool = True
    ) -> tuple[list[str], int]:
        """Values of one key of models' metadata. `public`: those of public models, too."""
        found = (
            "SELECT DISTINCT json_extract(e.value, '$.value') AS value FROM models t, json_each(t.metadata) e"
            f" WHERE {_WITHIN} AND e.key = :key AND value IS NOT NULL"
        ) + ("" if public else f" AND {_PRIVATE}")
        rows, total = self._part(found, "value", projects, start, size, key=key)
        return [row["value"] for row in rows], total

    def _metric(self, metric_hash: str, variant_hash: str) -> dict[str, Any]:
        row = self._db.row(
            "SELECT metric, metric_hash, variant, variant_hash FROM last_metrics"
            " WHERE metric_hash = ? AND variant_hash = ? LIMIT 1",
            (metric_hash, variant_hash),
        )
        return dict(row or ())

    def _pairs(self, table: str, first: str, second: str) -> Iterator[tuple[str, str]]:
        """The different values of two columns: a jump along their index from each to the next, however many rows
        have the same."""
        select = f"SELECT {first}, {second} FROM {table}"
        row = self._db.row(f"{select} ORDER BY 1, 2 LIMIT 1")
        while row:
            yield row[0], row[1]
            same = f"{select} WHERE {first} = ? AND {second} > ? ORDER BY {second} LIMIT 1"
            other = f"{select} WHERE {first} > ? ORDER BY 1, 2 LIMIT 1"
            row = self._db.row(same, (row[0], row[1])) or self._db.row(other, (row[0],))

    def _most(self, table: str, projects: Projects) -> bool:
        """Whether the projects hold most of all tasks (or models): then it is quicker to look for one of theirs
        with each name there is than to read all they have."""
        number, where = ("sum(t.n)", "task_counts") if table == "tasks" else ("count(*)", _table(table))
        inside = self._rows(f"SELECT {number} AS n FROM {where} t WHERE {_WITHIN}", projects)[0]["n"] or 0
        return inside > _MANY and 2 * inside > self._db.value(f"SELECT {number} FROM {where} t")

    def _occurs(self, table: str, values: str, projects: Projects, **names: Any) -> bool:
        """Whether one of the projects' tasks (or models) has such a row."""
        same = " AND ".join(f"v.{column} = :{column}" for column in names)
        sql = f"SELECT 1 FROM {values} v CROSS JOIN {_table(table)} t ON t.id = v.task WHERE {same} AND {_WITHIN}"
        return bool(self._rows(f"{sql} LIMIT 1", projects, **names))

    def _part(
        self, found: str, order: str, projects: Projects, start: int, size: int, **params: Any
    ) -> tuple[list[dict[str, Any]], int]:
        rows = self._rows(f"{found} ORDER BY {order} {_PART}", projects, start=start, size=size, **params)
        if start == 0 and len(rows) < size:
            return rows, len(rows)
        return rows, self._rows(f"SELECT count(*) AS n FROM ({found})", projects, **params)[0]["n"]

    def _rows(self, sql: str, projects: Projects, **params: Any) -> list[dict[str, Any]]:
        within = "1" if projects is None else "{}.project IN (SELECT value FROM json_each(:projects))"
        for mark, table in ((_WITHIN, "t"), (_WITHIN_PARAMETERS, "p")):
            sql = sql.replace(mark, within.format(table))
        rows = self._db.rows(sql, {"projects": _json(projects), **params})
        return [dict(row) for row in rows]


def _json(ids: Projects) -> str | None:
    return None if ids is None else orjson.dumps(list(ids)).decode()


def _table(name: str) -> str:
    assert name in ("tasks", "models")
    return name
