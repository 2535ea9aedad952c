"""`debug.*`: is anybody there?"""

from typing import Any

from server.api.call import Call
from server.api.registry import endpoint
from server.api.request import Nothing


@endpoint("debug.ping", Nothing, role=None)
def ping(call: Call, request: Nothing) -> dict[str, Any]:
    """Answers as long as the server does."""
    return {"msg": "pong", "server": "soundyard"}
