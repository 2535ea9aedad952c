"""`[/vX.Y]/service.action`: from an HTTP request to a handler, and every answer in ClearML's envelope."""

from __future__ import annotations

import gzip
import logging
import re
import sqlite3
from datetime import datetime, timezone
from functools import partial
from typing import Any

import orjson
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from server import services
from server.api import left_out, limits, registry
from server.api.call import Call
from server.api.envelope import envelope
from server.api.errors import (
    ApiError,
    BadRequest,
    InvalidVersion,
    NoCredentials,
    NotAllowedForRole,
    NotSupported,
    StorageFull,
    Unauthorized,
    UnknownEndpoint,
    ValidationFailed,
)
from server.app import long_poll
from server.app.context import Context
from server.app.metrics import Metrics
from server.app.requests import bodies, callers, cookies
from server.app.requests.observed import facts_of
from server.app.requests.pace import Pace
from server.domain import public
from server.domain.tasks import lost
from server.domain.users import access, audited, project_access

log = logging.getLogger("soundyard.api")

_PATH = re.compile(r"^/(?:v(?P<version>\d+(?:\.\d+){0,2})/)?(?P<name>[a-z_]+\.[a-z_0-9]+)/?$")
_VERSIONED = re.compile(r"/v[^/]*/[a-z_]+\.[a-z_0-9]+/?$")
_WORTH_COMPRESSING = 4096
assert services, "importing the services registers the endpoints"


class Api:
    """The ASGI application of the API."""

    def __init__(self, context: Context, pace: Pace, metrics: Metrics) -> None:
        self._context = context
        self._pace = pace
        self._metrics = metrics
        settings = context.settings
        self._bodies = bodies.Bodies(int(settings.max_body_mb * 1e6), int(settings.max_bodies_mb * 1e6))
        self.holding = long_poll.Holding(context.store, context.settings.hold_seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = HttpRequest(scope, receive)
        matched = _PATH.match(scope["path"])
        name, version = (matched["name"], matched["version"] or "") if matched else ("", "")
        facts_of(scope).endpoint = name if registry.find(name) else "no endpoint"
        try:
            async with self._pace.turn(request):
                if not bodies.is_small(request):
                    await run_in_threadpool(self._require_known, request, name)
                async with self._bodies.read(request) as body:
                    response = await self._respond(request, name, version, body)
        except ClientDisconnect:
            return
        except ApiError as fault:
            await run_in_threadpool(callers.note_refusal, request, self._context, fault)
            response = _error(name, version, fault)
        await response(scope, receive, send)

    def refuse(self, fault: ApiError) -> ASGIApp:
        """An application that answers every request with this error."""
        return _error("", "", fault)

    async def _respond(self, request: HttpRequest, name: str, version: str, body: bytes) -> Response:
        attempt = partial(self._attempt, request, name, version)
        return await (
            self.holding.answer(request, body, attempt) if name == long_poll.ENDPOINT else attempt(body)
        )

    async def _attempt(self, request: HttpRequest, name: str, version: str, body: bytes) -> Response:
        async with self._pace.place(request):
            return await run_in_threadpool(self._answer, request, name, version, body)

    def _require_known(self, request: HttpRequest, name: str) -> None:
        """A large body is read for nobody but a known caller of an endpoint. Raises: UnknownEndpoint; what `_call`
        raises."""
        found = registry.find(name)
        if found is None:
            raise UnknownEndpoint(f"{name or request.url.path!r}; /api/server.endpoints lists them")
        self._call(request, name, "", b"", required=found.role or "viewer")

    def _answer(self, request: HttpRequest, name: str, version: str, body: bytes) -> Response:
        """Runs in a worker thread. Never raises: what a handler did not foresee becomes a 500 with an envelope."""
        try:
            found = registry.find(name)
            if found is None:
                _require_offered(request.url.path, name)
                raise UnknownEndpoint(f"{name or request.url.path!r}; /api/server.endpoints lists them")
            call = self._call(request, name, version, body, required=found.role)
            asked = _parsed(found, body, _asked_by_address(request, found, call))
            with project_access.as_caller(call.store, call.identity):
                answer = _handled(call, found, asked)
            self._metrics.answered(name, answer, call.now)
            if isinstance(answer, registry.Answer):
                return _download(call, answer)
            return _with_cookies(_success(request, name, version, answer), call, request)
        except ApiError as fault:
            if fault.code >= 500:
                log.error("%s: %s", name, fault.message)
            callers.note_refusal(request, self._context, fault)
            return _error(name, version, fault)
        except OverflowError as fault:
            return _error(name, version, ValidationFailed(f"a number is out of range: {fault}"))
        except sqlite3.OperationalError as fault:
            log.exception("%s: the database refused", name)
            full = "full" in str(fault)
            return _error(
                name, version, StorageFull() if full else ApiError(f"the database refused: {fault}")
            )
        except Exception:
            log.exception("%s failed", name)
            return _error(name, version, ApiError("the server's log has the details"))

    def _call(self, request: HttpRequest, name: str, version: str, body: bytes, required: str | None) -> Call:
        now = datetime.now(timezone.utc)
        context, headers = self._context, request.headers
        try:
            identity = callers.identified(request, context, self._pace, now)
            if (
                identity and headers.get(access.ACT_AS) and name != "auth.login"
            ):  # which opens a session for them
                identity = access.acting_as(context.store, identity, headers[access.ACT_AS])
        except Unauthorized:
            if required is not None:
                raise
            # An old cookie must not keep anybody from signing in again; `auth.login` looks at the header itself.
            identity = None
        if required is not None and identity is None:
            raise NoCredentials()
        if required is not None and identity is not None and not identity.may(required):
            raise NotAllowedForRole(f"{name} needs the role {required}; yours is {identity.role}")
        return Call(
            endpoint=name,
            identity=identity,
            now=now,
            store=context.store,
            settings=context.settings,
            tokens=context.tokens,
            login_limits=context.login_limits,
            version=version,
            headers=headers,
            query=request.query_params,
            body=body,
            client=request.client.host if request.client else "",
        )


def _handled(call: Call, found: registry.Endpoint, asked: object) -> Any:
    if found.role not in (None, "viewer"):
        public.check(call.store, found.name, asked)
        _require_ours(call, found, asked)
    with audited.watched(call, found, asked) as deed:
        deed.answer = found.handler(call, asked)
    return deed.answer


def _require_ours(call: Call, found: registry.Endpoint, asked: object) -> None:
    """Raises: InvalidTaskStatus for a change by a run that was given up. Taking the task again makes a new one."""
    if found.name.startswith("tasks."):
        named = (getattr(asked, name, None) for name in ("task", "tasks", "ids"))
        listed = [[one] if isinstance(one, str) else one for one in named if one]
        lost.require_ours(call.store, call.login, (one for several in listed for one in several))


def _require_offered(path: str, name: str) -> None:
    """Raises: NotSupported for what is left out on purpose. InvalidVersion for a path whose version can't be read."""
    why = left_out.reason(name)
    if why:
        raise NotSupported(f"{name}: {why}")
    if not name and _VERSIONED.search(path):
        raise InvalidVersion(path[-100:])


def _asked_by_address(request: HttpRequest, found: registry.Endpoint, call: Call) -> dict[str, object]:
    """Fields in a GET's query string. With a browser's session nothing is changed that way: any page may link here."""
    if request.method != "GET" or found.raw:
        return {}
    if found.role not in (None, "viewer") and call.identity and call.identity.session:
        return {}
    fields = {field.alias or name: field for name, field in found.request.model_fields.items()}
    asked: dict[str, object] = {}
    for name in request.query_params:
        values = request.query_params.getlist(name)
        several = len(values) > 1 or (name in fields and "list" in str(fields[name].annotation))
        asked[name] = values if several and "str |" not in str(fields.get(name)) else values[-1]
    return asked


def _parsed(found: registry.Endpoint, body: bytes, asked: dict[str, object]) -> object:
    """The request model of this body, and of what the address asks for where the body doesn't.

    Raises:
        BadRequest: not a JSON object. ValidationFailed: a field is missing or of another type.
    """
    if found.raw or not body.strip():
        fields: object = {}
    else:
        try:
            fields = orjson.loads(body)
        except orjson.JSONDecodeError as fault:
            raise BadRequest(f"the body is not JSON: {fault}") from fault
    if not isinstance(fields, dict):
        raise BadRequest(f"the body must be a JSON object, not {type(fields).__name__}")
    limits.check(body, fields)
    for name, value in asked.items():
        limits.require_name(name, "a field of the address")
        limits.require_shallow(value)
    try:
        return found.request.model_validate({**asked, **fields})
    except ValidationError as fault:
        reasons = "; ".join(
            f"{'.'.join(str(part) for part in one['loc']) or 'body'}: {one['msg']}"
            for one in fault.errors(include_url=False)[:5]
        )
        raise ValidationFailed(reasons) from fault


def _download(call: Call, answer: registry.Answer) -> Response:
    headers = dict(answer.headers)
    if isinstance(answer.body, bytes):
        return Response(answer.body, media_type=answer.content_type, headers=headers)
    pieces = project_access.each_as_caller(call.store, call.identity, answer.body)
    return StreamingResponse(pieces, media_type=answer.content_type, headers=headers)


def _success(request: HttpRequest, name: str, version: str, data: dict[str, Any]) -> Response:
    option = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY
    try:
        body = orjson.dumps(envelope(name, version, data), option=option)
    except orjson.JSONEncodeError:  # it holds a document that was stored before depth had a limit
        body = orjson.dumps(envelope(name, version, limits.shallow(data)), option=option)
    response = Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})
    if len(body) > _WORTH_COMPRESSING and "gzip" in request.headers.get("accept-encoding", ""):
        response.body = gzip.compress(body, compresslevel=1)
        response.headers.update(
            {
                "Content-Encoding": "gzip",
                "Vary": "Accept-Encoding",
                "Content-Length": str(len(response.body)),
            }
        )
    return response


def _error(name: str, version: str, fault: ApiError) -> Response:
    body = orjson.dumps(envelope(name, version, {}, fault), default=str)
    return Response(body, status_code=fault.code, media_type="application/json")


def _with_cookies(response: Response, call: Call, request: HttpRequest) -> Response:
    cookies.set_on(response, request, call.settings, call.cookies)
    return response
