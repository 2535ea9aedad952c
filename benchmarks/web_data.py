"""Data for the page's benchmarks: live curves, a large evaluation with one real sound behind every clip."""

from __future__ import annotations

import base64
import gzip
import io
import json
import math
import time
from collections.abc import Iterable

import numpy as np
import pandas as pd
import soundfile

from benchmarks.servers import Client

CLASSES = [f"class {i}" for i in range(10)]
RATE = 22050


def report(client: Client, task: str, metrics: int, steps: Iterable[int]) -> None:
    """A point of every curve (train and validation of each metric) at each step."""
    now = int(time.time() * 1000)
    rows = [
        json.dumps({
            "type": "training_stats_scalar", "task": task, "metric": f"metric {m:02}", "variant": variant,
            "iter": step, "value": math.exp(-step / 700) + 0.1 * math.sin(step * (m + 1)), "timestamp": now + step,
        })
        for step in steps for m in range(metrics) for variant in ("train", "validation")
    ]  # fmt: skip
    headers = {"Authorization": f"Bearer {client.token}", "Content-Type": "application/json-lines"}
    for start in range(0, len(rows), 20_000):
        client.send("/api/events.add_batch", "\n".join(rows[start : start + 20_000]).encode(), headers)


def evaluation(client: Client, port: int, count: int) -> str:
    """A finished evaluate task with a table of so many clips; gives its id."""
    task = str(client.call("tasks.create", name="evaluate", type="testing")["id"])
    sound = io.BytesIO()
    times = np.arange(4 * RATE) / RATE
    soundfile.write(sound, 0.3 * np.sin(2 * np.pi * 440 * times), RATE, format="WAV")
    url = store(client, port, "bench/tone.wav", sound.getvalue())
    table = gzip.compress(clips(count, url).to_csv().encode(), 6)
    uri = store(client, port, "bench/clips.csv.gz", table)
    client.call(
        "tasks.add_or_update_artifacts", task=task, artifacts=[{"key": "clips", "type": "pandas", "uri": uri}]
    )
    client.call("tasks.started", task=task)
    client.call("tasks.completed", task=task)
    return task


def clips(count: int, url: str) -> pd.DataFrame:
    """The table as an evaluation writes it (docs/audio.md)."""
    chance = np.random.default_rng(0)
    labels = chance.choice(CLASSES, count)
    predictions = np.where(chance.random(count) < 0.8, labels, chance.choice(CLASSES, count))
    peaks = [
        base64.b64encode(row.tobytes()).decode()
        for row in chance.integers(-90, 90, (count, 200), dtype=np.int8)
    ]
    confidence = chance.uniform(0.2, 1, count).round(4)
    return pd.DataFrame(
        {
            "clip": [f"fold{i % 10}/{i:05}.wav" for i in range(count)],
            "url": url,
            "split": "test",
            "fold": np.arange(count) % 10,
            "label": labels,
            "prediction": predictions,
            "confidence": confidence,
            "top": [json.dumps([[p, float(c)]]) for p, c in zip(predictions, confidence, strict=True)],
            "loss": chance.exponential(1, count).round(4),
            "duration": 4.0,
            "sample_rate": RATE,
            "loudness": -23.0,
            "peaks": peaks,
        }
    )


def store(client: Client, port: int, path: str, content: bytes) -> str:
    """Upload as the SDK does; gives the address."""
    edge = "bench-edge"
    head = f'--{edge}\r\nContent-Disposition: form-data; name="{path}"; filename="{path}"\r\n\r\n'
    body = head.encode() + content + f"\r\n--{edge}--\r\n".encode()
    headers = {
        "Authorization": f"Bearer {client.token}",
        "Content-Type": f"multipart/form-data; boundary={edge}",
    }
    client.send("/files", body, headers)
    return f"http://127.0.0.1:{port}/files/{path}"
