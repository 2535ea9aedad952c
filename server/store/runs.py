"""Runs of tasks: which logins speak for a task, whose run was given up as lost, and how often a task was lost.

A login is one token's: each program that signs in has its own. It tells two runs of one task apart where nothing else
does, be they on one machine under one key.
"""

from __future__ import annotations

import threading
from datetime import datetime

from server.store.database import restriction, times
from server.store.database.db import Database

_REMEMBERED = 20_000
"""Pairs of task and login that are known to be written down."""


class Runs:
    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._noted: set[tuple[str, str]] = set()

    @restriction.unrestricted
    def note(self, task: str, login: str) -> None:
        """This login runs the task. In a transaction; written once, however often it is said."""
        pair = (task, login)
        if not login or pair in self._noted:
            return
        sql = "INSERT OR IGNORE INTO task_runs(task, login) SELECT id, ? FROM tasks WHERE id = ?"
        self._db.execute(sql, (login, task))
        self._db.after_commit(lambda: self._remember(pair))

    def _remember(self, pair: tuple[str, str]) -> None:
        with self._lock:
            if len(self._noted) >= _REMEMBERED:
                self._noted.clear()
            self._noted.add(pair)

    @restriction.unrestricted
    def lost_to(self, login: str) -> set[str]:
        """The tasks whose run by this login was given up."""
        if not login:
            return set()
        sql = "SELECT task FROM task_runs WHERE login = ? AND lost IS NOT NULL"
        return {row["task"] for row in self._db.rows(sql, (login,))}

    @restriction.unrestricted
    def give_up(self, task: str, now: datetime) -> int:
        """Whoever has run the task speaks for it no more. Returns: how often it was lost, with this time."""
        self.hand_over(task, now)
        self._db.execute(
            "INSERT INTO task_losses(task, count) VALUES (?, 1) ON CONFLICT(task) DO UPDATE SET count = count + 1",
            (task,),
        )
        return int(self._db.value("SELECT count FROM task_losses WHERE task = ?", (task,)))

    @restriction.unrestricted
    def hand_over(self, task: str, now: datetime) -> None:
        """Whoever has run the task speaks for it no more, and it was not lost."""
        sql = "UPDATE task_runs SET lost = ? WHERE task = ? AND lost IS NULL"
        self._db.execute(sql, (times.text(now), task))

    @restriction.unrestricted
    def take(self, task: str, login: str) -> None:
        """This login has taken the task out of its queue: a new run, whatever it was to it before."""
        with self._lock:
            self._noted.discard((task, login))
        self._db.execute("DELETE FROM task_runs WHERE task = ? AND login = ?", (task, login))

    @restriction.unrestricted
    def begin_anew(self, task: str, login: str, now: datetime, worker: str | None) -> None:
        """The task was enqueued: losses are counted from here.

        `worker`: who ran it last. Whoever ran it speaks for it no more then, but for the login that has enqueued it: an
        agent takes seconds to say how a run has ended, and the next one may be under way. A run without an agent is
        forgotten.
        """
        with self._lock:
            self._noted = {pair for pair in self._noted if pair[0] != task}
        if worker:
            sql = "UPDATE task_runs SET lost = ? WHERE task = ? AND lost IS NULL AND login <> ?"
            self._db.execute(sql, (times.text(now), task, login))
        self._db.execute("DELETE FROM task_runs WHERE task = ? AND lost IS NULL", (task,))
        self._db.execute("DELETE FROM task_losses WHERE task = ?", (task,))
