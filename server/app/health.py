"""For whoever runs the server: `/healthz` (the process answers), `/readyz` (it can do its work; else 503 and why not),
`/metrics` (for Prometheus, with a key of any role)."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sqlite3
from datetime import datetime, timezone

import anyio
import anyio.to_thread
import orjson
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server.api.envelope import envelope
from server.api.errors import ApiError, NoCredentials
from server.app.context import Context
from server.app.metrics import Metrics
from server.app.requests import callers
from server.app.requests.observed import facts_of
from server.app.requests.pace import Pace
from server.store.migrations import numbered

log = logging.getLogger("soundyard.health")

PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
_TOO_LITTLE = 50_000_000
"""Bytes free on the disk."""
_FRESH = 5.0
"""Seconds for which a look at the database counts: who asks more often costs no more writes."""
_PATIENCE = 10.0
"""Seconds that it may take to write something."""


class Health:
    """An ASGI application."""

    def __init__(self, context: Context, pace: Pace, metrics: Metrics) -> None:
        self._context = context
        self._pace = pace
        self._metrics = metrics
        self._readiness = Readiness(context)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        facts_of(scope).endpoint = scope["path"].strip("/")
        try:
            async with self._pace.turn(request):
                response = await self._response(request)
        except ApiError as fault:
            await run_in_threadpool(callers.note_refusal, request, self._context, fault)
            body = orjson.dumps(envelope(scope["path"].strip("/"), "", {}, fault), default=str)
            challenge = {"WWW-Authenticate": "Basic"} if fault.code == 401 else {}
            response = Response(body, fault.code, challenge, "application/json")
        response.headers["Cache-Control"] = "no-store"
        await response(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return Response("This is read with GET", 405, media_type="text/plain")
        path = request.scope["path"]
        if path == "/healthz":
            return Response("ok", media_type="text/plain")
        if path == "/readyz":
            wrong = await self._readiness.look()
            body = orjson.dumps({"ready": not wrong, "reasons": wrong})
            return Response(body, 503 if wrong else 200, media_type="application/json")
        return Response(await run_in_threadpool(self._figures, request), media_type=CONTENT_TYPE_LATEST)

    def _figures(self, request: Request) -> bytes:
        if callers.identified(request, self._context, self._pace) is None:
            raise NoCredentials(
                "metrics need an access key: HTTP Basic, or a token (Authorization: Bearer …)"
            )
        return self._metrics.text()


class Readiness:
    """Lives in the event loop; any number of askers cause one look."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._looking: asyncio.Task[list[str]] | None = None
        self._seen: tuple[float, list[str]] = (-_FRESH, [])
        self._one: anyio.CapacityLimiter | None = None

    async def look(self) -> list[str]:
        """What keeps the server from its work; empty when nothing does."""
        at, wrong = self._seen
        if asyncio.get_running_loop().time() - at < _FRESH:
            return wrong
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(self._look())
        try:
            return await asyncio.wait_for(asyncio.shield(self._looking), _PATIENCE)
        except asyncio.TimeoutError:  # no TimeoutError in Python 3.10
            return [f"the database has not taken a write for {_PATIENCE:g} s"]

    async def _look(self) -> list[str]:
        if self._one is None:
            self._one = anyio.CapacityLimiter(1)  # not one of the requests' threads: those may all be held
        wrong = await anyio.to_thread.run_sync(self._reasons, limiter=self._one)
        self._seen = (asyncio.get_running_loop().time(), wrong)
        return wrong

    def _reasons(self) -> list[str]:
        return [one for one in (self._disk(), self._database(), self._soundness()) if one]

    def _soundness(self) -> str:
        damage = self._context.soundness.damage
        return f"the database is damaged: {damage[0][:200]}" if damage else ""

    def _disk(self) -> str:
        try:
            free = shutil.disk_usage(self._context.settings.data).free
        except OSError as fault:
            return f"the data folder can't be reached: {fault.strerror}"
        return f"the disk has {free / 1e6:.0f} MB left" if free < _TOO_LITTLE else ""

    def _database(self) -> str:
        health = self._context.store.health
        try:
            schema, newest = health.schema(), numbered()[-1][0]
            if schema != newest:
                return f"the database has schema {schema}; this version works with {newest}"
            health.write(datetime.now(timezone.utc))
        except (sqlite3.Error, ApiError, OSError) as fault:
            log.error("the database can't be written: %s", fault)
            return f"the database can't be written: {fault}"
        return ""
