"""An endpoint that lives long: models are exchanged, requests are drained, shadows hear along, sounds are kept."""

import asyncio
import json
import shutil
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import requests
import websockets

from audio.datasets import manifest
from tests.conftest import until
from tests.unit.audio.heard import RATE

from .conftest import Endpoint, pcm, sound
from .loops import finished

Serve = Callable[..., Endpoint]


class Asking:
    """Threads that ask over and over, and what they were answered."""

    def __init__(self, endpoint: Endpoint, threads: int = 4) -> None:
        self.codes: list[int] = []
        self.models: set[str] = set()
        self.failed: list[str] = []
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(endpoint,)) for _ in range(threads)]
        for one in self._threads:
            one.start()

    def _ask(self, endpoint: Endpoint) -> None:
        content = sound()
        with requests.Session() as session:
            while not self._ended.is_set():
                try:
                    answer = session.post(f"{endpoint.url}/v1/predict", data=content, timeout=30)
                    self.codes.append(answer.status_code)
                    self.models.add(answer.json().get("model", ""))
                except requests.RequestException as error:
                    self.failed.append(str(error))
                    return

    def end(self) -> None:
        self._ended.set()
        for one in self._threads:
            one.join()


def another(onnx: Path, path: Path) -> Path:
    """The same model as another file."""
    proto = pytest.importorskip("onnx").load(str(onnx))
    proto.producer_name += "x"
    pytest.importorskip("onnx").save(proto, str(path))
    return path


def test_models_are_exchanged_without_a_failed_request_and_the_last_good_one_stays(serve, onnx, tmp_path):
    model = tmp_path / "model.onnx"
    shutil.copy(onnx, model)
    endpoint = serve(model=model)
    first = endpoint.post(sound()).json()["model"]
    asking = Asking(endpoint)
    for bad in (b"no model", b"", onnx.read_bytes()[:1000]):
        model.write_bytes(bad)
        loads = endpoint.figure("soundyard_model_loads_total")
        until(lambda: endpoint.figure("soundyard_model_loads_total") > loads, 20, "it was tried")  # noqa: B023
        assert endpoint.post(sound()).json()["model"] == first
    model.unlink()
    time.sleep(0.5)
    another(onnx, tmp_path / "new.onnx").replace(model)
    until(lambda: endpoint.post(sound()).json()["model"] != first, 20, "the newer one answers")
    time.sleep(0.5)
    asking.end()
    assert asking.failed == [] and set(asking.codes) == {200} and len(asking.codes) > 50
    assert len(asking.models) == 2
    assert "the last one goes on" in endpoint.log.read_text()


def test_a_stream_keeps_its_model_when_another_takes_its_place(serve, onnx, tmp_path):
    model = tmp_path / "model.onnx"
    shutil.copy(onnx, model)
    endpoint = serve(model=model)

    async def stream() -> list[str]:
        found = []
        async with websockets.connect(f"ws://127.0.0.1:{endpoint.port}/v1/stream?rate={RATE}") as socket:
            await socket.send(pcm(300, 900))
            another(onnx, tmp_path / "new.onnx").replace(model)
            await asyncio.sleep(1.5)
            await socket.send(pcm(300))
            await socket.send("end")
            async for message in socket:
                told = json.loads(message)
                found += [told["label"]] if told["is"] == "event" else []
        return found

    assert finished(stream()) == ["low", "high", "low"]
    assert "has taken the place" in endpoint.log.read_text()


def test_sigterm_lets_requests_and_streams_end_and_takes_no_more(serve):
    endpoint = serve("--hop", "0.01", "--batch", "4")
    found: list[requests.Response] = []
    long = threading.Thread(target=lambda: found.append(endpoint.post(sound(seconds=120), "/v1/events")))

    async def stream() -> list[dict[str, object]]:
        async with websockets.connect(f"ws://127.0.0.1:{endpoint.port}/v1/stream?rate={RATE}") as socket:
            await socket.send(pcm(900))
            while json.loads(await socket.recv())["is"] != "begins":
                pass
            long.start()
            await asyncio.sleep(0.3)
            endpoint.process.send_signal(signal.SIGTERM)
            found: list[dict[str, object]] = []
            with pytest.raises(websockets.ConnectionClosedError, match="1012"):
                async for message in socket:
                    found.append(json.loads(message))
            return found

    told = finished(stream())
    assert [one["is"] for one in told] == ["event", "end"] and told[0]["label"] == "high"
    long.join()
    assert found[0].status_code == 200 and found[0].json()["events"]
    assert endpoint.process.wait(60) == 0
    with pytest.raises(requests.ConnectionError):
        endpoint.post(sound())


def test_no_request_that_has_begun_is_lost_at_sigterm(serve):
    endpoint = serve()
    asking = Asking(endpoint)
    time.sleep(0.5)
    assert endpoint.end() == 0
    asking.end()
    assert set(asking.codes) <= {200, 503} and asking.codes.count(200) > 10
    assert all("refused" in one or "closed" in one or "reset" in one.lower() for one in asking.failed), (
        asking.failed
    )


def test_a_shadow_hears_along_and_is_logged_beside(serve, made, onnx, tmp_path):
    log = tmp_path / "shadow.jsonl"
    endpoint = serve("--shadow", another(onnx, tmp_path / "second.onnx"), "--shadow-log", log)
    digest = endpoint.post(sound(900)).json()["model"]
    endpoint.post(sound(300))
    until(lambda: log.exists() and log.read_text().count("\n") == 2, 20, "both are logged")
    first, second = map(json.loads, log.read_text().splitlines())
    assert (first["label"], first["shadow_label"], first["same"]) == ("high", "high", True)
    assert second["label"] == "low" and first["model"] == digest != first["shadow"]
    assert first["largest_difference"] == pytest.approx(0, abs=1e-3)
    assert endpoint.figure("soundyard_model_shadow_answers_total") == 2


def test_sounds_are_kept_as_a_data_set_where_that_is_asked_and_no_more_than_fit(serve, tmp_path):
    kept = tmp_path / "kept é"
    plain = serve()
    assert plain.post(sound()).status_code == 200
    endpoint = serve("--keep", kept)
    endpoint.post(sound(900))
    endpoint.post(sound(300, form="FLAC"))
    endpoint.post(b"no sound")
    clips = manifest.read(kept, 0)
    assert sorted((Path(one.path).suffix, [*one.labels]) for one in clips) == [
        (".flac", ["low"]),
        (".wav", ["high"]),
    ]
    assert sorted(path.suffix for path in kept.rglob("*/*")) == [".flac", ".wav"]
    assert endpoint.end() == 0
    small = serve("--keep", kept, "--keep-megabytes", 0)
    assert small.post(sound()).status_code == 200
    assert len(list(kept.rglob("*/*"))) == 2 and small.figure("soundyard_model_kept_total") == 1


@pytest.mark.slow
def test_fifty_clips_a_second_are_answered_within_a_tenth_of_a_second(serve):
    """On two cores, of which the test itself takes a part."""
    endpoint = serve()
    contents = [sound(pitch, rate=44100) for pitch in (300, 900)]
    spent: list[float] = []
    lock = threading.Lock()
    began = time.monotonic() + 0.5

    def ask(number: int) -> None:
        with requests.Session() as session:
            for at in range(number, 500, 10):
                time.sleep(max(0.0, began + at / 50 - time.monotonic()))
                started = time.monotonic()
                answer = session.post(f"{endpoint.url}/v1/predict", data=contents[at % 2], timeout=30)
                assert answer.status_code == 200
                with lock:
                    spent.append(time.monotonic() - started)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(10)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(spent) == 500 and time.monotonic() - began < 11.5
    assert np.quantile(spent, 0.95) < 0.1, np.quantile(spent, [0.5, 0.95, 1])
