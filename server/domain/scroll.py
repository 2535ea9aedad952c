"""Scroll ids: where the next page starts, written down in the id itself.

The server remembers nothing, so a scroll never expires, survives a restart and costs no memory. An id is opaque
to clients; one that isn't ours is refused.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import orjson

from server.api.errors import InvalidScrollId


def pack(position: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(position)).decode()


def unpack(scroll_id: str | None, kind: type = list) -> Any:
    """The position, or None without an id. Raises: InvalidScrollId when it holds anything but a `kind`."""
    if not scroll_id:
        return None
    try:
        position = orjson.loads(base64.b64decode(scroll_id.encode(), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as fault:
        raise InvalidScrollId() from fault
    if not isinstance(position, kind):
        raise InvalidScrollId()
    return position
