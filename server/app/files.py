"""The file server: upload (multipart), download with ranges, delete; the addresses ClearML's own has.

- `POST /`: one part a file; its filename is the path to keep it at
- `GET /<path>`: the file, or a range of it (`HEAD`: its headers)
- `DELETE /<path>`
- `POST /delete_many`: `{"files": [path or address, …]}`
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any, TypeVar

import anyio
import orjson
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from server.api.call import Identity
from server.api.envelope import envelope
from server.api.errors import ApiError, BadRequest, NoCredentials, NotAllowedForRole, NotFound
from server.app import content_types
from server.app.context import Context
from server.app.requests import bodies, callers
from server.app.requests.observed import facts_of
from server.app.requests.pace import Pace
from server.app.requests.uploads import Upload
from server.domain import files
from server.domain.tasks import lost
from server.domain.users import audit, project_access
from server.store.files import addresses

log = logging.getLogger("soundyard.files")

T = TypeVar("T")
_PIECE = 1 << 20
"""Bytes gathered before they are parsed and written in a worker thread."""
_NAMES = {"GET": "files.get", "HEAD": "files.get", "POST": "files.post", "DELETE": "files.delete"}
"""Of what is done, in metrics and logs."""
_DRAINED = 60.0
"""Seconds for which the rest of a refused upload is read."""


class Files:
    """The ASGI application of the files. Every error has the API's envelope, and never a code above 500."""

    def __init__(self, context: Context, pace: Pace) -> None:
        self._context = context
        self._pace = pace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        facts_of(scope).endpoint = _NAMES.get(scope["method"], "files")
        try:
            async with self._pace.turn(request):
                response = await self._answer(request, scope["path"], scope["raw_path"].decode("latin-1"))
        except ClientDisconnect:
            return
        except ApiError as fault:
            await run_in_threadpool(callers.note_refusal, request, self._context, fault)
            response = _error(fault)
            await _drain(request)
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"])
            response = _error(ApiError("the server's log has the details"))
        await response(scope, receive, send)

    async def _answer(self, request: Request, path: str, raw: str) -> Response:
        """`raw`: the path as it came. A name that was quoted before it was stored is that, not what it resolves to."""
        reading = request.method in ("GET", "HEAD")
        identity = await run_in_threadpool(self._identify, request, "viewer" if reading else "user")
        if reading:
            return await self._run(identity, self._download, path, raw, request.headers)
        if request.method == "DELETE":
            return await self._run(identity, self._delete, request, identity, path, raw)
        if request.method == "POST" and path.strip("/") == "delete_many":
            body = await self._small_body(request)
            return await self._run(identity, self._delete_many, request, identity, body)
        if request.method in ("POST", "PUT") and path.strip("/") == "":
            return await self._upload(request, identity)
        raise BadRequest(f"{request.method} {path} means nothing here: upload with POST to the root")

    async def _run(self, identity: Identity, deed: Callable[..., T], *arguments: Any) -> T:
        """In a worker thread, with what this caller may."""

        def as_caller() -> T:
            with project_access.as_caller(self._context.store, identity):
                return deed(*arguments)

        return await run_in_threadpool(as_caller)

    def _identify(self, request: Request, role: str) -> Identity:
        identity = callers.identified(request, self._context, self._pace)
        if identity is None:
            raise NoCredentials("files need a token (Authorization: Bearer …), an access key, or a session")
        if not identity.may(role):
            raise NotAllowedForRole(f"this needs the role {role}; yours is {identity.role}")
        return identity

    async def _upload(self, request: Request, identity: Identity) -> Response:
        upload = Upload(request.headers.get("content-type", ""), self._context.store.files.receive)
        try:
            gathered, size = [], 0
            async for data in bodies.pieces(request):
                gathered.append(data)
                size += len(data)
                if size >= _PIECE:
                    await run_in_threadpool(upload.feed, b"".join(gathered))
                    gathered, size = [], 0
            await run_in_threadpool(upload.feed, b"".join(gathered))
            now = datetime.now(timezone.utc)
            await self._run(identity, self._keep, upload, identity, now)
        finally:
            await run_in_threadpool(upload.discard)
        return _json([name for name, _ in upload.files])

    def _keep(self, upload: Upload, identity: Identity, now: datetime) -> None:
        finished = list(upload.finish())
        lost.require_ours_by_name(self._context.store, identity.login, (name for name, _ in finished))
        files.keep(self._context.store, finished, identity.user, now)

    def _download(self, path: str, raw: str, headers: Headers) -> Response:
        file = self._context.store.files.find(path, raw)
        if file is None:
            raise NotFound(f"no file {path!r}")
        facts = file.stat()
        tag = f'"{facts.st_mtime_ns:x}-{facts.st_size:x}"'
        answer = {**content_types.headers(file.name), "ETag": tag}
        if _matches(headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=answer)
        return _Download(file, headers=answer, media_type=answer["Content-Type"], stat_result=facts)

    def _delete(self, request: Request, identity: Identity, path: str, raw: str) -> Response:
        with self._noted(request, identity, [path.lstrip("/")]) as deleting:
            outcome, namers = files.remove(self._context.store, path, raw)
        if outcome in ("missing", "kept"):
            deleting.withdraw()
        else:
            deleting.tell()
        if outcome == "missing":
            raise NotFound(f"no file {path!r}")
        # Kept is no failure either: the SDK deletes what it has deleted the last but one name of.
        return _json({"deleted": [path]} if outcome != "kept" else {"deleted": [], "kept": {path: namers}})

    def _noted(self, request: Request, identity: Identity, names: list[str]) -> audit.Beside:
        client = request.client.host if request.client else ""
        return audit.deleting_files(self._context.store, datetime.now(timezone.utc), identity, client, names)

    def _delete_many(self, request: Request, identity: Identity, body: bytes) -> Response:
        try:
            names = {one: addresses.name_of(one) for one in orjson.loads(body)["files"]}
        except (orjson.JSONDecodeError, TypeError, KeyError, AttributeError, ValueError) as fault:
            raise BadRequest('the body is {"files": [path or address, …]}') from fault
        deleted: dict[str, str] = {}
        kept: dict[str, list[dict[str, Any]]] = {}
        errors: dict[str, list[str]] = {}
        with self._noted(request, identity, list(names.values())) as deleting:
            for given, name in names.items():
                try:
                    outcome, namers = files.remove(self._context.store, name)
                except ApiError as fault:
                    errors.setdefault(fault.message, []).append(given)
                    continue
                if outcome == "kept":
                    kept[given] = namers
                elif outcome == "missing":
                    errors.setdefault("Not found", []).append(given)
                else:
                    deleted[given] = name
        if deleted:
            deleting.tell(**audit.told_files(list(deleted.values())))
        else:
            deleting.withdraw()
        return _json({"deleted": deleted, "kept": kept, "errors": errors})

    async def _small_body(self, request: Request) -> bytes:
        limit = int(self._context.settings.max_body_mb * 1_000_000)
        parts, size = [], 0
        async for part in bodies.pieces(request):
            size += len(part)
            if size > limit:
                raise BadRequest(f"the body exceeds {limit:,} bytes")
            parts.append(part)
        return b"".join(parts)


class _Download(FileResponse):
    chunk_size = _PIECE


async def _drain(request: Request) -> None:
    """Read the rest of a refused body: a client that is still sending would see a broken pipe, not the reason."""
    with suppress(RuntimeError, ClientDisconnect, TimeoutError):  # RuntimeError: there was no rest
        with anyio.fail_after(_DRAINED):
            async for _ in request.stream():
                pass


def _matches(condition: str, tag: str) -> bool:
    """If-None-Match (RFC 9110, 13.1.2): weak comparison with any of the tags listed."""
    tags = [one.strip().removeprefix("W/") for one in condition.split(",")]
    return tag in tags or "*" in tags


def _json(data: object) -> Response:
    return Response(orjson.dumps(data), media_type="application/json")


def _error(fault: ApiError) -> Response:
    body = orjson.dumps(envelope("files", "", {}, fault), default=str)
    return Response(body, status_code=fault.code, media_type="application/json")
