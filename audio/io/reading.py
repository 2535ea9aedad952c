"""Sound files, opened and read block by block: what libsndfile knows, and through PyAV what only FFmpeg does.

What a file is, is told by its first bytes, not by its name. Nothing but a regular file is opened: a pipe would be
waited for, a device never ends.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np
import soundfile

from audio.errors import AudioError
from audio.io.channels import VORBIS, WAVE, Speakers
from audio.io.headers import is_chain, lacks_its_end, promised_frames, speakers_of
from audio.io.sniffing import could_be_sound, why_text

BLOCK = 1 << 18  # frames read at a time
SMALL = 1 << 10  # the same where a file breaks off
NO_TAIL = 0.1  # s: what the length that FFmpeg's containers tell may be wrong by
SHARE = 0.02  # and by which share of it


class Undecodable(AudioError):
    """A file holds no usable sound; the message is the reason, without the path."""


class Sound(Protocol):
    """An open sound file."""

    sample_rate: int  # Hz
    frames: int | None  # that the header promises; None: it does not say
    slack: int  # frames by which that may be wrong
    unfinished: bool  # it lacks the mark of its end
    speakers: Speakers  # of the channels, where they are known

    def blocks(self, start: int, end: int | None) -> Iterator[np.ndarray]:
        """Float32 `(frames, channels)` from frame `start` to `end` (None: the last), a block at a time.

        Raises Undecodable when it can't be read any further.
        """


@contextmanager
def open_sound(path: Path) -> Iterator[Sound]:
    """A sound file, open while the block runs. Raises Undecodable."""
    require_file(path)
    if said := why_text(path):
        raise Undecodable(f"cannot be decoded: {said}")
    try:
        file = soundfile.SoundFile(os.fsencode(path))  # bytes: a name need not be text
    except soundfile.LibsndfileError as error:
        with _through_ffmpeg(path, _in_words(error)) as sound:
            yield sound
    except TypeError as error:  # of *.raw: samples without a header
        raise Undecodable("cannot be decoded: raw samples do not say their rate and format") from error
    else:
        if not file.frames:
            file.close()
            with _unsized(path) as sound:
                yield sound
            return
        if file.format == "OGG" and is_chain(path) and find_spec("av"):
            file.close()
            with _through_ffmpeg(path, "") as sound:
                yield sound
            return
        with closing(Libsndfile(file, path)) as sound:
            yield sound


@contextmanager
def _unsized(path: Path) -> Iterator[Sound]:
    """A file whose header says that it holds nothing, which who was cut off while writing leaves: FFmpeg looks."""
    try:
        with _through_ffmpeg(path, "") as sound:
            yield sound
    except Undecodable as error:
        raise Undecodable("holds no samples (its header says zero length)") from error


def _can_be_listed(folder: Path) -> bool:
    try:
        os.scandir(folder).close()
    except OSError:
        return False
    return True


def require_file(path: Path) -> None:
    """Refuse what is no readable regular file with bytes in it. Raises Undecodable with the reason."""
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
        kind = "a pipe, a socket or a device"
        if stat.S_ISDIR(found.st_mode):
            kind = "a folder" if _can_be_listed(path) else "a folder that cannot be read"
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
        self._file, self._path = file, path
        self._at = 0  # the next frame that is read
        self._block = max(SMALL, BLOCK // file.channels)
        self.sample_rate = int(file.samplerate)
        foreign = (
            file.subtype.startswith("MPEG") and file.format != "MP3"
        )  # the count is an estimate of its encoder
        self.frames: int | None = None if foreign else max(int(file.frames), promised_frames(path) or 0)
        self.slack = 0
        self.unfinished = file.format == "OGG" and lacks_its_end(path)
        orders = VORBIS if file.format == "OGG" else WAVE
        self.speakers = speakers_of(path) or orders.get(file.channels, ())

    def blocks(self, start: int, end: int | None) -> Iterator[np.ndarray]:
        position = start
        try:
            for size in (
                self._block,
                SMALL,
            ):  # an error takes its block along: then small ones, up to the fault
                try:
                    self._go_to(position)
                    for block in self._read(size, None if end is None else max(0, end - position)):
                        position += len(block)
                        yield block
                    return
                except soundfile.LibsndfileError:
                    if size == SMALL:
                        raise
                    self._reopen()  # a decoder that has stumbled stays where it is
        except soundfile.LibsndfileError as error:
            raise Undecodable(_in_words(error)) from error

    def _go_to(self, position: int) -> None:
        """Stand before a frame. Some codecs can only be read on, so that is done where it leads there."""
        if position < self._at:
            self._reopen()
        if position > self._at and self._file.seekable():
            try:
                self._at = self._file.seek(min(position, self._file.frames))
                return
            except soundfile.LibsndfileError:
                pass
        for _ in self._read(self._block, position - self._at):
            pass

    def _reopen(self) -> None:
        self._file.close()
        self._file = soundfile.SoundFile(os.fsencode(self._path))
        self._at = 0

    def close(self) -> None:
        self._file.close()

    def _read(self, size: int, left: int | None) -> Iterator[np.ndarray]:
        while left is None or left > 0:
            wanted = size if left is None else min(size, left)
            block = self._file.read(wanted, dtype="float32", always_2d=True)
            self._at += len(block)
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


def cut(blocks: Iterable[np.ndarray], start: int, end: int | None) -> Iterator[np.ndarray]:
    """Of blocks `(frames, channels)` one after another what is from frame `start` to `end`; no block more is read."""
    position = 0
    for block in blocks:
        part = block[max(0, start - position) : None if end is None else max(0, end - position)]
        position += len(block)
        if len(part):
            yield part
        if end is not None and position >= end:
            return


class Ffmpeg:
    """A file that FFmpeg reads, its first sound track."""

    def __init__(self, container: Any, promised: int | None) -> None:
        self._container, self._stream = container, container.streams.audio[0]
        self.sample_rate = int(self._stream.rate)
        seconds = float(container.duration or 0) / 1e6
        self.frames: int | None = promised or round(seconds * self.sample_rate) or None
        self.slack = 0 if promised else round((NO_TAIL + SHARE * seconds) * self.sample_rate)
        self.unfinished = False
        self.speakers = tuple(channel.name for channel in self._stream.layout.channels)

    def blocks(self, start: int, end: int | None) -> Iterator[np.ndarray]:
        import av

        resampler = av.AudioResampler(format="fltp")  # the same rate and channels, in floating point
        frames = self._container.decode(self._stream)
        decoded = (part.to_ndarray().T for frame in frames for part in resampler.resample(frame))
        try:
            yield from cut(decoded, start, end)
        except av.FFmpegError as error:
            raise Undecodable(f"FFmpeg says: {error.strerror}") from error
        except ValueError as error:  # another rate or number of channels in the middle
            raise Undecodable(f"its sound changes in the middle: {error}") from error


@contextmanager
def _through_ffmpeg(path: Path, said: str) -> Iterator[Sound]:
    """The file by PyAV, if it is installed and the file is what FFmpeg might read; else Undecodable, with `said`."""
    if not could_be_sound(path):  # what is a playlist, say, must not be followed
        raise Undecodable(f"cannot be decoded: {said}")
    if find_spec("av") is None:
        raise Undecodable(
            f"cannot be decoded: {said} FFmpeg may know it: pip install av, or convert it: "
            f"ffmpeg -i NAME{path.suffix} NAME.flac"
        )
    with path.open("rb") as file, _opened(file, said) as container:
        if not container.streams.audio:
            raise Undecodable("has no sound track")
        yield Ffmpeg(container, promised_frames(path))


@contextmanager
def _opened(file: IO[bytes], said: str) -> Iterator[Any]:
    import av

    try:
        container = av.open(file, metadata_errors="ignore", options={"protocol_whitelist": "none"})
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
