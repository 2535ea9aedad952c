"""The peer: an MLflow 3 tracking server on SQLite, in an environment of its own that is made once."""

from __future__ import annotations

import math
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from benchmarks.servers import ROOT, Client, Process, free_port, scratch, timed

ENVIRONMENT = ROOT / ".soundyard" / "cache" / "mlflow"
"""Where MLflow is installed; its hundred packages are none of the project's own."""
_BATCH = 1000
"""Metrics of one request: MLflow's limit."""
Figures = dict[str, float]


class NotInstalled(Exception):
    """MLflow couldn't be installed; its figures are left out."""


@contextmanager
def mlflow(folder: Path) -> Iterator[Process]:
    """Raises: NotInstalled."""
    python = _installed()
    port = free_port()
    database = f"sqlite:///{folder}/mlflow.db"
    options = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--backend-store-uri", database]
    process = Process([str(python), "-m", "mlflow", "server", *options], port, folder, "/health")
    try:
        yield process
    finally:
        process.stop()


def _installed() -> Path:
    python = ENVIRONMENT / "bin" / "python"
    done = ENVIRONMENT / "installed"
    if done.exists():
        return python
    print("installing MLflow for the comparison (once)", flush=True)
    uv = shutil.which("uv")
    pip = (
        [uv, "pip", "install", "-q", "--python", str(python)]
        if uv
        else [str(python), "-m", "pip", "install", "-q"]
    )
    for step in ([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], [*pip, "mlflow>=3,<4"]):
        ended = subprocess.run(step, capture_output=True, text=True)
        if ended.returncode:
            raise NotInstalled(" ".join(ended.stderr.split())[-300:])
    done.touch()
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


def figures(points: int, samples: int = 2000) -> Figures:
    """What MLflow does with one curve of so many `points`: metrics a second (`rate`), milliseconds to draw it
    (`curve`) and to create a run (`create`), resident MB `idle` and `after`, seconds to `start`. Empty, and said
    why, when it can't be had."""
    if not points:
        return {}
    with scratch("mlflow") as folder:
        try:
            with mlflow(folder) as process:
                return _figures(process, points, samples)
        except (NotInstalled, RuntimeError) as fault:
            print(f"MLflow is left out: {fault}", flush=True)
            return {}


def _figures(process: Process, points: int, samples: int) -> Figures:
    idle = process.resident_mb()
    client = MlflowClient(process)
    experiment = client.post("experiments/create", name="ingest")["experiment_id"]
    create = partial(client.post, "runs/create", experiment_id=experiment)
    run = create()["run"]["info"]["run_id"]
    began = time.perf_counter()
    for start in range(0, points, _BATCH):
        metrics = [
            {"key": "loss", "value": math.sin(i / 1e4), "timestamp": 1_700_000_000_000 + i, "step": i}
            for i in range(start, min(start + _BATCH, points))
        ]
        client.post("runs/log-batch", run_id=run, metrics=metrics)
    rate = points / (time.perf_counter() - began)
    query = f"metrics/get-history-bulk-interval?run_ids={run}&metric_key=loss&max_results={samples}"
    curve, _ = timed(partial(client.get, query), 3)
    created, _ = timed(create, 20)
    return {
        "rate": rate, "curve": curve, "create": created, "idle": idle, "after": process.resident_mb(),
        "start": process.seconds_to_start, "points": points,
    }  # fmt: skip
