"""The file server's HTTP side: upload (multipart), download, delete."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server.app.context import Context


class Files:
    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await Response("to be written", status_code=404)(scope, receive, send)
