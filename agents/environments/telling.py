"""What an agent tells the server of the environment that its tasks run in: it is shown, and looked at by an enqueue.

It is told as the worker's runtime property `environment`, which every ClearML server keeps: JSON with `mode`
(`agents/environments/decision.py`), `python`, `pythons`, `packages` and their fingerprint. Told once the server knows
the worker, and again every ten minutes: packages are installed meanwhile, and a server may be another one.
"""

import hashlib
import json
import os
import platform
import threading
import time
from pathlib import Path
from typing import Any

import requests

from agents.environments import decision, pythons, satisfied
from agents.told import tracked

PROPERTY = "environment"  # of a worker, on its server
EVERY, SOON = 600.0, 5.0  # s between two times that it is told, and until the next try
FINGERPRINT = 8  # characters that tell one set of packages from another


def environment(mode: str) -> dict[str, Any]:
    """The environment of this process, as JSON takes it."""
    packages = satisfied.freeze()
    return {
        "mode": mode,
        "python": platform.python_version(),
        "pythons": [pythons.running()] if mode == decision.INSTALLED else pythons.installed(),
        "packages": packages,
        "fingerprint": hashlib.sha256(packages.encode()).hexdigest()[:FINGERPRINT],
    }


def tell(server: tracked.Server, worker: str, told: dict[str, Any]) -> bool:
    """Whether the server knows the worker, and so was told. Raises: requests.RequestException."""
    there = server.call("workers.get_all", worker_pattern=worker)["workers"]
    if not any(one.get("id") == worker for one in there):
        return False  # setting a property would make it known, and the daemon find its own name taken
    properties = [{"key": PROPERTY, "value": json.dumps(told)}]
    server.call("workers.set_runtime_properties", worker=worker, runtime_properties=properties)
    return True


def keep_telling(worker: str, configuration: Path) -> None:
    """As long as this process runs. A server that is away, or does not keep it, costs nothing."""
    mode = os.environ.get(decision.OPTION, decision.AUTO)
    told: dict[str, Any] = {}
    while True:
        try:
            told = told or environment(mode)
            done = tell(tracked.Server(tracked.read_settings(configuration)), worker, told)
        except (requests.RequestException, OSError, KeyError, ValueError):
            done = False
        if done:
            told = {}  # looked at anew the next time
        time.sleep(EVERY if done else SOON)


def begin() -> None:
    """Tell the server in the background, if this daemon was started by us."""
    worker, file = os.environ.get(tracked.WORKER_ID), os.environ.get("CLEARML_CONFIG_FILE")
    if worker and file:
        threading.Thread(target=keep_telling, args=(worker, Path(file)), daemon=True).start()
