"""What an agent is called: here by a name, and on the server by a worker id that survives a restart."""

import hashlib
import os
import re
import socket
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from agents.left import processes
from tasks.errors import SoundyardError

REPORTS_SECONDS = 90.0  # an agent that runs has reported within these


class NameTaken(SoundyardError):
    """An agent of this name runs here, or is known to the server by the same worker id."""


def worker_id(name: str, folder: Path) -> str:
    """How the server knows an agent: the same whenever it starts, another on any other machine or checkout."""
    checkout = hashlib.sha256(os.fsencode(folder)).hexdigest()[:6]
    return f"{socket.gethostname()}:{name}:{checkout}"


def free_name(given: str | None, usual: str, folder: Path) -> str:
    """The name that was given, or the usual one, with a number if it is taken. A queue may be called anything."""
    wanted = re.sub(r"[^\w.-]+", "_", given or usual).strip(".") or "agent"
    taken = {agent.name for agent in processes.running(folder)}
    if given and wanted in taken:
        raise NameTaken(
            f"An agent named {wanted} runs here already: stop it (python -m agents.stop {wanted})."
        )
    candidates = [wanted, *(f"{wanted}-{number}" for number in range(2, 1000))]
    return next(one for one in candidates if one not in taken)


def require_unused(worker: str, workers: list[dict[str, Any]]) -> None:
    """Two agents of one id would overwrite each other's reports and take each other's tasks for lost.

    `worker`: the id that an agent is about to get; `workers`: what `workers.get_all` gives.

    Raises: NameTaken.
    """
    last = next((one.get("last_activity_time") for one in workers if one.get("id") == worker), None)
    if not last:
        return
    seconds = (datetime.now(timezone.utc) - datetime.fromisoformat(last)).total_seconds()
    if seconds < REPORTS_SECONDS:
        raise NameTaken(
            f"The server knows an agent by the id {worker} that reported {max(seconds, 0):.0f} s ago, from another "
            f"folder or machine. Give this one another name (--name), or end the other; one that was killed is "
            f"forgotten after {REPORTS_SECONDS:.0f} s."
        )
