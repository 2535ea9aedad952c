"""What the header of a sound file promises: libsndfile quietly takes a file that was cut for a shorter one."""

import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

MOST = 1000  # chunks that are looked at
UNKNOWN = {0, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF}  # sizes written by who did not know them yet
STREAMED = 0x7FFFF000  # and those that stand for "to the end" where they are 32 bits
EXTENSIBLE = 0xFFFE
SPEAKERS = (  # by the bits of a WAV's mask
    *(
        "FL",
        "FR",
        "FC",
        "LFE",
        "BL",
        "BR",
        "FLC",
        "FRC",
        "BC",
        "SL",
        "SR",
        "TC",
        "TFL",
        "TFC",
        "TFR",
        "TBL",
        "TBC",
        "TBR",
    ),
)
PLAIN = {1, 3, 6, 7, 0xFFFE}  # WAV: codecs of which every frame has as many bytes
ESTIMATED = {0x55}  # MP3: the count of samples in a WAV is its encoder's, with what comes before the sound
AIFF_PLAIN = {b"NONE", b"sowt", b"twos", b"raw ", b"in24", b"in32", b"fl32", b"FL32", b"fl64", b"FL64", b"ulaw"} | {
    b"ULAW", b"alaw", b"ALAW",
}  # fmt: skip
AU_BYTES = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4, 7: 8, 27: 1}  # a sample, by encoding
TAIL = 1 << 17  # bytes at the end in which the last page of an Ogg file begins
FIRST, LAST = 2, 4  # flags of the first page of a stream and of its last


def promised_frames(path: Path) -> int | None:
    """Frames that the header of a WAV, RF64, W64, AIFF, AU or CAF promises, whatever is there; None: it doesn't say."""
    try:
        with path.open("rb") as file:
            read = READERS.get(file.read(4))
            return read(file) if read else None
    except (OSError, struct.error, ZeroDivisionError, OverflowError):
        return None


def speakers_of(path: Path) -> tuple[str, ...]:
    """The loudspeakers that a WAV's channels are for, as its header tells; empty where it does not."""
    try:
        with path.open("rb") as file:
            if file.read(4) not in (b"RIFF", b"RF64", b"BW64"):
                return ()
            file.seek(12)
            for name, place, size in _chunks(file, "<4sI", 2):
                if name == b"fmt " and size >= 40:
                    codec, channels = _at(file, place, "<HH")
                    (mask,) = _at(file, place + 20, "<I")
                    named = tuple(speaker for bit, speaker in enumerate(SPEAKERS) if mask >> bit & 1)
                    return named if codec == EXTENSIBLE and len(named) == channels else ()
    except (OSError, struct.error):
        pass
    return ()


def lacks_its_end(path: Path) -> bool:
    """Whether an Ogg file ends without the page that says it is the last one."""
    with path.open("rb") as file:
        if file.read(4) != b"OggS":
            return False
        file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL))
        tail = file.read()
    last = tail.rfind(b"OggS\0")
    return last < 0 or last + 27 > len(tail) or not tail[last + 5] & LAST


def is_chain(path: Path) -> bool:
    """Whether an Ogg file goes on with another stream behind the first one, which libsndfile leaves out."""
    with path.open("rb") as file:
        begun = False
        while (head := file.read(27))[:4] == b"OggS" and len(head) == 27:
            first = bool(head[5] & FIRST)
            if first and begun:
                return True
            begun = begun or not first
            file.seek(sum(file.read(head[26])), os.SEEK_CUR)
    return False


def _chunks(file: BinaryIO, head: str, even: int, counted: int = 0) -> Iterator[tuple[bytes, int, int]]:
    """Name, place and size of the chunks from where the file stands.

    `head` is how name and size are written, `even` of what each is filled up to a multiple, `counted` what the size
    holds of the head.
    """
    at, size_of_head = file.tell(), struct.calcsize(head)
    for _ in range(MOST):
        file.seek(at)
        content = file.read(size_of_head)
        if len(content) < size_of_head:
            return
        name, size = struct.unpack(head, content)
        size = max(0, size - counted)
        yield name, at + size_of_head, size
        at += size_of_head + size + -size % even


def _at(file: BinaryIO, place: int, form: str) -> tuple[Any, ...]:
    file.seek(place)
    return struct.unpack(form, file.read(struct.calcsize(form)))


def _riff(order: str) -> Callable[[BinaryIO], int | None]:
    def read(file: BinaryIO) -> int | None:
        file.seek(12)
        codec, align, counted, long = 0, 0, None, None
        for name, place, size in _chunks(file, f"{order}4sI", 2):
            if name == b"fmt ":
                codec, _, _, _, align = _at(file, place, f"{order}HHIIH")
            elif name == b"fact":
                (counted,) = _at(file, place, f"{order}I")
            elif name == b"ds64":
                _, long = _at(file, place, f"{order}QQ")
            elif name == b"data":
                size = long if long and size in UNKNOWN else size
                if codec not in PLAIN:
                    return None if codec in ESTIMATED or counted in UNKNOWN else counted
                return None if size in UNKNOWN or (not long and size >= STREAMED) else size // align
        return None

    return read


def _w64(file: BinaryIO) -> int | None:
    file.seek(40)
    codec, align = 0, 0
    for name, place, size in _chunks(file, "<4s12xQ", 8, counted=24):
        if name == b"fmt ":
            codec, _, _, _, align = _at(file, place, "<HHIIH")
        elif name == b"data":
            return size // align if codec in PLAIN else None
    return None


def _aiff(file: BinaryIO) -> int | None:
    _, kind = _at(file, 4, ">I4s")
    for name, place, size in _chunks(file, ">4sI", 2):
        if name == b"COMM":
            _, frames = _at(file, place, ">hI")
            codec = _at(file, place + 18, ">4s")[0] if kind == b"AIFC" and size >= 22 else b"NONE"
            return None if codec not in AIFF_PLAIN or frames in UNKNOWN else frames
    return None


def _au(order: str) -> Callable[[BinaryIO], int | None]:
    def read(file: BinaryIO) -> int | None:
        size, encoding, _, channels = _at(file, 8, f"{order}IIII")
        width = AU_BYTES.get(encoding)
        return None if not width or size in UNKNOWN else size // (width * channels)

    return read


def _caf(file: BinaryIO) -> int | None:
    file.seek(8)
    packet, frames = 0, 0
    for name, place, size in _chunks(file, ">4sQ", 1):
        if name == b"desc":
            packet, frames = _at(file, place + 16, ">II")
        elif name == b"pakt":
            return _at(file, place + 8, ">Q")[0] or None
        elif name == b"data":
            if size in UNKNOWN:
                return None
            if packet:
                return (size - 4) // packet * frames
    return None


READERS = {
    b"RIFF": _riff("<"),
    b"RIFX": _riff(">"),
    b"RF64": _riff("<"),
    b"BW64": _riff("<"),
    b"riff": _w64,
    b"FORM": _aiff,
    b".snd": _au(">"),
    b"dns.": _au("<"),
    b"caff": _caf,
}
