"""The application: requests to answers, within the limits."""

import asyncio
import functools
import logging
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from uuid import uuid4

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from audio.errors import AudioError
from audio.events.hearing import Found
from audio.inference.prediction import Prediction
from audio.io.decoding import Heard
from audio.io.reading import Undecodable, open_sound
from audio.serving import answers, openapi
from audio.serving.access import Tokens
from audio.serving.batching import deadline
from audio.serving.config import ServeConfig
from audio.serving.errors import Busy, NotAllowed, Refused, Unheard
from audio.serving.models import Loaded, Models
from audio.serving.streams import Stream, due
from audio.serving.uploads import Bounded, uploaded
from audio.serving.watching.keeping import Keeper
from audio.serving.watching.metrics import Metrics
from audio.serving.watching.shadow import Shadow

log = logging.getLogger("soundyard.model")

Outcome = TypeVar("Outcome")
Handler = Callable[[Request], Awaitable[Response]]
GONE = 499  # who asked has gone; the number that nginx gives it


class Endpoint:
    """What requests share."""

    def __init__(
        self,
        config: ServeConfig,
        models: Models,
        metrics: Metrics,
        tokens: Tokens,
        shadow: Shadow | None = None,
        keeper: Keeper | None = None,
        version: str = "",
    ) -> None:
        self.config, self.models, self.metrics, self.tokens = config, models, metrics, tokens
        self.shadow, self.keeper = shadow, keeper
        self.ending = asyncio.Event()  # no more is begun
        self._pool = ThreadPoolExecutor(config.at_once, "hearing")
        self._scratch = TemporaryDirectory(prefix="soundyard-")
        self._waiting = self._streams = 0
        self._document = openapi.document(version, bool(tokens))
        self.app = Starlette(
            routes=[
                Route("/v1/predict", self._noted(self._predict), methods=["POST"]),
                Route("/v1/events", self._noted(self._events), methods=["POST"]),
                Route("/v1/model", self._noted(self._model)),
                Route("/healthz", self._noted(self._healthy)),
                Route("/readyz", self._noted(self._ready)),
                Route("/metrics", self._noted(self._metrics)),
                Route("/openapi.json", self._noted(self._openapi)),
                WebSocketRoute("/v1/stream", self._stream),
            ],
            exception_handlers={HTTPException: _plain_error},
            lifespan=self._living,
        )

    @asynccontextmanager
    async def _living(self, _: Starlette) -> AsyncIterator[None]:
        looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking
            self._pool.shutdown(cancel_futures=True)
            if self.shadow:
                await asyncio.to_thread(self.shadow.close, 5.0)
            if self.keeper:
                self.keeper.close()
            self._scratch.cleanup()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(self.config.look)
            await asyncio.to_thread(self.models.look)
            if self.shadow:
                await asyncio.to_thread(self.shadow.models.look)

    def _noted(self, handler: Handler) -> Handler:
        """Counted, timed, held to the tokens, and with an answer whatever happens."""

        @functools.wraps(handler)
        async def answered(request: Request) -> Response:
            started, endpoint = time.perf_counter(), request.url.path
            self.metrics.in_flight.inc()
            try:
                if not self.tokens.allow(request):
                    raise NotAllowed("Give a token: Authorization: Bearer TOKEN")
                response = await handler(request)
            except Refused as error:
                response = _refusal(error)
            except ClientDisconnect:
                response = Response(status_code=GONE)
            except Exception:
                log.exception("%s %s", request.method, endpoint)
                fault = answers.Fault(code="internal", message="Something is wrong here; the log says what.")
                response = JSONResponse(answers.ErrorAnswer(error=fault).model_dump(), 500)
            finally:
                self.metrics.in_flight.dec()
            if self.ending.is_set() or response.status_code in (
                408,
                413,
            ):  # what is still to come is not read
                response.headers["connection"] = "close"
            self.metrics.requests.labels(endpoint, str(response.status_code)).inc()
            self.metrics.seconds.labels(endpoint).observe(time.perf_counter() - started)
            return response

        return answered

    async def _predict(self, request: Request) -> Response:
        top = _whole(request.query_params.get("top", "5"), "top")
        windows = request.query_params.get("windows", "").lower() in ("1", "true", "yes")

        def told(sound: Path, model: Loaded) -> answers.PredictAnswer:
            found = self._heard(sound, model)
            self.metrics.labels.labels(found.label).inc()
            self._aside(sound, found, model)
            return answers.of_prediction(found, top, windows, model)

        return await self._answer(request, told)

    async def _events(self, request: Request) -> Response:
        def told(sound: Path, model: Loaded) -> answers.EventsAnswer:
            heard = Heard()
            with open_sound(sound) as opened:
                steps = model.detector.answers(Bounded(opened, self.config.longest), heard)
                events = [event for step in steps for event in step.done]
            events.sort(key=lambda one: (one.onset, one.offset, one.label))
            return answers.of_events(Found(sound, heard.frames / heard.rate, events, heard.notes()), model)

        return await self._answer(request, told)

    async def _answer(self, request: Request, told: Callable[[Path, Loaded], Any]) -> Response:
        """Receive the sound, then have it heard by a thread."""
        self._refuse_while_ending()
        config, folder = self.config, Path(self._scratch.name)
        async with uploaded(request, folder, config.megabytes, config.seconds) as sound:
            if self._waiting >= config.waiting:
                raise Busy(f"{config.waiting} requests are being heard or wait for it; try again later.")

            def work() -> Any:
                with self.models.use() as model:
                    try:
                        return told(sound, model)
                    except Refused:
                        raise
                    except Undecodable as error:
                        cause = error.__cause__ if isinstance(error.__cause__, Refused) else None
                        raise cause or Unheard(f"This can't be heard: {error}") from error
                    except AudioError as error:
                        raise Refused(str(error)) from error

            self._waiting += 1
            try:
                found = await self._run(work)
            finally:
                self._waiting -= 1
        return Response(found.model_dump_json(exclude_none=True), media_type="application/json")

    async def _run(self, work: Callable[[], Outcome]) -> Outcome:
        until = due(self.config.seconds)

        def hurried() -> Outcome:
            deadline.set(until)
            return work()

        return await asyncio.get_running_loop().run_in_executor(self._pool, hurried)

    def _heard(self, sound: Path, model: Loaded) -> Prediction:
        with open_sound(sound) as opened:
            return model.detector.predictor.sound(Bounded(opened, self.config.longest))

    def _aside(self, sound: Path, found: Prediction, model: Loaded) -> None:
        """What happens with a sound besides its answer, where that is wanted."""
        if self.keeper:
            self.metrics.kept.labels(self.keeper.keep(sound, found, model.digest)).inc()
        if self.shadow:
            copy = sound.with_name(f"shadow-{uuid4().hex}")
            os.link(sound, copy)
            if not self.shadow.offer(copy, found, model.digest):
                copy.unlink()

    async def _stream(self, socket: WebSocket) -> None:
        if not self.tokens.allow(socket):
            await socket.close(1008, "not allowed")  # before it is accepted: HTTP 403
            return
        if self.ending.is_set() or self._streams >= self.config.streams:
            await socket.close(1013, "busy")
            return
        self._streams += 1
        self.metrics.streams.inc()
        try:
            with self.models.use() as model:
                await socket.accept()
                try:
                    stream = Stream(socket, model, self._run, self.config.seconds)
                except Refused as error:
                    await socket.send_json({"is": "error", "message": str(error)})
                    await socket.close(1007)
                    return
                await stream.serve(self.ending)
        finally:
            self._streams -= 1
            self.metrics.streams.dec()

    async def _model(self, _: Request) -> Response:
        with self.models.use() as model:
            return JSONResponse(answers.ModelAnswer(**model.about()).model_dump())

    async def _healthy(self, _: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def _ready(self, _: Request) -> Response:
        self._refuse_while_ending()
        return PlainTextResponse("ok\n")

    async def _metrics(self, _: Request) -> Response:
        return PlainTextResponse(self.metrics.text(), media_type="text/plain; version=0.0.4")

    async def _openapi(self, _: Request) -> Response:
        return JSONResponse(self._document)

    def _refuse_while_ending(self) -> None:
        if self.ending.is_set():
            raise Busy("This endpoint is ending; ask another one.")

    async def drained(self, seconds: float) -> None:
        """Begin no more; wait until streams are told their last, for so long at the most."""
        self.ending.set()
        until = time.monotonic() + seconds
        while self._streams and time.monotonic() < until:
            await asyncio.sleep(0.02)


def _refusal(error: Refused) -> Response:
    fault = answers.Fault(code=error.code, message=str(error))
    headers = {"Retry-After": "1"} if error.status == 503 else {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(answers.ErrorAnswer(error=fault).model_dump(), error.status, headers)


async def _plain_error(_: Request, error: Exception) -> Response:
    """Of addresses and methods that there are not."""
    assert isinstance(error, HTTPException)
    fault = answers.Fault(
        code="not_found" if error.status_code == 404 else "bad_request", message=str(error.detail)
    )
    return JSONResponse(answers.ErrorAnswer(error=fault).model_dump(), error.status_code, error.headers)


def _whole(text: str, name: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 0 < int(text) < 100_000:
        raise Refused(f"{name} is {text!r}; give a whole number of at least 1.")
    return int(text)
