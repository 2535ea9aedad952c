"""What an endpoint answers: what the predictor says, as its own document promises."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests
import websockets

import soundyard
from audio.events.config import EventConfig
from audio.events.hearing import Detector
from tests.conftest import until
from tests.unit.audio.heard import RATE

from .conftest import Endpoint, pcm, sound
from .loops import finished


@pytest.fixture(scope="module")
def endpoint(made, tmp_path_factory):  # type: ignore[no-untyped-def]
    one = Endpoint(made[2], tmp_path_factory.mktemp("log") / "log", "--hop", "0.1", "--threshold", "0.6")
    yield one
    one.close()


def held_to_the_document(url: str, path: str, method: str, answer: requests.Response) -> None:
    document = requests.get(f"{url}/openapi.json", timeout=10).json()
    told = document["paths"][path][method]["responses"][str(answer.status_code)]
    schema = told["content"]["application/json"]["schema"]
    jsonschema.validate(answer.json(), {**schema, "components": document["components"]})


def test_a_file_is_answered_as_the_predictor_answers_on_awkward_files(endpoint, made):
    predictor = soundyard.Predictor(made[2])
    paths = sorted(made[0].iterdir())
    for path in paths:
        answer = endpoint.post(path.read_bytes(), "/v1/predict?windows=1&top=2")
        assert answer.status_code == 200, (path.name, answer.text)
        told, expected = answer.json(), predictor(path)
        assert told["label"] == expected.label and told["notes"] == expected.notes, path.name
        for window, row in zip(told["windows"], expected.by_window, strict=True):
            assert [*window["probabilities"].values()] == pytest.approx(row.tolist(), abs=1e-5)
    held_to_the_document(endpoint.url, "/v1/predict", "post", answer)
    assert len(paths) > 15


def test_a_form_and_a_body_are_answered_alike(endpoint):
    plain = endpoint.post(sound())
    form = requests.post(f"{endpoint.url}/v1/predict", files={"file": ("é %.wav", sound())}, timeout=60)
    assert plain.json() == form.json() and plain.json()["label"] == "high" and "windows" not in plain.json()


def test_events_are_those_of_the_command(endpoint, made):
    path = made[0] / "much longer.wav"
    answer = endpoint.post(path.read_bytes(), "/v1/events")
    expected = Detector(made[2], EventConfig(hop=0.1, threshold=0.6)).file(path)
    assert [(one["onset"], one["offset"], one["label"]) for one in answer.json()["events"]] == [
        (pytest.approx(one.onset), pytest.approx(one.offset), one.label) for one in expected.events
    ]
    held_to_the_document(endpoint.url, "/v1/events", "post", answer)


@pytest.mark.parametrize(
    ("content", "path", "status", "code"),
    [
        (b"", "/v1/predict", 422, "cannot_be_heard"),
        (b"no sound at all", "/v1/predict", 422, "cannot_be_heard"),
        (sound()[:60] + b"\xff" * 10, "/v1/events", 200, ""),
        (b"RIFF" + b"\0" * 100, "/v1/events", 422, "cannot_be_heard"),
        (b"#EXTM3U\nhttp://127.0.0.1/secret\n", "/v1/predict", 422, "cannot_be_heard"),
        (sound(), "/v1/predict?top=0", 400, "bad_request"),
        (sound(), "/v1/predict?top=many", 400, "bad_request"),
        (sound(), "/v1/nothing", 404, "not_found"),
    ],
)
def test_what_is_no_sound_or_no_question_is_refused_for_what_it_is(endpoint, content, path, status, code):
    answer = endpoint.post(content, path)
    assert answer.status_code == status, answer.text
    if code:
        assert answer.json()["error"]["code"] == code and answer.json()["error"]["message"]
    assert "Traceback" not in endpoint.log.read_text()
    assert endpoint.post(sound()).status_code == 200  # and the next one is answered


def test_a_form_that_is_none_is_refused(endpoint):
    for headers, content in (
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x\r\nnot a part"),
        ({"Content-Type": "multipart/form-data"}, sound()),
    ):
        assert endpoint.post(content, headers=headers).status_code == 400
    other = requests.post(f"{endpoint.url}/v1/predict", files={"other": b"x"}, timeout=60)
    assert other.status_code == 400 and "no file named 'file'" in other.json()["error"]["message"]
    assert requests.get(f"{endpoint.url}/v1/predict", timeout=10).status_code == 405


def test_it_says_what_it_is_and_how_it_is(endpoint):
    told = requests.get(f"{endpoint.url}/v1/model", timeout=10)
    held_to_the_document(endpoint.url, "/v1/model", "get", told)
    assert told.json()["classes"] == ["high", "low"] and told.json()["sample_rate"] == RATE
    for path in ("/healthz", "/readyz"):
        assert requests.get(endpoint.url + path, timeout=10).text == "ok\n"
    before = endpoint.figure("soundyard_model_requests_total")
    endpoint.post(sound())
    assert endpoint.figure("soundyard_model_requests_total") >= before + 1
    assert endpoint.figure("soundyard_model_batch_windows_sum") > 0


async def streamed(url: str, content: bytes, size: int, query: str, end: bool = True) -> list[dict[str, Any]]:
    address = url.replace("http", "ws") + "/v1/stream?" + query
    found = []
    async with websockets.connect(address) as socket:
        for at in range(0, len(content), size):
            await socket.send(content[at : at + size])
        if end:
            await socket.send("end")
        async for message in socket:
            found.append(json.loads(message))
    return found


def test_a_stream_has_the_events_of_the_file_however_it_is_cut(endpoint, tmp_path):
    import soundfile

    content = pcm(300, 900, 300)
    path = Path(tmp_path / "a.wav")
    soundfile.write(path, memoryview(content).cast("h"), RATE)
    expected = [
        (one["onset"], one["offset"], one["label"])
        for one in endpoint.post(path.read_bytes(), "/v1/events").json()["events"]
    ]
    assert [one[2] for one in expected] == ["low", "high", "low"]
    for size in (111, 1600, 1 << 20):
        told = finished(streamed(endpoint.url, content, size, f"rate={RATE}&windows=1"))
        assert [
            (one["onset"], one["offset"], one["label"]) for one in told if one["is"] == "event"
        ] == expected
        assert [one["is"] for one in told][-1] == "end" and told[-1]["duration"] == 3.0
        assert sum(one["is"] == "begins" for one in told) == 3
        assert sum(one["is"] == "window" for one in told) > 20


@pytest.mark.parametrize(
    ("query", "content", "said"),
    [
        ("", b"\0\0", "rate is None"),
        ("rate=0", b"\0\0", "rate is 1 to"),
        ("rate=8000&sample=mp3", b"\0\0", "sample one of"),
        ("rate=8000&sample=f32", b"\xff\xff\xff\xff" * 800, "NaN"),
    ],
)
def test_a_stream_that_makes_no_sense_is_told_why(endpoint, query, content, said):
    try:
        told = finished(streamed(endpoint.url, content, 1 << 16, query, end=False))
    except websockets.ConnectionClosedError as error:
        told = [{"is": "error", "message": str(error)}]
    assert told == [] or told[0]["is"] == "error"
    until(lambda: endpoint.figure("soundyard_model_streams") == 0, 10, "the stream has ended")
    assert "Traceback" not in endpoint.log.read_text()
    if told:
        assert said in told[0]["message"] or "1007" in told[0]["message"]
