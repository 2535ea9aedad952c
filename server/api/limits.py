"""How much one request may hold: one table. What is beyond is refused with a sentence, before anything is done with it.

Without these a document could be stored that no answer can carry: whoever lists it gets an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.api.errors import ValidationFailed

DEPTH = 100
"""Objects and lists inside each other."""
NAME = 4_096
"""Characters of a name, an id, a tag, or a key of an object; comments and the like may be longer."""
ITEMS = 100_000
"""Elements of a list, or entries of an object."""
HEADERS = 65_536
"""Bytes of a request's headers."""
UPLOAD_PARTS = 1_000
"""Files and other fields of one upload."""
ANONYMOUS_BODY = 65_536
"""Bytes of a body that is read before it is known who sends it."""
BODY_PAUSE = 60.0
"""Seconds for which a body may stop coming."""
TABLE = {
    "objects and lists inside each other": DEPTH,
    "characters of a name, an id, a tag or a key": NAME,
    "elements of a list, entries of an object": ITEMS,
    "bytes of a request's headers": HEADERS,
    "bytes of a body of somebody who isn't known yet": ANONYMOUS_BODY,
    "seconds for which a body may stop coming": int(BODY_PAUSE),
    "files and other fields of one upload": UPLOAD_PARTS,
}

_NAMES = frozenset(
    {
        "name", "new_task_name", "new_project_name", "project_name", "queue_name", "display_name", "basename",
        "new_location", "endpoint_name", "model_name", "label", "key", "section", "metric", "variant", "worker",
        "id", "task", "project", "model", "queue", "parent", "user", "type", "framework", "container_id",
        "given_name", "family_name", "email", "role", "access_key", "override_model_id",
    }
)  # fmt: skip
_LISTS_OF_NAMES = frozenset(
    {"tags", "system_tags", "ids", "tasks", "projects", "queues", "add_tags", "keys", "names"}
)


def check(body: bytes, value: Any) -> None:
    """Whether a request's content, parsed from `body`, is within the limits. Raises: ValidationFailed."""
    if body.count(b"{") + body.count(b"[") > DEPTH:
        require_shallow(value)
    if len(body) > NAME:  # in less there is neither a long name nor a long list
        _require_short(value)


def require_shallow(value: Any) -> None:
    """Raises: ValidationFailed for what is nested too deep to be answered with."""
    level = [value]
    for _ in range(DEPTH + 1):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return
    raise ValidationFailed(f"it is nested too deep: more than {DEPTH} objects and lists inside each other")


def require_name(text: str, what: str) -> None:
    """Raises: ValidationFailed for a name that is too long."""
    if len(text) > NAME:
        raise ValidationFailed(f"{what[:100]} has {len(text):,} characters, more than {NAME:,}")


def shallow(value: Any, depth: int = DEPTH) -> Any:
    """The value with null for what lies too deep: documents from before there was a limit."""
    if isinstance(value, Mapping):
        return {key: shallow(inner, depth - 1) for key, inner in value.items()} if depth else None
    if isinstance(value, list):
        return [shallow(inner, depth - 1) for inner in value] if depth else None
    return value


def _inside(value: Any) -> Any:
    kind = type(value)
    return value.values() if kind is dict else value if kind is list else ()


def _require_short(value: Any) -> None:
    level = [value]
    while level:
        for one in level:
            if type(one) in (dict, list) and len(one) > ITEMS:
                raise ValidationFailed(f"a list or an object has {len(one):,} entries, more than {ITEMS:,}")
            if type(one) is dict:
                _require_short_names(one)
        level = [inner for one in level for inner in _inside(one)]


def _require_short_names(fields: dict[str, Any]) -> None:
    for key, value in fields.items():
        require_name(key, "a key")
        if key in _NAMES and type(value) is str:
            require_name(value, key)
        elif key in _LISTS_OF_NAMES and type(value) is list:
            for one in value:
                if type(one) is str:
                    require_name(one, key)
