"""Sound from a microphone, through the package sounddevice (PortAudio)."""

import queue
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from audio.errors import ConfigError
from audio.io.channels import Speakers

BLOCK = 0.02  # s
MOST = 3000  # blocks, a minute, that may wait before sound is dropped


class Microphone:
    """An open microphone, its first channel."""

    speakers: Speakers = ()

    def __init__(self, rate: int) -> None:
        self.sample_rate = rate
        self.waiting: queue.Queue[np.ndarray] = queue.Queue(MOST)
        self.dropped = 0  # blocks, since it was told last

    def take(self, block: np.ndarray, *_: Any) -> None:
        """Called by PortAudio's thread: it must not wait."""
        try:
            self.waiting.put_nowait(block[:, 0].copy())
        except queue.Full:
            self.dropped += 1

    def blocks(self) -> Iterator[np.ndarray]:
        while True:
            block = self.waiting.get()
            yield block
            if self.dropped:
                lost, self.dropped = self.dropped, 0
                print(
                    f"note: the model is too slow for this microphone: {lost * BLOCK:.2f} s were not heard",
                    file=sys.stderr,
                    flush=True,
                )
                for _ in range(lost):  # times stay those of the clock
                    yield np.zeros_like(block)


@contextmanager
def opened(name: str = "", rate: int | None = None) -> Iterator[Microphone]:
    """`name`: of the device, or a part of it; empty: the usual one. `rate`: Hz; None: the device's own.

    Raises ConfigError: sounddevice or PortAudio is not installed, or there is no such device.
    """
    try:
        import sounddevice
    except (ImportError, OSError) as error:  # the second where PortAudio itself is missing
        raise ConfigError(
            "A microphone needs the package sounddevice and the library PortAudio: pip install sounddevice, and on "
            f"Debian apt install libportaudio2 ({error})."
        ) from error
    try:
        device = sounddevice.query_devices(name or None, "input")
        made = Microphone(rate or int(device["default_samplerate"]))
        stream = sounddevice.InputStream(
            samplerate=made.sample_rate, blocksize=round(BLOCK * made.sample_rate), device=device["name"], channels=1,
            dtype="float32", callback=made.take,
        )  # fmt: skip
    except (sounddevice.PortAudioError, ValueError) as error:
        raise ConfigError(f"There is no microphone {name!r} that can be used: {error}.") from error
    with stream:
        yield made
