"""Events to send, as the SDK writes them."""

from __future__ import annotations

from typing import Any

import orjson

from tests.contract.conftest import Api


def scalar(
    task: str, iteration: int, value: Any, metric: str = "loss", variant: str = "train", **more: Any
) -> dict:
    fields = {"type": "training_stats_scalar", "task": task, "iter": iteration, "metric": metric}
    return {**fields, "variant": variant, "value": value, "timestamp": 1_700_000_000_000 + iteration, **more}


def image(task: str, iteration: int, metric: str = "images", variant: str = "a", **more: Any) -> dict:
    url = f"http://127.0.0.1:8080/files/p/t.{task}/metrics/{metric}/{variant}_{iteration}.png"
    fields = {"type": "training_debug_image", "task": task, "iter": iteration, "metric": metric}
    return {**fields, "variant": variant, "url": url, "key": url[28:], "timestamp": 1000 + iteration, **more}


def plot(task: str, iteration: int, metric: str = "confusion", variant: str = "matrix", **more: Any) -> dict:
    fields = {"type": "plot", "task": task, "iter": iteration, "metric": metric, "variant": variant}
    text = orjson.dumps({"data": [{"type": "heatmap", "z": [[iteration]]}], "layout": {}}).decode()
    return {**fields, "plot_str": text, "timestamp": 2000 + iteration, **more}


def log(task: str, message: str, timestamp: int, **more: Any) -> dict:
    fields = {"type": "log", "task": task, "msg": message, "timestamp": timestamp}
    return {**fields, "level": "info", "worker": "host", **more}


def send(api: Api, *events: Any) -> dict:
    """Through `events.add_batch`, a line each; bytes are sent as they are. Gives the answer's data."""
    lines = [one if isinstance(one, bytes) else orjson.dumps(one) for one in events]
    answer = api.post("events.add_batch", b"\n".join(lines))
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def refused(api: Api, *events: Any) -> dict:
    """The envelope's meta of a batch of which nothing was kept."""
    lines = [one if isinstance(one, bytes) else orjson.dumps(one) for one in events]
    answer = api.post("events.add_batch", b"\n".join(lines))
    assert answer.status_code == 400, answer.text
    return answer.json()["meta"]
