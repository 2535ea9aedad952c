"""What is too large, too slow, too much or not allowed is refused, and others are answered meanwhile."""

import io
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
import requests
import soundfile
import websockets.sync.client

from tests.conftest import ROOT

from .conftest import sound

TOKEN = "0123456789abcdef"


def test_an_upload_that_is_too_large_is_refused_before_it_is_there(serve):
    endpoint = serve("--megabytes", 0.1)
    assert endpoint.post(b"\0" * 200_000).status_code == 413

    def unsized() -> Iterator[bytes]:
        for _ in range(50):
            yield b"\0" * 10_000

    try:
        answer = requests.post(f"{endpoint.url}/v1/predict", data=unsized(), timeout=60)
        assert answer.status_code == 413 and answer.json()["error"]["code"] == "too_large"
    except requests.ConnectionError:  # the endpoint has closed while it was still being sent
        pass
    form = requests.post(f"{endpoint.url}/v1/predict", files={"file": b"\0" * 99_990}, timeout=60)
    assert form.status_code == 413
    assert endpoint.post(sound(seconds=0.5)).status_code == 200


def test_a_sound_that_is_too_long_is_refused_however_small_its_file_is(serve):
    endpoint = serve("--longest", 5)
    stream = io.BytesIO()
    soundfile.write(stream, np.zeros(60 * 8000), 8000, format="FLAC")
    for path in ("/v1/predict", "/v1/events"):
        answer = endpoint.post(stream.getvalue(), path)
        assert answer.status_code == 413 and "longer than 5 s" in answer.json()["error"]["message"]
    assert endpoint.post(sound(seconds=4)).status_code == 200


def head(length: int) -> bytes:
    return f"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode()


def test_slow_uploads_end_and_hold_nobody_up(serve):
    endpoint = serve("--seconds", 2, "--waiting", 4)
    slow = []
    for _ in range(40):
        one = socket.create_connection(("127.0.0.1", endpoint.port))
        one.sendall(head(100_000) + b"RIFF")
        slow.append(one)
    for _ in range(10):  # while they wait
        assert endpoint.post(sound()).status_code == 200
    for one in slow:
        one.settimeout(20)
        assert b"408" in one.recv(65_536)
        one.close()


def test_who_goes_away_in_the_middle_leaves_nothing(serve):
    endpoint = serve()
    for _ in range(20):
        one = socket.create_connection(("127.0.0.1", endpoint.port))
        one.sendall(head(100_000) + b"RIFF")
        one.close()
    for content in (b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"\0" * 100_000):
        one = socket.create_connection(("127.0.0.1", endpoint.port))
        one.sendall(content)
        one.close()
    assert endpoint.post(sound()).status_code == 200
    time.sleep(0.5)
    assert endpoint.figure("soundyard_model_requests_in_flight") == 1  # the one that asks for it
    assert "Traceback" not in endpoint.log.read_text()


def test_more_than_may_wait_are_told_to_come_again(serve):
    endpoint = serve("--waiting", 1, "--at-once", 1, "--batch", 1, "--hop", "0.02")
    long = sound(seconds=300)
    found: list[requests.Response] = []
    threads = [
        threading.Thread(target=lambda: found.append(endpoint.post(long, "/v1/events"))) for _ in range(4)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    codes = sorted(one.status_code for one in found)
    assert codes[0] == 200 and codes[-1] == 503, codes
    busy = next(one for one in found if one.status_code == 503)
    assert busy.headers["Retry-After"] == "1" and busy.json()["error"]["code"] == "busy"


def test_an_answer_that_takes_too_long_is_given_up(serve):
    endpoint = serve("--seconds", 0.3, "--hop", "0.001", "--batch", 1)
    started = time.monotonic()
    answer = endpoint.post(sound(seconds=100), "/v1/events")
    assert answer.status_code == 504 and time.monotonic() - started < 20
    assert endpoint.post(sound(seconds=0.5)).status_code == 200


def test_only_who_has_a_token_is_answered(serve, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text(f"# mine\n{TOKEN}\n\n{TOKEN[::-1]}\n")
    endpoint = serve("--tokens", tokens)
    assert endpoint.post(sound()).status_code == 401
    for wrong in (
        "",
        "Bearer",
        f"Basic {TOKEN}",
        f"Bearer {TOKEN}x",
        "Bearer é".encode("latin-1").decode("latin-1"),
    ):
        assert endpoint.post(sound(), headers={"Authorization": wrong.encode("latin-1")}).status_code == 401
    for token in (TOKEN, TOKEN[::-1]):
        assert endpoint.post(sound(), headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert requests.get(f"{endpoint.url}/metrics", timeout=10).status_code == 401
    for path in ("/healthz", "/readyz", "/openapi.json"):
        assert requests.get(endpoint.url + path, timeout=10).status_code == 200
    address = f"ws://127.0.0.1:{endpoint.port}/v1/stream?rate=8000"
    with pytest.raises(websockets.InvalidStatus, match="403"):
        websockets.sync.client.connect(address)
    with websockets.sync.client.connect(f"{address}&token={TOKEN}") as open_one:
        open_one.send("end")
        assert '"end"' in open_one.recv()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--host", "0.0.0.0"], "Give --tokens FILE, or --open"),
        (["--host", "no such host.invalid"], "Give --tokens"),
        (["--port", "99999"], "can't be listened at"),
        (["--tokens", "/gone"], "can't be read"),
        (["--megabytes", "-1"], "megabytes is -1.0"),
        (["--keep", "/proc/x"], "can't be written"),
        (["--shadow", "gone.onnx"], "There is no file"),
        (["--model", "gone.onnx"], "There is no file"),
    ],
)
def test_words_that_make_no_sense_are_refused_before_it_listens(onnx, words, said):
    done = subprocess.run(
        [sys.executable, "-m", "soundyard", "serve-model", "--model", str(onnx), "--port", "0", *words],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode != 0 and said in done.stderr and "Traceback" not in done.stderr, done.stderr
