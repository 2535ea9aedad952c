"""Alerts: rules, channels, what has happened, and the deliveries of its messages."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson

from server.store.database import times
from server.store.database.db import Database

_IN = (
    "(:project IS NULL OR EXISTS (SELECT 1 FROM projects p JOIN projects r ON r.id = :project WHERE p.id = {0}.project"
    " AND (p.id = r.id OR substr(p.name, 1, length(r.name) + 1) = r.name || '/')))"
    " AND (:tag IS NULL OR EXISTS (SELECT 1 FROM json_each({0}.tags) WHERE value = :tag))"
)
"""Whether a task is of a rule's project, or below it, and has its tag."""


class Alerts:
    def __init__(self, db: Database) -> None:
        self._db = db

    # Channels and rules

    def channels(self) -> list[dict[str, Any]]:
        """`id`, `name`, `kind`, `address`: with its secrets."""
        rows = self._db.rows("SELECT * FROM alert_channels ORDER BY name")
        return [{**dict(row), "address": orjson.loads(row["address"])} for row in rows]

    def channel(self, id: str) -> dict[str, Any] | None:
        return next((one for one in self.channels() if one["id"] == id), None)

    def set_channel(self, id: str | None, name: str, kind: str, address: Mapping[str, Any]) -> str:
        """Returns: its id."""
        made = id or uuid.uuid4().hex
        sql = (
            "INSERT INTO alert_channels(id, name, kind, address) VALUES (?, ?, ?, ?) ON CONFLICT(id) DO UPDATE"
            " SET name = excluded.name, kind = excluded.kind, address = excluded.address"
        )
        self._db.execute(sql, (made, name, kind, orjson.dumps(dict(address)).decode()))
        return made

    def delete_channel(self, id: str) -> int:
        return self._db.execute("DELETE FROM alert_channels WHERE id = ?", (id,))

    def rules(self, *, enabled: bool = False) -> list[dict[str, Any]]:
        """`id`, `name`, `enabled`, `kind`, `condition`, `channels` (ids), `desktop`, `since`."""
        rows = self._db.rows("SELECT * FROM alert_rules WHERE enabled OR NOT ? ORDER BY name, id", (enabled,))
        return [
            {
                **dict(row),
                "enabled": bool(row["enabled"]),
                "desktop": bool(row["desktop"]),
                "condition": orjson.loads(row["condition"]),
                "channels": orjson.loads(row["channels"]),
            }
            for row in rows
        ]

    def set_rule(self, id: str | None, now: datetime, rule: Mapping[str, Any]) -> str:
        """`rule`: name, enabled, kind, condition, channels, desktop. It counts from now on. Returns: its id."""
        made = id or uuid.uuid4().hex
        values = {
            **rule,
            "id": made,
            "since": times.text(now),
            "condition": orjson.dumps(rule["condition"]).decode(),
            "channels": orjson.dumps(rule["channels"]).decode(),
        }
        names = ("id", "name", "enabled", "kind", "condition", "channels", "desktop", "since")
        changes = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
        slots = ", ".join(f":{name}" for name in names)
        self._db.execute(
            f"INSERT INTO alert_rules({', '.join(names)}) VALUES ({slots}) ON CONFLICT(id) DO UPDATE SET {changes}",
            values,
        )
        return made

    def delete_rule(self, id: str) -> int:
        return self._db.execute("DELETE FROM alert_rules WHERE id = ?", (id,))

    # What is there

    def changes(self) -> list[dict[str, Any]]:
        """Changes of status that nobody has looked at yet, in their order."""
        return [dict(row) for row in self._db.rows("SELECT * FROM alert_changes ORDER BY id LIMIT 1000")]

    def changes_of(self, condition: Mapping[str, Any], since: str, upto: int) -> list[dict[str, Any]]:
        """Those of them that a rule looks for, which counts since then; `upto`: the last that is looked at."""
        sql = (
            "SELECT * FROM alert_changes c WHERE c.id <= :upto AND coalesce(c.at, '') >= :since"
            f" AND c.status IN (SELECT value FROM json_each(:wanted)) AND {_IN.format('c')} ORDER BY c.id"
        )
        values = {
            "project": condition["project"],
            "tag": condition["tag"],
            "wanted": orjson.dumps(condition["statuses"]).decode(),
            "since": since,
            "upto": upto,
        }
        return [dict(row) for row in self._db.rows(sql, values)]

    def drop_changes(self, upto: int) -> None:
        self._db.execute("DELETE FROM alert_changes WHERE id <= ?", (upto,))

    def metrics(self, condition: Mapping[str, Any], since: str) -> list[dict[str, Any]]:
        """Tasks with news since then whose last value is below, or above, what a rule says: id, name, project,
        started, value, iter."""
        sign = "<" if condition["comparison"] == "below" else ">"
        ended = "AND t.status IN ('completed', 'publishing', 'published')" if condition["ended"] else ""
        sql = (
            "SELECT t.id, t.name, t.project, coalesce(t.started, '') AS started, m.value, m.iter FROM tasks t"
            " INDEXED BY tasks_by_update JOIN last_metrics m ON m.task = t.id AND m.metric = :metric"
            f" AND m.variant = :variant WHERE t.last_update >= :since {ended}"
            f" AND m.value {sign} :value AND {_IN.format('t')}"
        )
        return [dict(row) for row in self._db.rows(sql, {**condition, "since": since})]

    def late_queues(self, queue: str | None, before: datetime) -> list[dict[str, Any]]:
        """Queues in which a task has waited since before then: id, name, waiting (tasks), since (of the oldest)."""
        sql = (
            "SELECT q.id, q.name, count(*) AS waiting, min(e.added) AS since FROM queues q JOIN queue_entries e"
            " ON e.queue = q.id WHERE (:queue IS NULL OR q.id = :queue) GROUP BY q.id HAVING min(e.added) < :before"
        )
        return [dict(row) for row in self._db.rows(sql, {"queue": queue, "before": times.text(before)})]

    def lost_workers(self, since: str) -> list[dict[str, Any]]:
        """Workers that fell silent without signing off, seen last after then: id, seen, task, task_name, project."""
        sql = (
            "SELECT w.id, w.last_activity_time AS seen, w.task, t.name AS task_name, t.project FROM workers w"
            " LEFT JOIN tasks t ON t.id = w.task"
            " WHERE w.gone IS NOT NULL AND w.gone <> 'signed off' AND w.last_activity_time >= ?"
        )
        return [dict(row) for row in self._db.rows(sql, (since,))]

    # What has happened

    def is_told(self, rule: str, key: str) -> bool:
        return self._db.row("SELECT 1 FROM alert_events WHERE rule = ? AND key = ?", (rule, key)) is not None

    def tell(self, rule: Mapping[str, Any], now: datetime, event: Mapping[str, Any]) -> bool:
        """Note what has happened, and a delivery to each of the rule's channels. `event`: key, project, title, text,
        path, holds. Returns: whether it is news."""
        sql = (
            "INSERT OR IGNORE INTO alert_events(rule, key, at, project, title, text, path, desktop, holds)"
            " VALUES (:rule, :key, :at, :project, :title, :text, :path, :desktop, :holds)"
        )
        values = {**event, "rule": rule["id"], "at": times.text(now), "desktop": rule["desktop"]}
        if not self._db.execute(sql, values):
            return False
        made = self._db.value("SELECT last_insert_rowid()")
        self._db.execute(
            "INSERT INTO alert_deliveries(event, channel, due) SELECT ?, c.id, ? FROM alert_channels c"
            " WHERE c.id IN (SELECT value FROM json_each(?))",
            (made, times.text(now), orjson.dumps(rule["channels"]).decode()),
        )
        return True

    def holding(self, rule: str) -> list[str]:
        """The keys of conditions that hold, as far as is known."""
        sql = "SELECT key FROM alert_events WHERE rule = ? AND holds"
        return [row["key"] for row in self._db.rows(sql, (rule,))]

    def end(self, rule: str, key: str) -> None:
        """A condition holds no longer: the next time that it does is news."""
        sql = "UPDATE alert_events SET holds = 0, key = key || '@' || id WHERE rule = ? AND key = ?"
        self._db.execute(sql, (rule, key))

    def recent(self, after: int, most: int) -> list[dict[str, Any]]:
        """What the page tells who looks at it, of what the caller may see: the newest, in their order."""
        sql = "SELECT id, at, title, text, path FROM alert_events WHERE desktop AND id > ? ORDER BY id DESC LIMIT ?"
        return [dict(row) for row in self._db.rows(sql, (after, most))][::-1]

    # Deliveries

    def due(self, now: datetime) -> list[dict[str, Any]]:
        """Deliveries whose time has come, in their order: id, channel, attempts, and the event's at, title, text,
        path, rule, rule_name."""
        sql = (
            "SELECT d.id, d.channel, d.attempts, e.at, e.title, e.text, e.path, e.rule, r.name AS rule_name"
            " FROM alert_deliveries d JOIN alert_events e ON e.id = d.event JOIN alert_rules r ON r.id = e.rule"
            " WHERE d.state = 'waiting' AND d.due <= ? ORDER BY d.id LIMIT 500"
        )
        return [dict(row) for row in self._db.rows(sql, (times.text(now),))]

    def settle(
        self, ids: Iterable[int], now: datetime, state: str, due: datetime | None = None, error: str = ""
    ) -> None:
        """What has become of deliveries that were tried now. `due`: when those that still wait are tried again."""
        sql = (
            "UPDATE alert_deliveries SET state = ?, attempts = attempts + 1, tried = ?, due = ?, error = ?"
            " WHERE id = ?"
        )
        moments = times.text(now), times.text(due or now)
        self._db.execute_many(sql, [(state, *moments, error, id) for id in ids])

    def again(self, id: int, now: datetime) -> int:
        """Have one that was not sent tried anew, at once."""
        sql = "UPDATE alert_deliveries SET state = 'waiting', attempts = 0, due = ? WHERE id = ? AND state <> 'sent'"
        return self._db.execute(sql, (times.text(now), id))

    def deliveries(self, page: int, size: int) -> tuple[list[dict[str, Any]], int]:
        """The newest first, and how many there are in all."""
        sql = (
            "SELECT d.id, d.state, d.attempts, d.due, d.tried, d.error, c.name AS channel, e.at, e.title, e.text,"
            " e.path, r.name AS rule FROM alert_deliveries d JOIN alert_channels c ON c.id = d.channel"
            " JOIN alert_events e ON e.id = d.event JOIN alert_rules r ON r.id = e.rule"
            " ORDER BY d.id DESC LIMIT ? OFFSET ?"
        )
        rows = [dict(row) for row in self._db.rows(sql, (size, page * size))]
        return rows, self._db.value("SELECT count(*) FROM alert_deliveries")

    def drop_old(self, before: datetime) -> int:
        """Forget what happened before then and holds no more, but what is still to be sent."""
        sql = (
            "DELETE FROM alert_events WHERE at < ? AND NOT holds AND NOT EXISTS"
            " (SELECT 1 FROM alert_deliveries d WHERE d.event = alert_events.id AND d.state = 'waiting')"
        )
        return self._db.execute(sql, (times.text(before),))
