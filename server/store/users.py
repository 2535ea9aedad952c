"""Users, their access keys and their browsers' sessions."""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
import uuid
from datetime import datetime
from typing import Any

from server.api.call import Identity
from server.store.database import times
from server.store.database.db import Database

COMPANY = "d1bd92a3b039400cbafc60a7a5b1e52b"
"""The one company of an embedded server: ClearML's id of its default company, so that exports match."""


class Users:
    def __init__(self, db: Database) -> None:
        self._db = db
        self._passing: dict[str, str] = {}
        """Sessions that end with the process, and whose they are."""

    def create(
        self, name: str, role: str, now: datetime, password: str | None = None, user: str | None = None
    ) -> str:
        """`password` is a hash already; `user` is the id wanted, if any. Returns: the new user's id."""
        user = user or uuid.uuid4().hex
        given, _, family = name.partition(" ")
        self._db.execute(
            "INSERT INTO users(id, name, given_name, family_name, role, company, password, created)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (user, name, given, family, role, COMPANY, password, times.text(now)),
        )
        return user

    def get(self, user: str) -> dict[str, Any] | None:
        row = self._db.row("SELECT * FROM users WHERE id = ?", (user,))
        return _user(row) if row else None

    def by_name(self, name: str) -> dict[str, Any] | None:
        row = self._db.row("SELECT * FROM users WHERE name = ?", (name,))
        return _user(row) if row else None

    def all(self) -> list[dict[str, Any]]:
        return [_user(row) for row in self._db.rows("SELECT * FROM users ORDER BY created, id")]

    def update(self, user: str, fields: dict[str, Any]) -> int:
        """Set columns; `password` is a hash already. Returns: users changed (0 or 1)."""
        values = {
            name: json.dumps(value) if name == "preferences" else value for name, value in fields.items()
        }
        changes = ", ".join(f"{name} = :{name}" for name in values)
        return self._db.execute(f"UPDATE users SET {changes} WHERE id = :user", {**values, "user": user})

    def delete(self, user: str) -> int:
        """Keys and sessions go with it, so they stop working at once."""
        return self._db.execute("DELETE FROM users WHERE id = ?", (user,))

    def active_in(self, projects: list[str]) -> set[str]:
        """Users with tasks or models in these projects (in any, when none is named)."""
        where = "WHERE project IN (SELECT value FROM json_each(:projects))" if projects else ""
        sql = f"SELECT user FROM tasks {where} UNION SELECT user FROM models {where}"
        return {row["user"] for row in self._db.rows(sql, {"projects": json.dumps(projects)})}

    # Access keys

    def create_credentials(self, user: str, label: str | None, now: datetime) -> tuple[str, str]:
        """Returns: access key and secret key. The secret is shown this once; only its hash is kept."""
        access, secret = secrets.token_hex(16).upper(), secrets.token_urlsafe(32)
        self.add_credentials(user, access, secret, label, now)
        return access, secret

    def add_credentials(self, user: str, access: str, secret: str, label: str | None, now: datetime) -> None:
        """A pair that was made elsewhere; one that is there already stays as it is."""
        self._db.execute(
            "INSERT OR IGNORE INTO credentials(access_key, secret_hash, user, label, created)"
            " VALUES (?, ?, ?, ?, ?)",
            (access, _hash(secret), user, label, times.text(now)),
        )

    def drop_credentials(self, access: str) -> int:
        return self._db.execute("DELETE FROM credentials WHERE access_key = ?", (access,))

    def credentials(self, user: str) -> list[dict[str, Any]]:
        sql = (
            "SELECT access_key, label, created, last_used, last_used_from FROM credentials"
            " WHERE user = ? ORDER BY created"
        )
        return [dict(row) for row in self._db.rows(sql, (user,))]

    def identity_of_key(self, access_key: str, secret: str | None = None) -> Identity | None:
        """Who holds this key; None when it doesn't exist, was revoked, or `secret` is given and isn't its own."""
        row = self._db.row(
            "SELECT u.id, u.name, u.role, u.company, c.secret_hash FROM credentials c"
            " JOIN users u ON u.id = c.user WHERE c.access_key = ?",
            (access_key,),
        )
        if not row or (secret is not None and not secrets.compare_digest(row["secret_hash"], _hash(secret))):
            return None
        return Identity(row["id"], row["role"], row["company"], row["name"], key=access_key)

    def note_use(self, access_key: str, client: str, now: datetime) -> None:
        self._db.execute(
            "UPDATE credentials SET last_used = ?, last_used_from = ? WHERE access_key = ?",
            (times.text(now), client, access_key),
        )

    def label_credentials(self, user: str, access_key: str, label: str | None) -> int:
        sql = "UPDATE credentials SET label = ? WHERE user = ? AND access_key = ?"
        return self._db.execute(sql, (label, user, access_key))

    def give_credentials(self, access_key: str, label: str, user: str) -> int:
        """Make a key of this label another user's; tokens made from it go with it."""
        sql = "UPDATE credentials SET user = ? WHERE access_key = ? AND label = ? AND user != ?"
        return self._db.execute(sql, (user, access_key, label, user))

    def revoke_credentials(self, user: str, access_key: str) -> int:
        return self._db.execute(
            "DELETE FROM credentials WHERE user = ? AND access_key = ?", (user, access_key)
        )

    # Sessions of browsers

    def open_session(self, user: str, now: datetime, expires: datetime) -> str:
        session = secrets.token_urlsafe(24)
        self._db.execute("DELETE FROM sessions WHERE expires < ?", (times.text(now),))
        self._db.execute(
            "INSERT INTO sessions(id, user, created, expires) VALUES (?, ?, ?, ?)",
            (session, user, times.text(now), times.text(expires)),
        )
        return session

    def open_passing_session(self, user: str) -> str:
        """One that nothing is written of."""
        session = secrets.token_urlsafe(24)
        self._passing[session] = user
        return session

    def identity_of_session(self, session: str) -> Identity | None:
        if user := self.get(self._passing.get(session, "")):
            return Identity(user["id"], user["role"], user["company"], user["name"], session=session)
        row = self._db.row(
            "SELECT u.id, u.name, u.role, u.company FROM sessions s JOIN users u ON u.id = s.user"
            " WHERE s.id = ?",
            (session,),
        )
        return Identity(row["id"], row["role"], row["company"], row["name"], session=session) if row else None

    def close_sessions(self, user: str, but: str = "") -> None:
        """Sign a user's browsers out, except for one session."""
        self._passing = {one: of for one, of in self._passing.items() if of != user or one == but}
        self._db.execute("DELETE FROM sessions WHERE user = ? AND id != ?", (user, but))

    def close_all_sessions(self) -> None:
        self._passing = {}
        self._db.execute("DELETE FROM sessions")

    def close_session(self, session: str) -> None:
        self._passing.pop(session, None)
        self._db.execute("DELETE FROM sessions WHERE id = ?", (session,))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _user(row: sqlite3.Row) -> dict[str, Any]:
    user = dict(row)
    user["preferences"] = json.loads(user["preferences"])
    return user
