"""Streams over WebSocket: samples in, events out as they begin and end."""

import asyncio
import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from starlette.websockets import WebSocket, WebSocketDisconnect

from audio.errors import AudioError
from audio.events.hearing import Answer, Endless, Hearing
from audio.io.channels import to_mono
from audio.io.given import in_full_scale
from audio.io.live.pipe import FORMATS, samples
from audio.serving.answers import DIGITS, of_event
from audio.serving.errors import Refused
from audio.serving.models import Loaded

HIGHEST_RATE = 768_000  # Hz
NORMAL, GOING, TOO_SLOW, BAD = 1000, 1012, 1008, 1007  # codes of RFC 6455
END = "end"  # the text by which who sends says that the sound has ended

Outcome = TypeVar("Outcome")
Work = Callable[[Callable[[], Outcome]], Any]


class Stream:
    """One connection, whose model stays its own to its end."""

    def __init__(self, socket: WebSocket, model: Loaded, work: Work[Any], seconds: float) -> None:
        """`work` runs a function where it holds nobody up; `seconds` is how long a message may take to come."""
        self._socket, self._model, self._work, self._seconds = socket, model, work, seconds
        asked = socket.query_params
        self._windows = asked.get("windows", "") in ("1", "true", "yes")
        self._rate, self._channels = (
            _number(asked.get("rate"), "rate"),
            _number(asked.get("channels", "1"), "channels"),
        )
        self._sample = asked.get("sample", "s16")
        if (
            not 1 <= self._rate <= HIGHEST_RATE
            or not 1 <= self._channels <= 64
            or self._sample not in FORMATS
        ):
            raise Refused(
                f"rate is 1 to {HIGHEST_RATE} Hz, channels 1 to 64, sample one of {', '.join(FORMATS)}; got "
                f"rate={self._rate}, channels={self._channels}, sample={self._sample!r}."
            )
        self._hearing, self._heard, self._rest = Hearing(model.detector, self._rate), Endless(), b""
        self._heard.rate = self._rate

    async def serve(self, ending: asyncio.Event) -> None:
        """Until the sound ends, nothing more comes, or the endpoint ends: what is left is told then."""
        ended = asyncio.ensure_future(ending.wait())
        code = NORMAL
        try:
            while True:
                message = asyncio.ensure_future(self._socket.receive())
                done, _ = await asyncio.wait(
                    {message, ended}, timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED
                )
                if message not in done:
                    message.cancel()
                    code = GOING if ended in done else TOO_SLOW
                    break
                sent = message.result()
                if sent["type"] == "websocket.disconnect":
                    return
                if sent.get("bytes") is None:
                    if sent.get("text", "").strip() == END:
                        break
                    raise Refused(f"A text can only be {END!r}; samples are sent as binary messages.")
                await self._tell(await self._work(partial(self._hear, sent["bytes"])))
            await self._tell(await self._work(self._finish))
            await self._send({"is": "end", "duration": round(self._heard.frames / self._rate, DIGITS)})
            await self._socket.close(code)
        except AudioError as error:
            await self._send({"is": "error", "message": str(error)})
            await self._socket.close(BAD)
        except WebSocketDisconnect:
            pass
        finally:
            ended.cancel()

    def _hear(self, content: bytes) -> list[Answer]:
        content = self._rest + content
        size = FORMATS[self._sample][1] * self._channels
        whole = len(content) - len(content) % size
        self._rest = content[whole:]
        if not whole:
            return []
        block = in_full_scale(samples(content[:whole], self._sample).reshape(-1, self._channels))
        mono = to_mono(block)
        self._heard.look(block, mono)
        if not self._heard.finite or self._heard.absurd:
            raise Refused("The samples hold NaN, infinite or absurdly large values.")
        return self._hearing.hear(mono)

    def _finish(self) -> list[Answer]:
        return self._hearing.finish() if self._heard.frames else []

    async def _tell(self, answers: list[Answer]) -> None:
        for answer in answers:
            if self._windows and answer.probabilities is not None:
                chances = zip(self._model.detector.classes, answer.probabilities.tolist(), strict=True)
                times = {"start": round(answer.start, DIGITS), "end": round(answer.end, DIGITS)}
                told = {name: round(value, DIGITS) for name, value in chances}
                await self._send({"is": "window", **times, "probabilities": told})
            for event in answer.begun:
                told_event = of_event(event).model_dump()
                del told_event["offset"]  # it is not over
                await self._send({"is": "begins", **told_event})
            for event in answer.done:
                await self._send({"is": "event", **of_event(event).model_dump()})

    async def _send(self, told: dict[str, Any]) -> None:
        await self._socket.send_text(json.dumps(told, ensure_ascii=False))


def _number(text: str | None, name: str) -> int:
    if text is None or not text.isascii() or not text.isdecimal():
        raise Refused(f"{name} is {text!r}; give a whole number, such as ?rate=16000.")
    return int(text)


def due(seconds: float) -> float:
    """The deadline of work that begins now."""
    return time.monotonic() + seconds
