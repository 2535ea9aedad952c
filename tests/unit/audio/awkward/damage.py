"""Files that are broken, cut, empty, something else than a file, or no sound."""

import os
import socket
import struct
import zlib
from functools import partial
from pathlib import Path

import numpy as np

from .contract import Awkward, Make, encoded, holding, tone, void
from .formats import HAS_AV, record


def long_enough() -> np.ndarray:
    """Four seconds of tone and noise: enough for every codec to have written several blocks."""
    noise = np.random.default_rng(0).standard_normal(32000) * 0.05
    return tone(seconds=4.0) + noise


def cut(form: str, share: float = 0.5) -> bytes:
    """The first `share` of a file."""
    whole = encoded(long_enough(), form=form)
    return whole[: int(share * len(whole))]


def cut_foreign(path: Path, codec: str) -> None:
    """The first half of a file that FFmpeg wrote."""
    record(path, codec, 48000, sound=np.tile(long_enough(), 4)[None])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def sized(riff: int, data: int) -> bytes:
    """A WAV with these sizes in its header."""
    whole = bytearray(encoded())
    whole[4:8], whole[40:44] = struct.pack("<I", riff), struct.pack("<I", data)
    return bytes(whole)


def rated(rate: int) -> bytes:
    """A WAV with this sample rate in its header."""
    whole = bytearray(encoded())
    whole[24:32] = struct.pack("<II", rate, (2 * rate) & 0xFFFFFFFF)
    return bytes(whole)


def flipped() -> bytes:
    """A FLAC in the middle of which bytes were overwritten."""
    whole = bytearray(encoded(long_enough(), form="FLAC"))
    middle = len(whole) // 2
    whole[middle : middle + 64] = bytes(64)
    return bytes(whole)


def listening(path: Path) -> None:
    """A socket; its name is too long for the system beside a long path, so it is bound from its folder."""
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
    finally:
        os.chdir(here)


def linked(to: str) -> Make:
    return lambda path: path.symlink_to(to)


def png() -> bytes:
    """A picture of one point."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


DAMAGED = {
    b"empty.wav": (b"", "0 bytes"),
    b"empty.m4a": (b"", "0 bytes"),
    b"empty.flac": (b"", "0 bytes"),
    b"zeros.wav": (bytes(4096), "not sound"),
    b"text.wav": (b"this is not sound\n" * 20, "text"),
    b"text.mp3": (b"this is not sound\n" * 20, ""),
    b"text.m4a": (b"this is not sound\n" * 20, ""),
    b"page.mp3": (b"<!DOCTYPE html><title>404</title>" * 9, ""),
    b"pointer.wav": (b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 12\n", "git lfs pull"),
    b"riff.wav": (b"RIFF", ""),
    b"head of.wav": (encoded()[:20], ""),
    b"head of.flac": (encoded(form="FLAC")[:42], ""),
    b"head of.ogg": (encoded(form="OGG")[:60], ""),
    b"header alone.wav": (encoded()[:44], ""),
    b"no samples.wav": (encoded(np.zeros(0)), "no samples"),
    b"no samples.flac": (encoded(np.zeros(0), form="FLAC"), ""),
    b"rate of nothing.wav": (rated(0), ""),
    b"noise.bin.wav": (np.random.default_rng(1).bytes(5000), ""),
}
FORMS = ("WAV", "FLAC", "OGG", "MP3", "AIFF", "CAF", "W64", "RF64", "AU")
TRUNCATED = {f"cut.{form.lower()}".encode(): partial(cut, form) for form in FORMS}
NO_SOUND = {
    b"notes.txt": b"notes\n", b".DS_Store": b"\0\0\0\1Bud1" + bytes(200), b"cover.png": png(),
    b"Thumbs.db": bytes(512), b"labels.csv": b"a,b\n1,2\n", b"README": b"read me\n",
    b"._x.wav": b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(80),
    b"random.bin": np.random.default_rng(2).bytes(3000), b"empty": b"", b"empty.txt": b"", b"script.py": b"print()\n",
    b"x.json": b"{}", b"archive.zip": b"PK\5\6" + bytes(18), b"page.html": b"<html></html>", b"book.pdf": b"%PDF-1.4\n",
}  # fmt: skip

FILES = [
    *(Awkward(b"damage/" + name, holding(body), "skipped", says) for name, (body, says) in DAMAGED.items()),
    *(Awkward(b"damage/" + name, holding(make), "cut", "truncated") for name, make in TRUNCATED.items()),
    Awkward(b"damage/overwritten.flac", holding(flipped), "either"),
    Awkward(b"damage/size too big.wav", holding(partial(sized, 10**6, 10**6)), "cut"),
    Awkward(b"damage/size of a pipe.wav", holding(partial(sized, 0xFFFFFFFF, 0xFFFFFFFF)), "either"),
    Awkward(b"damage/size of nothing.wav", holding(partial(sized, 0, 0)), "either"),
    Awkward(b"damage/more behind.wav", holding(lambda: encoded() + b"junk" * 50)),
    Awkward(b"damage/tag before.mp3", holding(lambda: b"ID3\3\0\0\0\0\0\x0a" + bytes(10) + encoded(form="MP3"))),
    Awkward(b"damage/two in one.ogg", holding(lambda: 2 * encoded(form="OGG"))),
    Awkward(b"damage/dangling.wav", linked("nowhere.wav"), "skipped", "is a link to what is not there"),
    Awkward(b"damage/loop.wav", linked("loop.wav"), "skipped", "links"),
    Awkward(b"damage/linked.wav", linked("more behind.wav")),
    Awkward(b"damage/linked to itself", linked("."), "none"),
    Awkward(b"damage/pipe.wav", lambda path: os.mkfifo(path), "skipped", "pipe"),
    Awkward(b"damage/socket.wav", listening, "skipped", "socket"),
    Awkward(b"damage/device.wav", linked("/dev/zero"), "skipped", "a device"),
    Awkward(b"damage/terminal.wav", linked("/dev/tty"), "skipped", "a device"),
    Awkward(b"damage/folder.wav", lambda path: void(path.mkdir()), "none"),
    *(Awkward(b"damage/" + name, holding(body), "no sound") for name, body in NO_SOUND.items()),
]  # fmt: skip
if HAS_AV:
    FILES += [
        Awkward(b"damage/cut.m4a", partial(cut_foreign, codec="aac"), "skipped"),  # its index was at the end
        Awkward(b"damage/cut.webm", partial(cut_foreign, codec="libopus"), "cut"),
        Awkward(
            b"damage/cut.aac", partial(cut_foreign, codec="aac"), "either"
        ),  # no header says how long it was
    ]
