"""The id of the request that is being answered: in the answer, its envelope, and every line of the log about it.

A client, or a proxy, may give one (`X-Request-ID`), so that its own log and this one can be laid side by side.
"""

from __future__ import annotations

import re
import uuid
from contextvars import ContextVar

HEADER = "x-request-id"
current: ContextVar[str] = ContextVar("request_id", default="")
"""Empty outside of requests. Worker threads see that of the request they work for."""
_SANE = re.compile(r"[A-Za-z0-9._:/+=@-]{1,100}", re.ASCII)


def chosen(given: str) -> str:
    """The id that the client gave, when it is one that may stand in a log; else a new one."""
    return given if _SANE.fullmatch(given) else uuid.uuid4().hex
