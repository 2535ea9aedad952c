"""What an agent is called: here by a name, and on the server by a worker id that survives a restart."""

import hashlib
import os
import re
import socket
from pathlib import Path

from agents import processes
from tasks.errors import SoundyardError


class NameTaken(SoundyardError):
    """An agent of this name runs here."""


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
