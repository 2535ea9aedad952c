"""Recordings heard in parallel processes, each with a model of its own.

A worker is `python -m audio.events.workers`: a line of JSON in, what was found out. A decoder that crashes on a
hostile file takes only its worker with it, and the file is one that can't be heard.
"""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from audio import interruption
from audio.errors import AudioError, ConfigError
from audio.events.config import EventConfig
from audio.events.hearing import Detector, Found, Listening
from audio.events.tracking import Event

ROOT = Path(__file__).resolve().parents[2]
TRIES = 2  # of a recording over which the process ended
BROKEN = (AudioError, OSError, ValueError, RuntimeError)  # of one file; torch's and soundfile's among them
OFTEN = 0.2  # s between two words of how far a recording is heard


@dataclass(frozen=True)
class Part:
    """How far a recording is heard."""

    path: Path
    heard: float  # s
    whole: float | None  # s; None: its file does not say


def hear_all(
    detector: Detector,
    about: dict[str, Any],
    paths: Iterable[Path],
    jobs: int,
    listening: Callable[[Part], object],
) -> Iterator[Found]:
    """What is found in recordings, each as soon as it is heard; one that can't be has an `error`.

    `about` holds the arguments of `Detector` and the `plugins`, for processes. `listening` is told now and then how far
    each is. Raises ConfigError: none starts.
    """
    if jobs <= 1:
        for path in paths:
            yield heard(detector, path, parts_of(path, listening))
        return
    waiting = iter(paths)
    lock, results = threading.Lock(), queue.Queue[Found | Part | BaseException | None](4 * jobs)
    workers: list[_Worker] = []
    ended = threading.Event()

    def serve(worker: _Worker) -> None:
        try:
            while not ended.is_set():
                with lock:
                    path = next(waiting, None)
                if path is None:
                    break
                results.put(worker.hear(path, results.put))
        except BaseException as error:  # is raised in the caller's thread
            results.put(error)
        results.put(None)

    try:
        for _ in range(jobs):
            workers.append(_Worker(about))
        for worker in workers:
            threading.Thread(target=serve, args=(worker,), daemon=True).start()
        left = len(workers)
        while left:
            found = results.get()
            if found is None:
                left -= 1
            elif isinstance(found, BaseException):
                raise found
            elif isinstance(found, Part):
                listening(found)
            else:
                yield found
    finally:
        ended.set()
        for worker in workers:
            worker.close()


def parts_of(path: Path, listening: Callable[[Part], object]) -> Listening:
    """What a detector tells, with the recording that it is of."""
    return lambda at, whole: listening(Part(path, at, whole))


def heard(detector: Detector, path: Path, listening: Listening | None = None) -> Found:
    """What is found in one recording, or why nothing is."""
    try:
        return detector.file(path, listening)
    except BROKEN as error:
        return Found(path, 0.0, error=str(error).strip() or type(error).__name__)


class _Worker:
    """One process that hears for one caller at a time."""

    def __init__(self, about: dict[str, Any]) -> None:
        self._about = about
        self._lock, self._closed = threading.Lock(), False
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
        }
        with interruption.unheard():
            process = subprocess.Popen(
                [sys.executable, "-m", "audio.events.workers"],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        assert process.stdin
        with contextlib.suppress(BrokenPipeError):  # it has ended already, which is seen when it is asked
            process.stdin.write(json.dumps(self._about).encode() + b"\n")
            process.stdin.flush()
        return process

    def hear(self, path: Path, listening: Callable[[Part], object]) -> Found:
        """What was found; of a file over which two processes ended, that. Raises ConfigError: none can start."""
        for _ in range(TRIES):
            told = self._ask(path, listening)
            if told is not None:
                if "refused" in told:
                    raise ConfigError(told["refused"])
                events = [Event(*one) for one in told["events"]]
                return Found(path, told["duration"], events, told["notes"], told["error"])
            status = self._process.wait()
            with self._lock:
                if self._closed:
                    break
                self._process = self._start()
        return Found(path, 0.0, error=f"the decoder crashed on it (exit status {status})")

    def _ask(self, path: Path, listening: Callable[[Part], object]) -> dict[str, Any] | None:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin and stdout
        try:
            stdin.write(json.dumps(str(path)).encode() + b"\n")
            stdin.flush()
        except BrokenPipeError:
            return None
        while (line := stdout.readline()).endswith(b"\n"):
            told: dict[str, Any] = json.loads(line)
            if "heard" not in told:
                return told
            listening(Part(path, told["heard"], told["whole"]))
        return None

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._process.kill()
            self._process.wait()


def main() -> None:
    """The worker's side: the model first, then a line for each recording."""
    out = sys.stdout.buffer
    first = sys.stdin.buffer.readline()
    if not first:
        return  # who has started this has ended
    about, refused = json.loads(first), ""
    try:
        if about["plugins"]:
            from audio import plugins

            plugins.load(about["plugins"])
        config = EventConfig(**about["config"])
        detector = Detector(
            about["model"],
            config,
            about["device"],
            about["precision"],
            threads=1,
            calibrated=about["calibrated"],
        )
    except AudioError as error:
        refused = str(error)
    last = time.monotonic()

    def listening(at: float, whole: float | None) -> None:
        nonlocal last
        if (now := time.monotonic()) - last >= OFTEN:
            last = now
            out.write(json.dumps({"heard": at, "whole": whole}).encode() + b"\n")
            out.flush()

    for line in sys.stdin.buffer:
        if refused:
            told: dict[str, Any] = {"refused": refused}
        else:
            found = heard(detector, Path(json.loads(line)), listening)
            told = {
                "duration": found.duration,
                "events": [[*asdict(event).values()] for event in found.events],
                "notes": found.notes,
                "error": found.error,
            }
        out.write(json.dumps(told).encode() + b"\n")
        out.flush()


if __name__ == "__main__":
    main()
