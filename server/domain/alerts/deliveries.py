"""Deliveries of alerts: what waits is sent, a channel's together; what fails is tried again, ever more rarely."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta
from typing import Any

from server.domain.alerts import sending
from server.domain.alerts.sending import Alert
from server.store import Store

log = logging.getLogger("soundyard.alerts")

AGAIN = tuple(timedelta(seconds=one) for one in (10, 30, 120, 600, 1800, 7200, 21600))
"""After the first failure, the second, …; then a delivery is given up."""


class Deliveries:
    """Time is passed in. `end` may be called from another thread."""

    def __init__(self, store: Store, url: str) -> None:
        """`url`: the page's, for links."""
        self._store, self._url = store, url
        self._ended = threading.Event()

    def run(self, now: datetime) -> None:
        """Send what is due. A delivery that the process dies in the midst of is made again: rather twice than never."""
        due: dict[str, list[dict[str, Any]]] = {}
        for one in self._store.alerts.due(now):
            due.setdefault(one["channel"], []).append(one)
        for id, waiting in due.items():
            if self._ended.is_set():
                return
            channel = self._store.alerts.channel(id)
            if channel is not None:
                self._send(channel, waiting, now)

    def _send(self, channel: dict[str, Any], waiting: list[dict[str, Any]], now: datetime) -> None:
        try:
            sending.send(channel, [alert_of(one, self._url) for one in waiting], now)
        except sending.NotSent as fault:
            log.warning("alerts for %r were not sent: %s", channel["name"], fault)
            with self._store.transaction():
                for one in waiting:
                    last = one["attempts"] >= len(AGAIN)
                    due = now if last else now + AGAIN[one["attempts"]]
                    state = "failed" if last else "waiting"
                    self._store.alerts.settle([one["id"]], now, state, due, str(fault))
            return
        with self._store.transaction():
            self._store.alerts.settle([one["id"] for one in waiting], now, "sent")

    def end(self) -> None:
        self._ended.set()


def alert_of(event: dict[str, Any], url: str) -> Alert:
    return Alert(event["rule_name"], event["at"], event["title"], event["text"], url + event["path"])
