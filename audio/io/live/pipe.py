"""Sound from a pipe: a WAV file as it is written, or samples alone, of which one says what they are."""

import os
import struct
from collections.abc import Iterator
from typing import IO

import numpy as np

from audio.errors import ConfigError
from audio.io.channels import Speakers
from audio.io.reading import Undecodable

FORMATS = {  # of samples, little-endian: how numpy calls them, and bytes of one
    "u8": ("u1", 1),
    "s16": ("<i2", 2),
    "s24": ("", 3),
    "s32": ("<i4", 4),
    "f32": ("<f4", 4),
    "f64": ("<f8", 8),
}
AT_ONCE = 1 << 16  # bytes that are read at the most; as many as are there are taken
LONGEST_HEAD = 1 << 20  # bytes of a WAV before its samples
PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE


class Pipe:
    """Samples from a binary stream, as they come."""

    speakers: Speakers = ()

    def __init__(self, stream: IO[bytes], rate: int | None, channels: int = 1, sample: str = "s16") -> None:
        """With `rate` (Hz) the stream is samples alone; without it a WAV file. `sample` is one of `FORMATS`.

        Raises Undecodable: it is no WAV file; ConfigError: what can't be a rate or channels.
        """
        self._file = stream.fileno()
        self._ended = False
        self._left: int | None = None  # bytes of samples that the header promises
        if rate is None:
            rate, channels, sample = self._header()
        if rate < 1 or not 1 <= channels <= 64:
            raise ConfigError(
                f"rate is {rate} Hz and channels is {channels}; expected at least 1, and 1 to 64."
            )
        self.sample_rate, self._channels, self._sample = rate, channels, sample

    def blocks(self) -> Iterator[np.ndarray]:
        frame = FORMATS[self._sample][1] * self._channels
        rest = b""
        while self._left is None or self._left > 0:
            some = os.read(self._file, AT_ONCE if self._left is None else min(AT_ONCE, self._left))
            if not some:
                return
            self._left = None if self._left is None else self._left - len(some)
            rest += some
            whole = len(rest) - len(rest) % frame
            if whole:
                yield samples(rest[:whole], self._sample).reshape(-1, self._channels)
                rest = rest[whole:]

    def _header(self) -> tuple[int, int, str]:
        """Rate, channels and format of a WAV file, read up to its first sample."""
        head = self._exactly(12)
        if head[:4] not in (b"RIFF", b"RF64") or head[8:12] != b"WAVE":
            raise Undecodable(
                "is no WAV file; for samples alone say their --rate, and --channels and --sample where they are not "
                "one channel of s16"
            )
        found: tuple[int, int, str] | None = None
        read = 12
        while True:
            name, size = struct.unpack("<4sI", self._exactly(8))
            if name == b"data":
                if found is None:
                    raise Undecodable("is no WAV file: its samples come before it says what they are")
                self._left = size if 0 < size < 0x7FFFF000 else None  # who writes to a pipe does not know it
                return found
            read += 8 + size
            if read > LONGEST_HEAD:
                raise Undecodable("is a WAV file whose samples do not come")
            body = self._exactly(size + size % 2)
            if name == b"fmt ":
                found = _format(body)

    def _exactly(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            some = os.read(self._file, size - len(found))
            if not some:
                raise Undecodable(
                    "ends before its first sample" if found else "holds no samples (zero length)"
                )
            found += some
        return found


def _format(body: bytes) -> tuple[int, int, str]:
    if len(body) < 16:
        raise Undecodable("is a damaged WAV file")
    kind, channels, rate, _, _, bits = struct.unpack("<HHIIHH", body[:16])
    if kind == EXTENSIBLE and len(body) >= 26:
        (kind,) = struct.unpack("<H", body[24:26])
    names = {
        (PCM, 8): "u8", (PCM, 16): "s16", (PCM, 24): "s24", (PCM, 32): "s32", (FLOAT, 32): "f32", (FLOAT, 64): "f64",
    }  # fmt: skip
    if (kind, bits) not in names:
        raise Undecodable(f"is a WAV file of kind {kind} with {bits} bits, which can't be read from a pipe")
    return int(rate), int(channels), names[kind, bits]


def samples(content: bytes, sample: str) -> np.ndarray:
    """The samples in bytes, in the type that they have; 24 bits as 32."""
    if sample != "s24":
        return np.frombuffer(content, FORMATS[sample][0])
    wide = np.zeros((len(content) // 3, 4), np.uint8)
    wide[:, 1:] = np.frombuffer(content, np.uint8).reshape(-1, 3)
    return wide.reshape(-1).view("<i4")
