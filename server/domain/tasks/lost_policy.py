"""What becomes of work that is lost with its worker: how often it is handed on, after how long a silence.

A queue says it in its metadata, `lost_retries` and `lost_seconds`; what it leaves open is the server's
(`--lost-retries`, `--worker-timeout-seconds`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from server.api.errors import ValidationFailed

RETRIES, SECONDS = "lost_retries", "lost_seconds"
"""Keys of a queue's metadata."""
MOST = 1e9


@dataclass(frozen=True)
class Policy:
    """`retries`: how often a task is handed on. `seconds`: of silence, after which a worker is gone; 0: never."""

    retries: int
    seconds: float

    def of_queue(self, queue: dict[str, Any] | None) -> Policy:
        """What the queue's metadata says, and this where it says nothing that can be read."""
        said = (queue or {}).get("metadata") or {}
        retries = _number(said.get(RETRIES))
        seconds = _number(said.get(SECONDS))
        return Policy(
            self.retries if retries is None else int(retries), self.seconds if seconds is None else seconds
        )


def require_readable(metadata: dict[str, Any]) -> None:
    """Raises: ValidationFailed: a policy in a queue's metadata that could not be followed."""
    for key, unit in ((RETRIES, "how often a lost task is handed on"), (SECONDS, "seconds of silence")):
        if key not in metadata:
            continue
        value = (metadata[key] or {}).get("value")
        number = _number(metadata[key])
        if number is None or (key == RETRIES and number != int(number)):
            kind = "a whole number" if key == RETRIES else "a number"
            raise ValidationFailed(
                f"metadata {key} is {value!r}; it is {unit}, {kind} that is 0 or more. Without the key, the server's "
                "own holds"
            )


def _number(item: dict[str, Any] | None) -> float | None:
    try:
        value = float((item or {}).get("value") or "")
    except ValueError:
        return None
    return value if 0 <= value < MOST else None
