"""A console line as text, after a caller's format."""

from __future__ import annotations

import re
from datetime import datetime, timezone

from server.store.events.logs import Line


def formatted(line: Line, template: str) -> str:
    """Fill `{asctime}`, `{timestamp}`, `{level}`, `{worker}`, `{task}` and `{msg}`; other braces stay as they
    are. (Not `str.format`: a format from outside could reach into objects.)"""
    moment = datetime.fromtimestamp(line.timestamp / 1000, timezone.utc)
    values = {
        "asctime": moment.isoformat(timespec="milliseconds"),
        "timestamp": str(line.timestamp),
        "level": line.level or "",
        "worker": line.worker or "",
        "task": line.task,
        "msg": line.msg.rstrip("\n"),
    }
    return _FIELD.sub(lambda found: values[found[1]], template) + "\n"


_FIELD = re.compile(r"\{(asctime|timestamp|level|worker|task|msg)\}")
