"""Connections that show and change only what the caller of the moment may (see `restriction`).

A restricted caller's statements run on connections of their own. There, each table that holds something of a project is
shadowed by a temporary view of the same name without the rows of hidden projects, and temporary triggers stand before
the table itself: a hidden row is passed over as if it were not there, a change of one that may only be read is refused.
So no statement has to know of permissions, and whoever is not restricted pays nothing for them.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from server.store.database import restriction

REFUSED = "the project may not be changed"

_TASK = "(SELECT t.project FROM main.tasks t WHERE t.id = {0})"
_MODEL = "(SELECT m.project FROM main.models m WHERE m.id = {0})"
_OWNER = f"coalesce({_TASK}, {_MODEL}, '')"
_ANY_OWNER = f"coalesce({_TASK}, {_MODEL}, (SELECT p.id FROM main.projects p WHERE p.id = {{0}}), '')"
_SERIES = _OWNER.format("(SELECT s.task FROM main.series s WHERE s.id = {row}.series)")
_OF_TASK = f"coalesce({_TASK.format('{row}.task')}, '')"
_OF_OWNER = _OWNER.format("{row}.task")
_OF_USERS = (
    f"coalesce({_TASK.format('{row}.task')}, (SELECT {_ANY_OWNER.format('u.owner')} FROM main.file_uses u"
    f" WHERE u.file = {{row}}.key AND NOT {{may}}({_ANY_OWNER.format('u.owner')}) LIMIT 1), '')"
)
"""Of a file: its task's; of one that no task has, any that may not be seen (or changed) and has something naming it."""


@dataclass(frozen=True)
class Guarded:
    """`project`: SQL for the project of a `{row}`, never NULL; `{may}` is the function that will be asked about it."""

    project: str
    kept: bool = False
    """Its rows are the server's own to write: they are hidden, no more."""
    rowid: bool = False
    """Statements ask for it."""
    of_series: bool = False
    """Whose a row is stands with its series: that is looked at once for all rows of one."""


TABLES = {
    "projects": Guarded("{row}.id"),
    "tasks": Guarded("coalesce({row}.project, '')", rowid=True),
    "task_documents": Guarded(f"coalesce({_TASK.format('{row}.id')}, '')"),
    "task_params": Guarded(f"coalesce({{row}}.project, {_OF_TASK})"),
    "task_models": Guarded(_OF_TASK),
    "last_metrics": Guarded(f"coalesce({{row}}.project, {_OF_OWNER})"),
    "models": Guarded("coalesce({row}.project, '')"),
    "queue_entries": Guarded(_OF_TASK),
    "queue_handouts": Guarded(_OF_TASK),
    "series": Guarded(_OF_OWNER),
    "scalars": Guarded(_SERIES, of_series=True),
    "scalar_tiles": Guarded(_SERIES, of_series=True),
    "rich_events": Guarded(_SERIES, of_series=True),
    "logs": Guarded(_OF_OWNER),
    "files": Guarded(_OF_USERS),
    "file_uses": Guarded(_ANY_OWNER.format("{row}.owner")),
    "dataset_parents": Guarded(f"coalesce({_TASK.format('{row}.child')}, '')"),
    "task_counts": Guarded("coalesce({row}.project, '')", kept=True),
    "project_files": Guarded("{row}.project", kept=True),
    "alert_events": Guarded("coalesce({row}.project, '')", kept=True),
}
MASKED = {"workers": "task", "worker_stats": "task"}
"""Tables that are shown whole, but for the column that names a task."""
FREE = {
    "users": "people are known to each other",
    "credentials": "each has their own",
    "sessions": "each has their own",
    "queues": "not of a project; their entries are guarded",
    "queue_stats": "lengths and waiting times, of whole queues",
    "serving_containers": "what a container says of itself",
    "serving_stats": "of containers",
    "settings": "read by admins",
    "audit": "read by admins",
    "project_access": "read by admins",
    "alert_channels": "read by admins",
    "alert_rules": "read by admins",
    "alert_deliveries": "read by admins",
    "alert_changes": "the server's own notes, written by a trigger",
    "file_releases": "the server's own list of what goes",
    "retention_done": "the server's own notes",
    "task_runs": "the server's own notes: logins are told to nobody",
    "task_losses": "the server's own notes",
}
"""Tables that are shown to everybody whom the role lets read them, and why."""

_REFUSE = f"RAISE(ABORT, '{REFUSED}')"
_EXTRA = f"""
CREATE TEMP TRIGGER projects_place BEFORE UPDATE OF parent ON main.projects
WHEN MAY_READ(old.id) AND old.parent IS NOT new.parent
    AND NOT (MAY_WRITE(coalesce(old.parent, '')) AND MAY_WRITE(coalesce(new.parent, '')))
BEGIN SELECT {_REFUSE}; END;
CREATE TEMP TRIGGER projects_new BEFORE INSERT ON main.projects WHEN NOT MAY_WRITE(coalesce(new.parent, ''))
BEGIN SELECT {_REFUSE}; END;
CREATE TEMP TRIGGER projects_below_named BEFORE UPDATE OF name ON main.projects
WHEN MAY_READ(old.id) AND EXISTS (SELECT 1 FROM main.projects p
    WHERE p.name > old.name || '/' AND p.name < old.name || '0' AND NOT MAY_WRITE(p.id))
BEGIN SELECT {_REFUSE}; END;
CREATE TEMP TRIGGER projects_below_gone BEFORE DELETE ON main.projects
WHEN MAY_READ(old.id) AND EXISTS (SELECT 1 FROM main.projects p
    WHERE p.name > old.name || '/' AND p.name < old.name || '0' AND NOT MAY_WRITE(p.id))
BEGIN SELECT {_REFUSE}; END;
CREATE TEMP TRIGGER queues_gone BEFORE DELETE ON main.queues
WHEN EXISTS (SELECT 1 FROM main.queue_entries e
    WHERE e.queue = old.id AND NOT MAY_WRITE(coalesce({_TASK.format("e.task")}, '')))
BEGIN SELECT {_REFUSE}; END;
"""
"""What a row alone doesn't tell: where a project is put, what lies below one, what goes with a queue."""
_TARGET = re.compile(
    r"^\s*(INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE(?:\s+OR\s+\w+)?|DELETE\s+FROM)\s+(\w+)(?![\w.])",
    re.IGNORECASE,
)


def project_of_file(row: str, may: str) -> str:
    """SQL for the project that decides about a file, a row with `task` and `key`; `may`: MAY_READ or MAY_WRITE."""
    return _OF_USERS.format(row=row, may=may)


_INDEXED = re.compile(r"\b(\w+) (\w+) INDEXED BY (\w+)")


def functions(connection: sqlite3.Connection) -> None:
    """What statements may ask of the caller of the moment, on any connection."""
    connection.create_function("MAY_READ", 1, restriction.may_read)
    connection.create_function("MAY_WRITE", 1, restriction.may_write)
    connection.create_function("HIDDEN_PROJECTS", 0, restriction.hidden)


def shadow(connection: sqlite3.Connection, *, writes: bool) -> sqlite3.Connection:
    """Make a connection one of a restricted caller. Gives it back."""
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.executescript("\n".join(_views(connection)))
    if writes:
        connection.executescript("\n".join([*_triggers(), _EXTRA]))
    return connection


def meant(sql: str) -> str:
    """A statement as it is meant where views have the tables' names: it writes to the table itself, and an index that
    it asks for is asked of the table in the view."""
    if "INDEXED BY" in sql:
        sql = _INDEXED.sub(lambda found: f"({_shown(found[1], f'INDEXED BY {found[3]}')}) {found[2]}", sql)
    return _TARGET.sub(r"\1 main.\2", sql, count=1)


def _shown(table: str, how: str = "") -> str:
    """SQL: the rows of a guarded table that the caller may see."""
    guarded = TABLES[table]
    project = (
        _OWNER.format("s.task") if guarded.of_series else guarded.project.format(row="r", may="MAY_READ")
    )
    columns = "r.rowid AS rowid, r.*" if guarded.rowid else "r.*"
    series = " JOIN main.series s ON s.id = r.series" if guarded.of_series else ""
    return (
        f"SELECT {columns} FROM main.{table} r {how}{series}"
        f" WHERE {project} NOT IN (SELECT value FROM json_each(HIDDEN_PROJECTS()))"
    )


def _views(connection: sqlite3.Connection) -> Iterator[str]:
    for table in TABLES:
        yield f"CREATE TEMP VIEW {table} AS {_shown(table)};"
    for table, masked in MASKED.items():
        names = [row[1] for row in connection.execute(f"PRAGMA main.table_info({table})")]
        columns = ", ".join(
            f"iif(MAY_READ({_TASK.format(f'r.{name}')}), r.{name}, NULL) AS {name}"
            if name == masked
            else f"r.{name}"
            for name in names
        )
        yield f"CREATE TEMP VIEW {table} AS SELECT {columns} FROM main.{table} r;"


def _triggers() -> Iterator[str]:
    for table, guarded in TABLES.items():
        if guarded.kept:
            continue
        old, new = (guarded.project.format(row=row, may="MAY_WRITE") for row in ("old", "new"))
        unseen = f"CASE WHEN MAY_READ({old}) THEN {_REFUSE} ELSE RAISE(IGNORE) END"
        for event, closed, deed in (
            ("INSERT", f"NOT MAY_WRITE({new})", _REFUSE),
            ("UPDATE", f"NOT (MAY_WRITE({old}) AND MAY_WRITE({new}))", unseen),
            ("DELETE", f"NOT MAY_WRITE({old})", unseen),
        ):
            yield (
                f"CREATE TEMP TRIGGER {table}_{event} BEFORE {event} ON main.{table} WHEN {closed}"
                f" BEGIN SELECT {deed}; END;"
            )
