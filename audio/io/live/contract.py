"""What every source of live sound gives, and the thread that reads it while the model computes."""

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

import numpy as np

from audio.io.channels import Speakers
from audio.io.given import Given

AHEAD = 256  # blocks that may wait for the model; a pipe or an address is read no faster then
LOOK = 0.1  # s between two looks whether to stop


class Source(Protocol):
    """An open source."""

    sample_rate: int  # Hz
    speakers: Speakers  # of the channels, where they are known

    def blocks(self) -> Iterator[np.ndarray]:
        """`(frames,)` or `(frames, channels)`, as soon as each is there, until the sound ends. Raises Undecodable."""


Opened = AbstractContextManager[Source]


class Live:
    """A source that is read by a thread of its own, as an open sound (`audio.io.reading.Sound`)."""

    def __init__(self, source: Source) -> None:
        self.sample_rate = source.sample_rate
        self.frames: int | None = None
        self.slack, self.unfinished = 0, False
        self.began = time.time()  # when the first samples came
        self.arrived = time.perf_counter()  # when those came that were given out last
        self._waiting: queue.Queue[tuple[float, np.ndarray] | BaseException | None] = queue.Queue(AHEAD)
        self._stopped = threading.Event()
        threading.Thread(target=self._read, args=(source,), daemon=True).start()
        self._given = Given(self._blocks(), self.sample_rate)
        if source.speakers and len(source.speakers) == self._given.channels:
            self._given.speakers = source.speakers
        self.speakers = self._given.speakers

    def blocks(self, start: int, end: int | None) -> Iterator[np.ndarray]:
        """See `Sound`; once."""
        return self._given.blocks(start, end)

    def stop(self) -> None:
        """End the sound here; from any thread, or from the handler of a signal."""
        self._stopped.set()

    def _read(self, source: Source) -> None:
        try:
            for block in source.blocks():
                self._put((time.perf_counter(), block))
                if self._stopped.is_set():
                    break
            self._put(None)
        except BaseException as error:  # is raised where the blocks are taken
            self._put(error)

    def _put(self, one: tuple[float, np.ndarray] | BaseException | None) -> None:
        while not self._stopped.is_set():
            try:
                self._waiting.put(one, timeout=LOOK)
                return
            except queue.Full:
                continue

    def _blocks(self) -> Iterator[np.ndarray]:
        first = True
        while not self._stopped.is_set():
            try:
                one = self._waiting.get(timeout=LOOK)
            except queue.Empty:
                continue
            if one is None:
                return
            if isinstance(one, BaseException):
                raise one
            self.arrived, block = one
            if first:
                first, self.began = False, time.time()
            yield block
