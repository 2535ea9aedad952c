"""`soundyard listen`, as a process: pipes, addresses and microphones have the events of the recording, and at once."""

import http.server
import json
import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile

from audio.errors import ConfigError
from audio.events.hearing import Detector
from audio.io.live import microphone
from audio.io.live.contract import Live
from audio.io.live.pipe import FORMATS, samples
from soundyard.hearing import events, listen
from tests.conftest import ROOT
from tests.unit.audio.heard import RATE

from .conftest import alternating

OPTIONS = ("--hop", "0.1", "--threshold", "0.6", "--gap", "0.2")
SUBTYPES = {
    "u8": "PCM_U8",
    "s16": "PCM_16",
    "s24": "PCM_24",
    "s32": "PCM_32",
    "f32": "FLOAT",
    "f64": "DOUBLE",
}
TEN_MINUTES = 600
FASTER = 50


def command(onnx: Path, *words: object) -> list[str]:
    return [sys.executable, "-m", "soundyard", "listen", *map(str, words), "--model", str(onnx), *OPTIONS]


def rows(table: Path) -> list[tuple[Any, ...]]:
    found = pd.read_csv(table)
    return sorted(zip(found.onset, found.offset, found.label, found.score.round(3), strict=True))


def offline(onnx: Path, recording: Path, out: Path) -> list[tuple[Any, ...]]:
    assert events.main([str(recording), "--model", str(onnx), *OPTIONS, "--out", str(out)]) == 0
    return rows(out)


@pytest.mark.parametrize("sample", FORMATS)
def test_a_pipe_has_the_events_of_the_recording_as_wav_and_as_samples_alone(onnx, tmp_path, sample):
    recording = tmp_path / "a.wav"
    stereo = np.stack([alternating([300, 900, 300], 1.0, 16000), np.zeros(48000)], 1)
    soundfile.write(recording, stereo, 16000, subtype=SUBTYPES[sample])
    expected = offline(onnx, recording, tmp_path / "offline.csv")
    assert [row[2] for row in expected] == ["low", "high", "low"]
    raw = tmp_path / "raw"
    soundfile.write(raw, stereo, 16000, subtype=SUBTYPES[sample], format="RAW", endian="LITTLE")
    alone = ("--rate", 16000, "--channels", 2, "--sample", sample)
    if sample == "u8":
        raw.write_bytes((np.frombuffer(recording.read_bytes()[44:], np.uint8)).tobytes())
    for content, more in ((recording.read_bytes(), ()), (raw.read_bytes(), alone)):
        words = command(onnx, "-", "--out", tmp_path / "live.csv", *more)
        done = subprocess.run(words, cwd=ROOT, input=content, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert rows(tmp_path / "live.csv") == expected
        assert b"ms after the end of their window" in done.stderr


def test_24_bits_are_read_with_their_sign():
    raw = b"\xff\xff\xff" + b"\x00\x00\x80" + b"\x01\x00\x00"
    assert (samples(raw, "s24") / 256).tolist() == [-1, -(2**23), 1]


@contextmanager
def served(content: bytes, per_second: float | None) -> Iterator[str]:
    """An HTTP server that sends those bytes at that pace; gives their address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "audio/x-wav")
            self.end_headers()
            started, at = time.monotonic(), 0
            try:
                while at < len(content):
                    self.wfile.write(content[at : at + 8192])
                    at += 8192
                    if per_second:
                        time.sleep(max(0.0, started + at / per_second - time.monotonic()))
            except (BrokenPipeError, ConnectionResetError):
                pass

        def log_message(self, *_: Any) -> None:
            pass

    class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/live"
        finally:
            server.shutdown()
            thread.join()


def test_ten_minutes_streamed_fifty_times_as_fast_have_the_events_of_the_recording(onnx, tmp_path):
    pytest.importorskip("av")
    dice = np.random.default_rng(0)
    parts = [
        dice.choice([1e-5, 0.02, 1.0])
        * alternating([int(dice.choice([300, 900]))], float(dice.choice([0.7, 2.3])))
        for _ in range(450)
    ]
    recording = tmp_path / "ten minutes.wav"
    soundfile.write(recording, np.concatenate(parts)[: TEN_MINUTES * RATE], RATE, subtype="PCM_16")
    expected = offline(onnx, recording, tmp_path / "offline.csv")
    assert len(expected) > 100
    with served(recording.read_bytes(), FASTER * RATE * 2) as address:
        started = time.monotonic()
        words = command(onnx, address, "--out", tmp_path / "live.csv")
        done = subprocess.run(words, cwd=ROOT, capture_output=True, timeout=120)
        assert done.returncode == 0, done.stderr
        assert time.monotonic() - started > TEN_MINUTES / FASTER - 1
    assert rows(tmp_path / "live.csv") == expected


def test_an_answer_comes_in_less_than_a_tenth_of_a_second_on_one_core(onnx):
    core = next(iter(os.sched_getaffinity(0)))
    words = command(onnx, "-", "--rate", RATE, "--windows", "--json")
    process = subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}), bufsize=0,
    )  # fmt: skip
    assert process.stdin and process.stdout and process.stderr
    sound = (alternating([300, 900, 300, 900], 1.0) * 32767).astype("<i2")
    came: list[tuple[float, dict[str, Any]]] = []

    def read() -> None:
        assert process.stdout
        came.extend((time.monotonic(), json.loads(line)) for line in process.stdout)

    reader = threading.Thread(target=read)
    process.stdin.write(sound[:80].tobytes())
    assert b"listening" in process.stderr.readline()  # the model is loaded
    reader.start()
    sent, started = {0: time.monotonic()}, time.monotonic()
    for at in range(80, len(sound), 80):
        time.sleep(max(0.0, started + at / RATE - time.monotonic()))
        process.stdin.write(sound[at : at + 80].tobytes())
        sent[at] = time.monotonic()
    process.stdin.close()
    reader.join()
    assert process.wait(60) == 0
    windows = [(when, told) for when, told in came if told["is"] == "window"]
    late = [when - sent[int(told["end"] * RATE - 0.5) // 80 * 80] for when, told in windows]
    assert len(late) > 30 and np.median(late) < 0.1, late
    labels = [told["label"] for _, told in came if told["is"] == "event"]
    assert labels == ["low", "high", "low", "high"]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_what_goes_on_when_it_is_ended_is_told_with_its_end(onnx, tmp_path, how):
    words = command(onnx, "-", "--rate", RATE, "--out", tmp_path / "live.csv")
    process = subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    )
    assert process.stdin and process.stdout
    process.stdin.write((alternating([900], 3.0) * 32767).astype("<i2").tobytes())
    assert b"high begins" in process.stdout.readline()
    time.sleep(0.5)
    process.send_signal(how)
    out, err = process.communicate(timeout=60)
    assert b"high" in out and b"interrupted" in err and b"Traceback" not in err
    assert process.returncode == -signal.SIGINT
    assert [row[:3] for row in rows(tmp_path / "live.csv")] == [(0.0, 3.0, "high")]


@pytest.mark.parametrize(
    ("words", "content", "said"),
    [
        (["-"], b"", "holds no samples"),
        (["-"], b"no sound at all", "is no WAV file; for samples alone say their --rate"),
        (["-"], b"RIFF\x00\x00\x00\x00WAVEfmt ", "ends before its first sample"),
        (["-", "--rate", "0"], b"", "at least 1"),
        (["-", "--rate", "8000"], b"", "holds no samples"),
        (["gone.wav"], b"", "There is no file gone.wav"),
        (["http://127.0.0.1:1/x"], b"", "can't be opened; FFmpeg says"),
        (["http://"], b"", "can't be opened"),
        (["microphone"], b"", "pip install sounddevice"),
    ],
)
def test_a_source_that_is_none_is_refused_with_what_to_do(onnx, words, content, said):
    done = subprocess.run(command(onnx, *words), cwd=ROOT, input=content, capture_output=True, timeout=60)
    assert done.returncode != 0 and b"Traceback" not in done.stderr
    assert said in done.stderr.decode(), done.stderr


def test_an_address_without_pyav_says_what_is_missing(onnx, monkeypatch, capsys):
    monkeypatch.setattr("audio.io.live.address.find_spec", lambda _: None)
    assert listen.main(["rtsp://x", "--model", str(onnx)]) == 1
    assert "pip install av" in capsys.readouterr().err


class PortAudio(ModuleType):
    """Stands in for sounddevice, which needs hardware: calls back as its input stream does."""

    class PortAudioError(Exception):
        pass

    def __init__(self, sound: np.ndarray) -> None:
        super().__init__("sounddevice")
        self.sound = sound

    def query_devices(self, name: str | None, kind: str) -> dict[str, Any]:
        if name == "gone":
            raise ValueError("No input device matching 'gone'")
        return {"name": "usual", "default_samplerate": 44100.0}

    @contextmanager
    def InputStream(self, *, samplerate: int, blocksize: int, callback: Any, **_: Any) -> Iterator[None]:
        def play() -> None:
            for at in range(0, len(self.sound), blocksize):
                callback(self.sound[at : at + blocksize, None], blocksize, None, None)

        threading.Thread(target=play, daemon=True).start()
        yield


def test_a_microphone_has_the_events_of_a_recording_of_it(onnx, tmp_path, monkeypatch):
    sound = alternating([300, 900, 300], 1.0, 44100).astype(np.float32)
    monkeypatch.setitem(sys.modules, "sounddevice", PortAudio(sound))
    soundfile.write(tmp_path / "a.wav", sound, 44100, subtype="FLOAT")
    detector = Detector(onnx)
    expected = detector.file(tmp_path / "a.wav").events
    found = []
    with microphone.opened() as source:
        live = Live(source)
        for answer in detector.answers(live):
            found += answer.done
            if answer.end >= 2.99:
                live.stop()
    assert [(one.onset, one.label) for one in found] == [(one.onset, one.label) for one in expected]
    with pytest.raises(ConfigError, match="no microphone 'gone'"), microphone.opened("gone"):
        pass


def test_a_microphone_that_is_too_fast_for_the_model_is_told_and_times_stay_right(capsys):
    source = microphone.Microphone(8000)
    block = np.ones((160, 1), np.float32)
    for _ in range(microphone.MOST + 50):
        source.take(block)
    blocks = source.blocks()
    heard = [next(blocks) for _ in range(51 + 10)]
    assert "1.00 s were not heard" in capsys.readouterr().err
    assert sum(not one.any() for one in heard) == 50


def test_memory_of_an_endless_stream_does_not_grow(onnx):
    from audio.events.hearing import Endless

    heard, block = Endless(), np.full((80, 1), 0.1, np.float32)
    heard.rate = RATE
    for _ in range(100):
        heard.look(block, block[:, 0])
    assert heard.means == []
