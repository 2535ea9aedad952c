"""An endpoint as a process, with a model that tells a high tone from a low one."""

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
import soundfile

from tests.conftest import ROOT
from tests.unit.audio.events.conftest import made as made
from tests.unit.audio.events.conftest import onnx as onnx
from tests.unit.audio.heard import RATE

from ..awkward.contract import tone


class Endpoint:
    """`soundyard serve-model` on a free port."""

    def __init__(self, model: Path, log: Path, *options: object) -> None:
        self.log = log
        words = ["--model", str(model), "--port", "0", "--look", "0.1", *map(str, options)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "TMPDIR": str(log.parent)}
        with log.open("w") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "soundyard", "serve-model", *words],
                cwd=ROOT, stdout=subprocess.PIPE, stderr=file, text=True, env=environment,
            )  # fmt: skip
        assert self.process.stdout
        line = self.process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, line + log.read_text()
        self.url = found[0]
        self.port = int(self.url.rpartition(":")[2])

    def post(self, content: bytes, path: str = "/v1/predict", **more: Any) -> requests.Response:
        return requests.post(self.url + path, data=content, timeout=60, **more)

    def figure(self, name: str) -> float:
        """The sum of a metric over its labels."""
        lines = requests.get(f"{self.url}/metrics", timeout=10).text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if re.match(rf"{name}[{{ ]", line))

    def end(self, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(60)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


@pytest.fixture
def serve(onnx: Path, tmp_path: Path) -> Iterator[Callable[..., Endpoint]]:
    """Starts an endpoint; `model` instead of the usual one."""
    started: list[Endpoint] = []

    def start(*options: object, model: Path = onnx) -> Endpoint:
        started.append(Endpoint(model, tmp_path / f"{len(started)}.log", *options))
        return started[-1]

    yield start
    for one in started:
        one.close()


def sound(pitch: int = 900, seconds: float = 1.0, rate: int = RATE, form: str = "WAV") -> bytes:
    """A tone as a file."""
    stream = io.BytesIO()
    soundfile.write(stream, tone(rate, seconds, pitch), rate, format=form)
    return stream.getvalue()


def pcm(*pitches: int, seconds: float = 1.0) -> bytes:
    """Tones one behind another, as samples alone."""
    wave = np.concatenate([tone(RATE, seconds, pitch) for pitch in pitches])
    return (wave * 32767).astype("<i2").tobytes()
