"""The peer: an MLflow 3 tracking server on SQLite, installed into an environment that is thrown away."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from benchmarks.servers import Client, Process, free_port


class NotInstalled(Exception):
    """MLflow couldn't be installed; its figures are left out."""


@contextmanager
def mlflow(folder: Path) -> Iterator[Process]:
    """Raises: NotInstalled."""
    python = _environment(folder / "environment")
    port = free_port()
    database = f"sqlite:///{folder}/mlflow.db"
    options = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--backend-store-uri", database]
    process = Process([str(python), "-m", "mlflow", "server", *options], port, folder, "/health")
    try:
        yield process
    finally:
        process.stop()


def _environment(folder: Path) -> Path:
    python = folder / "bin" / "python"
    pip = [shutil.which("uv") or "uv", "pip", "install", "-q", "--python", str(python)]
    if not shutil.which("uv"):
        pip = [str(python), "-m", "pip", "install", "-q"]
    steps = [[sys.executable, "-m", "venv", str(folder)], [*pip, "mlflow>=3,<4"]]
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True)
        if done.returncode:
            raise NotInstalled(done.stderr.strip()[-500:])
    return python


class MlflowClient(Client):
    """MLflow's REST API over one kept-alive connection."""

    def __init__(self, process: Process) -> None:
        super().__init__(process, token="none")
        self._headers = {"Content-Type": "application/json"}

    def post(self, what: str, **fields: Any) -> dict[str, Any]:
        return orjson.loads(self.send(f"/api/2.0/mlflow/{what}", orjson.dumps(fields)))

    def get(self, what: str) -> bytes:
        self._connection.request("GET", f"/ajax-api/2.0/mlflow/{what}")
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{what}: {answer.status} {content[:300]!r}")
        return content
