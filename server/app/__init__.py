"""HTTP: who is asked (API, files, page), may this request be made at all, and the answer's headers.

One process may listen on three ports. On the web port the API is at `/api`, the files at `/files`, all else is
the page; the additional ports have theirs at the root. `/healthz`, `/readyz` and `/metrics` are on the web port and on
the API's.
"""

from __future__ import annotations

from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send

from server.app.api import Api
from server.app.context import Context
from server.app.files import Files
from server.app.health import PATHS, Health
from server.app.link import Link
from server.app.metrics import Metrics
from server.app.requests.observed import Observer
from server.app.requests.pace import Pace
from server.app.requests.security import refusal
from server.app.web import Web
from server.domain.users import links


class App:
    def __init__(self, context: Context) -> None:
        self._settings = context.settings
        pace = Pace(context.settings.requests_per_second)
        metrics = Metrics(context.store)
        self._observe = Observer(metrics.note, to_log=context.settings.access_log != "off")
        self._health = Health(context, pace, metrics)
        self._api = Api(context, pace, metrics)
        self._link = Link(context, pace)
        self._files = Files(context, pace)
        self._web = Web(base_path=context.settings.base_path)

    def end(self) -> None:
        """Let go of the polls that are held, so that the process can end."""
        self._api.holding.end()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await self._observe(self._answer, scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        room, path = self._room(scope)
        refused = refusal(scope, self._settings)
        if refused is not None:
            room = self._api.refuse(refused)
        await room(dict(scope, path=path, raw_path=self._raw(scope, path)), receive, send)

    def _raw(self, scope: Scope, path: str) -> bytes:
        """The path as it came, without the prefix that `path` is without."""
        whole, came = scope["path"].encode(), scope.get("raw_path", b"").partition(b"?")[0]
        prefix = whole[: len(whole) - len(path.encode())]
        return came[len(prefix) :] if path != "/" and came.startswith(prefix) else quote(path).encode()

    def _room(self, scope: Scope) -> tuple[ASGIApp, str]:
        path, port = self._below_base(scope["path"]), (scope.get("server") or ("", 0))[1]
        if port and port == self._settings.files_port != self._settings.port:
            return self._files, path
        if path in PATHS:
            return self._health, path
        if path == links.PATH and self._settings.auth == "open":
            return self._link, path
        if port and port == self._settings.api_port != self._settings.port:
            return self._api, path
        for prefix, room in (("/api", self._api), ("/files", self._files)):
            if path == prefix or path.startswith(prefix + "/"):
                return room, path[len(prefix) :] or "/"
        return self._web, path

    def _below_base(self, path: str) -> str:
        """Without the sub-path of the public address, which a proxy may leave on or take off."""
        base = self._settings.base_path
        return path[len(base) :] or "/" if base and (path + "/").startswith(base + "/") else path


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
