"""Clients that write to a server and keep account of what it acknowledged."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import orjson
import requests

from tests.conftest import ServerProcess

BATCH = 20


def scalars(task: str, variant: str, start: int, count: int = BATCH) -> bytes:
    """A batch of consecutive iterations; the value tells the iteration."""
    event = {"type": "training_stats_scalar", "task": task, "metric": "m", "variant": variant}
    return b"\n".join(orjson.dumps({**event, "iter": i, "value": i}) for i in range(start, start + count))


@dataclass
class Writer(threading.Thread):
    """Sends batches of one curve until told to stop; `acknowledged` is where the last answered one ends.

    A batch that got no answer is sent again, as the SDK does.
    """

    server: ServerProcess
    task: str
    variant: str
    headers: dict[str, str]
    batches: int = 1_000_000
    stop: threading.Event = field(default_factory=threading.Event)
    acknowledged: int = 0
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        session = requests.Session()
        while self.acknowledged < self.batches * BATCH and not self.stop.is_set():
            body = scalars(self.task, self.variant, self.acknowledged)
            try:
                answer = session.post(
                    f"{self.server.url}/api/events.add_batch", data=body, headers=self.headers, timeout=60
                )
            except requests.RequestException:
                self.stop.wait(0.05)
                continue
            if answer.status_code == 200 and answer.json()["data"]["added"] == BATCH:
                self.acknowledged += BATCH
            else:
                self.errors.append(answer.text)
                return


def headers(server: ServerProcess) -> dict[str, str]:
    token = requests.post(f"{server.url}/api/auth.login", auth=server.keys, timeout=30).json()["data"][
        "token"
    ]
    return {"Authorization": f"Bearer {token}"}


def curve(server: ServerProcess, task: str, variant: str) -> list[int]:
    """The iterations the server has of a writer's curve; each value must tell its iteration."""
    line = server.call("events.scalar_metrics_iter_histogram", task=task, samples=0).get("m", {}).get(variant)
    if line is None:
        return []
    assert line["x"] == line["y"]
    return line["x"]
