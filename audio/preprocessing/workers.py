"""Decoding in parallel processes that import nothing but the decoder.

`multiprocessing` would import the calling program again in every child (and with it the experiment
tracker), or fork a process full of threads. A worker here is `python -m audio.preprocessing.workers`: a line of JSON
in, what is known of the clip and its samples out. A decoder that crashes on a hostile file takes only its worker
with it.
"""

import json
import queue
import subprocess
import sys
from collections.abc import Callable, Container, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from audio import interruption
from audio.io.decoding import Prepared, content_of, prepare
from audio.io.reading import Undecodable

ROOT = Path(__file__).resolve().parents[2]
TRIES = 2  # of a clip whose decoding ended the process
Answer = Prepared | Undecodable
Part = tuple[str, float, float | None]  # content of a file, start and end in it (s; None: to its end)


class Worker:
    """One process that prepares clips for one caller at a time."""

    def __init__(self) -> None:
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "audio.preprocessing.workers"]
        with interruption.unheard():
            return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def prepare(self, job: dict[str, Any]) -> Answer:
        """The samples of one clip, or why there are none. `job` holds the arguments of `decoding.prepare`.

        A process that ends over a clip gets it once more, in a new one: it may have been killed from outside, for
        memory that something else took. What ends the second as well is the clip's own doing.
        """
        for _ in range(TRIES):
            answer = self._ask(job)
            if answer is not None:
                return answer
            code = self.process.wait()
            self.process = self._start()
        return Undecodable(f"the decoder crashed on it (exit status {code})")

    def _ask(self, job: dict[str, Any]) -> Answer | None:
        """The process's answer; None when it ended over it, in the middle of its answer too."""
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin and stdout
        try:
            stdin.write(json.dumps(job).encode() + b"\n")
            stdin.flush()
        except BrokenPipeError:
            return None
        header = stdout.readline()
        if not header.endswith(b"\n"):
            return None
        answer = json.loads(header)
        if "errno" in answer:
            raise OSError(answer["errno"], answer["error"])
        if "reason" in answer:
            return Undecodable(answer["reason"])
        behind = answer.pop("behind")
        file = answer.pop("file")
        content = stdout.read(2 * behind) if behind else b""
        if len(content) != 2 * behind:
            return None
        samples = np.frombuffer(content, np.int16) if behind else None
        return Prepared(samples=samples, file=Path(file) if file else None, **answer)

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


def prepare_here(job: dict[str, Any]) -> Answer:
    """`decoding.prepare` in this process; the reason is returned, not raised. `content` of the file may be known.

    Raises OSError when there is no room to write.
    """
    path, content = Path(job.pop("path")), job.pop("content", "")
    try:
        content = content or content_of(path)
        made = prepare(path, **job)
    except Undecodable as reason:
        return reason
    except OSError:  # of what is written, not of what is read: the disk is full
        raise
    except Exception as error:  # decoders raise what they like on a hostile file; it must not end the run
        return Undecodable(f"cannot be decoded: {type(error).__name__}: {error}".strip(": "))
    made.content = content
    return made


def prepare_all(
    jobs: Iterable[dict[str, Any]], workers: int, known: Container[Part] = ()
) -> Iterator[Answer]:
    """Answers in the order of `jobs`, with `workers` processes and at most four clips a worker waiting
    in memory.

    Of parts of files that are `known` by their content the samples are not needed again: they come without.
    """
    if workers <= 1:
        yield from (_unless_known(known, prepare_here, dict(job)) for job in jobs)
        return
    idle: queue.Queue[Worker] = queue.Queue()
    everyone = [Worker() for _ in range(workers)]
    for worker in everyone:
        idle.put(worker)

    def work(job: dict[str, Any]) -> Answer:
        worker = idle.get()
        try:
            return _unless_known(known, worker.prepare, job)
        finally:
            idle.put(worker)

    pool = ThreadPoolExecutor(workers)
    try:
        yield from _ordered(pool.submit, work, jobs, ahead=4 * workers)
    finally:
        for worker in everyone:
            worker.process.kill()
        pool.shutdown(cancel_futures=True)
        for worker in everyone:
            worker.close()


def _unless_known(
    known: Container[Part], prepare: Callable[[dict[str, Any]], Answer], job: dict[str, Any]
) -> Answer:
    if not known:
        return prepare(job)
    try:
        content = content_of(Path(job["path"]))
    except Undecodable as reason:
        return reason
    if (content, job["start"], job["end"]) in known:
        return Prepared(content)
    return prepare({**job, "content": content})


def _ordered(
    submit: Callable[..., Future[Answer]], work: Any, jobs: Iterable[Any], ahead: int
) -> Iterator[Answer]:
    waiting: list[Future[Answer]] = []
    for job in jobs:
        waiting.append(submit(work, job))
        if len(waiting) >= ahead:
            yield waiting.pop(0).result()
    while waiting:
        yield waiting.pop(0).result()


def serve() -> None:
    """The worker's side: answer every line of stdin until it ends."""
    out = sys.stdout.buffer
    for line in sys.stdin.buffer:
        try:
            answer = prepare_here(json.loads(line))
        except OSError as error:
            out.write(
                json.dumps({"errno": error.errno, "error": error.strerror or str(error)}).encode() + b"\n"
            )
            out.flush()
            continue
        if isinstance(answer, Undecodable):
            out.write(json.dumps({"reason": str(answer)}).encode() + b"\n")
        else:
            samples = answer.samples
            about = {**vars(answer), "file": answer.file and str(answer.file), "behind": 0}
            del about["samples"]
            if samples is not None:
                about["behind"] = len(samples)
            out.write(json.dumps(about).encode() + b"\n")
            out.write(b"" if samples is None else samples.tobytes())
        out.flush()


if __name__ == "__main__":
    serve()
