"""What is sent, from the network to a file: no more of it, and no slower, than is allowed."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from audio.io.reading import Sound
from audio.serving.batching import hurry
from audio.serving.errors import Refused, TooLarge, TooSlow

FIELD = "file"


@asynccontextmanager
async def uploaded(request: Request, folder: Path, megabytes: float, seconds: float) -> AsyncIterator[Path]:
    """The sound of a request as a file in `folder`, which is gone behind the block; from the body, or a form's `file`.

    Raises Refused, TooLarge, TooSlow, ClientDisconnect.
    """
    with NamedTemporaryFile(dir=folder, prefix="upload-", delete=False) as file:
        path = Path(file.name)
        try:
            try:
                await asyncio.wait_for(_receive(request, file, round(megabytes * 1e6)), seconds)
            except (asyncio.TimeoutError, TimeoutError) as error:
                raise TooSlow(f"The upload took longer than {seconds:g} s.") from error
            file.close()
            yield path
        finally:
            path.unlink(missing_ok=True)


async def _receive(request: Request, file: Any, most: int) -> None:
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > most:
        raise _too_large(most)
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await inner()
        seen += len(message.get("body", b""))
        if seen > most:
            raise _too_large(most)
        return message

    inner = request.receive
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        async for block in Request(request.scope, counted).stream():
            file.write(block)
        return
    try:
        async with Request(request.scope, counted).form(max_files=1, max_fields=16) as form:
            sent = form.get(FIELD)
            if sent is None or isinstance(sent, str):
                raise Refused(f"The form has no file named {FIELD!r}: curl -F {FIELD}=@sound.wav")
            while block := await sent.read(1 << 20):
                file.write(block)
    except MultiPartException as error:
        raise Refused(f"The form can't be read: {error.message}") from error
    except ClientDisconnect:
        raise
    except Exception as error:  # starlette makes an HTTPException of it where there is an app in the scope
        detail = getattr(error, "detail", None)
        if detail is None:
            raise
        raise Refused(f"The form can't be read: {detail}") from error


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"The upload has more than {most / 1e6:g} MB.")


class Bounded:
    """An open sound that is refused where it is longer than allowed, or decoding it takes too long."""

    def __init__(self, sound: Sound, longest: float) -> None:
        """`longest` in s."""
        self._sound, self._longest = sound, longest
        self.sample_rate, self.frames = sound.sample_rate, sound.frames
        self.slack, self.unfinished, self.speakers = sound.slack, sound.unfinished, sound.speakers

    def blocks(self, start: int, end: int | None) -> Iterator[np.ndarray]:
        """See `Sound`. Raises TooLarge, Overdue."""
        heard = 0
        for block in self._sound.blocks(start, end):
            heard += len(block)
            if heard > self._longest * self.sample_rate:
                raise TooLarge(f"The sound is longer than {self._longest:g} s.")
            hurry()
            yield block
