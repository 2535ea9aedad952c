"""What an awkward file is: its name, how it is made, and what must become of it."""

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

RATE = 8000  # Hz, of ordinary sounds
Make = Callable[[Path], None]


@dataclass(frozen=True)
class Awkward:
    """A file below a data folder.

    `fate`: `read`, `cut` (read, with a note), `skipped`, `left out`, `no sound`, `either` (read or skipped), `none` (it
    is no file). `says` stands in the reason or in the note.
    """

    name: bytes
    make: Make
    fate: str = "read"
    says: str = ""

    def write(self, root: Path) -> Path:
        path = root / os.fsdecode(self.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.make(path)
        return path


def tone(rate: int = RATE, seconds: float = 0.25, pitch: float = 440.0) -> np.ndarray:
    """A sine at half scale, float64 `(frames,)`."""
    return 0.5 * np.sin(2 * np.pi * pitch * np.arange(round(rate * seconds)) / rate)


def encoded(
    sound: np.ndarray | None = None, rate: int = RATE, form: str = "WAV", subtype: str | None = None
) -> bytes:
    """A sound file's bytes, as libsndfile writes them."""
    stream = io.BytesIO()
    soundfile.write(stream, tone(rate) if sound is None else sound, rate, format=form, subtype=subtype)
    return stream.getvalue()


def holding(content: bytes | Callable[[], bytes]) -> Make:
    """Writes these bytes."""
    return lambda path: void(path.write_bytes(content() if callable(content) else content))


def void(_: object) -> None:
    """For functions whose answer nobody needs."""
