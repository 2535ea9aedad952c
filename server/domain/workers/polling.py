"""Which worker is asking? An agent's poll names one queue and no worker, so it is known by what it asks in turn.

An agent asks its queues one after the other, in their order, over one connection, and sleeps when the last one is
empty. When the latest polls of a connection are the whole list that some worker registered with, this is the end of
its round: the poll may be held, and a task of any of that worker's queues is the right answer to it. Other polls
are answered at once, as ever.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable

Connection = tuple[str, int]

_REMEMBERED = 64
"""Queues of one round; who listens to more is answered without being held."""
_MOST_CONNECTIONS = 4096


class Polls:
    """The latest polls of each connection. Safe for any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recent: dict[Connection, deque[str]] = {}

    def round_ended(self, connection: Connection | None, queue: str, lists: Iterable[list[str]]) -> list[str]:
        """Note a poll. `lists`: the queue lists of the workers that are there and listen to `queue`.

        Returns: the queues of the worker whose round this poll ends; empty when it ends none, or when that can't be
        told: behind a proxy a connection (port 0) may carry several agents' polls.
        """
        candidates = [one for one in lists if one and one[-1] == queue]
        if connection is None or not connection[1]:
            return [queue] if candidates and all(one == [queue] for one in lists) else []
        recent = self._note(connection, queue)
        fitting = [one for one in candidates if _ends_with(recent, one)]
        return max(fitting, key=len, default=[])

    def _note(self, connection: Connection, queue: str) -> list[str]:
        with self._lock:
            recent = self._recent.pop(connection, None) or deque(maxlen=_REMEMBERED)
            recent.append(queue)
            self._recent[connection] = recent  # the latest used last, so that the first is the oldest
            if len(self._recent) > _MOST_CONNECTIONS:
                self._recent.pop(next(iter(self._recent)))
            return list(recent)


def _ends_with(recent: list[str], queues: list[str]) -> bool:
    """Whether the polls end in a whole round over these queues, with nothing or the end of such a round before."""
    size = len(queues)
    before = recent[-size - 1] if len(recent) > size else queues[-1]
    return recent[-size:] == queues and before == queues[-1]
