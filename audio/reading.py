"""Sound files, opened and read block by block: what libsndfile knows, and through PyAV what only FFmpeg does.

What a file is, is told by its first bytes, not by its name. Nothing but a regular file is opened: a pipe would be
waited for, a device never ends.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Literal, Protocol

import numpy as np
import soundfile

from audio.channels import VORBIS, WAVE, Speakers
from audio.errors import AudioError

BLOCK = 1 << 18  # frames read at a time
SMALL = 1 << 10  # the same where a file breaks off
SUFFIXES = frozenset(  # of files that are expected to hold sound
    f".{name}"
    for names in (
        "wav wave flac ogg oga opus mp3 aif aiff aifc au snd caf w64 rf64",  # mostly libsndfile's
        "m4a m4b aac wma amr mp4 webm mkv mka mov 3gp 3g2 ac3 eac3 ape wv tta mp2 dts spx avi flv asf",
    )
    for name in names.split()
)
AT_START = (
    *(b"RF64", b"riff", b"fLaC", b"OggS", b".snd", b"caff", b"ID3", b"\x1aE\xdf\xa3", b"#!AMR", b"MAC "),
    *(b"wvpk", b"TTA1", b"0&\xb2u", b"FLV\x01", b"\x0bw", b"\x7f\xfe\x80\x01"),
)
INSIDE = {b"RIFF": (b"WAVE", b"AVI "), b"RIFX": (b"WAVE",), b"FORM": (b"AIFF", b"AIFC")}  # at byte 8


class Undecodable(AudioError):
    """A file holds no usable sound; the message is the reason, without the path."""


class Sound(Protocol):
    """An open sound file."""

    sample_rate: int  # Hz
    frames: int | None  # that the header promises; None: it does not say
    speakers: Speakers  # of the channels, where they are known

    def blocks(self, start: int, end: int | None) -> Iterator[np.ndarray]:
        """Float32 `(frames, channels)` from frame `start` to `end` (None: the last), a block at a time.

        Raises Undecodable when it can't be read any further.
        """


@contextmanager
def open_sound(path: Path) -> Iterator[Sound]:
    """A sound file, open while the block runs. Raises Undecodable."""
    _require_file(path)
    try:
        file = soundfile.SoundFile(os.fsencode(path))  # bytes: a name need not be text
    except soundfile.LibsndfileError as error:
        with _through_ffmpeg(path, _in_words(error)) as sound:
            yield sound
    except TypeError as error:  # of *.raw: samples without a header
        raise Undecodable("cannot be decoded: raw samples do not say their rate and format") from error
    else:
        with file:
            yield Libsndfile(file, path)


def _require_file(path: Path) -> None:
    try:
        found = path.stat()
    except FileNotFoundError as error:
        what = (
            "is a link to what is not there" if path.is_symlink() else "cannot be read: there is no such file"
        )
        raise Undecodable(what) from error
    except (OSError, ValueError) as error:
        raise Undecodable(f"cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if not stat.S_ISREG(found.st_mode):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "a pipe, a socket or a device"
        raise Undecodable(f"is {kind}, not a file")
    if found.st_size == 0:
        raise Undecodable("the file is empty (0 bytes)")
    try:
        path.open("rb").close()
    except OSError as error:
        raise Undecodable(f"cannot be read: {error.strerror or error}") from error


class Libsndfile:
    """A file that libsndfile reads."""

    def __init__(self, file: soundfile.SoundFile, path: Path) -> None:
        self._file = file
        self.sample_rate = int(file.samplerate)
        self.frames: int | None = max(int(file.frames), _promised(path, file.format))
        orders = VORBIS if file.format == "OGG" else WAVE
        self.speakers = orders.get(file.channels, ())

    def blocks(self, start: int, end: int | None) -> Iterator[np.ndarray]:
        position = min(start, self._file.frames)
        try:
            for size in (
                BLOCK,
                SMALL,
            ):  # an error takes its whole block along: then in small ones, up to the fault
                self._file.seek(position)
                try:
                    for block in self._read(size, None if end is None else max(0, end - position)):
                        position += len(block)
                        yield block
                    return
                except soundfile.LibsndfileError:
                    if size == SMALL:
                        raise
        except soundfile.LibsndfileError as error:
            raise Undecodable(_in_words(error)) from error

    def _read(self, size: int, left: int | None) -> Iterator[np.ndarray]:
        while left is None or left > 0:
            wanted = size if left is None else min(size, left)
            block = self._file.read(wanted, dtype="float32", always_2d=True)
            if len(block):
                yield block
            if len(block) < wanted:
                return
            left = None if left is None else left - wanted


def _in_words(error: soundfile.LibsndfileError) -> str:
    """What libsndfile said, in words that fit."""
    said = str(error.error_string).strip()
    unknown = "does not exist" in said or "Format not recognised" in said  # the first, of an MP3 that is none
    return "it is not sound in a known format." if unknown else said


def _promised(path: Path, form: str) -> int:
    """Frames that a WAV's header tells of, which libsndfile cuts to what is there; 0 where it says nothing."""
    if form not in ("WAV", "WAVEX"):
        return 0
    with path.open("rb") as file:
        head = file.read(4096)
    order: Literal["big", "little"] = "big" if head[:4] == b"RIFX" else "little"
    at, align = 12, 0
    while at + 8 <= len(head):
        name, size = head[at : at + 4], int.from_bytes(head[at + 4 : at + 8], order)
        if name == b"fmt ":
            align = int.from_bytes(head[at + 20 : at + 22], order)
            if int.from_bytes(head[at + 8 : at + 10], order) not in (1, 3, 0xFFFE):
                return 0  # a codec whose blocks are no frames
        if name == b"data":
            streamed = size in (0, 0xFFFFFFFF) or size >= 0x7FFFF000  # its writer did not know
            return 0 if streamed or not align else size // align
        at += 8 + size + size % 2
    return 0


class Ffmpeg:
    """A file that FFmpeg reads, its first sound track."""

    def __init__(self, container: Any) -> None:
        self._container, self._stream = container, container.streams.audio[0]
        self.sample_rate = int(self._stream.rate)
        self.frames: int | None = None
        self.speakers = tuple(channel.name for channel in self._stream.layout.channels)

    def blocks(self, start: int, end: int | None) -> Iterator[np.ndarray]:
        import av

        position = 0
        resampler = av.AudioResampler(format="fltp")  # the same rate and channels, in floating point
        try:
            for frame in self._container.decode(self._stream):
                for part in resampler.resample(frame):
                    block = part.to_ndarray().T
                    cut = block[max(0, start - position) : None if end is None else max(0, end - position)]
                    position += len(block)
                    if len(cut):
                        yield cut
                    if end is not None and position >= end:
                        return
        except av.FFmpegError as error:
            raise Undecodable(f"FFmpeg says: {error.strerror}") from error


@contextmanager
def _through_ffmpeg(path: Path, said: str) -> Iterator[Sound]:
    """The file by PyAV, if it is installed and the file is what FFmpeg might read; else Undecodable, with `said`."""
    if not looks_like_sound(path):  # what is a playlist, say, must not be followed
        raise Undecodable(f"cannot be decoded: {said}")
    if find_spec("av") is None:
        raise Undecodable(
            f"cannot be decoded: {said} FFmpeg may know it: pip install av, or convert it: "
            f"ffmpeg -i NAME{path.suffix} NAME.flac"
        )
    with path.open("rb") as file, _opened(file, said) as container:
        if not container.streams.audio:
            raise Undecodable("has no sound track")
        yield Ffmpeg(container)


@contextmanager
def _opened(file: IO[bytes], said: str) -> Iterator[Any]:
    import av

    try:
        container = av.open(file, metadata_errors="ignore")
    except (av.FFmpegError, ValueError) as error:
        raise Undecodable(f"cannot be decoded: {said} FFmpeg: {getattr(error, 'strerror', error)}") from error
    with container:
        yield container


def duration_of(path: Path) -> float:
    """Seconds of sound in a file, from its header where that says it, else by decoding it. Raises Undecodable."""
    with open_sound(path) as sound:
        frames = sound.frames
        if frames is None:
            frames = sum(len(block) for block in sound.blocks(0, None))
        return frames / sound.sample_rate


def looks_like_sound(path: Path) -> bool:
    """Whether a regular file begins as sound in some format does."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            head = file.read(16)
    except OSError:
        return False
    if head[:4] in INSIDE:
        return head[8:12] in INSIDE[head[:4]]
    return head.startswith(AT_START) or head[4:8] == b"ftyp" or _is_mpeg(head)


def _is_mpeg(head: bytes) -> bool:
    """A frame of MPEG audio, layers II and III, or of AAC. (Layer I begins as UTF-16 text does.)"""
    if len(head) < 3 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    aac = head[1] & 0xF6 == 0xF0
    known = head[2] >> 4 != 0xF and head[2] >> 2 & 3 != 3  # bit rate and sample rate
    return aac or (head[1] >> 1 & 3 in (1, 2) and known)
