"""`/link?secret=…`: a one-time link is exchanged for a session's cookie, and the browser is sent on to the page."""

from __future__ import annotations

from datetime import datetime, timezone

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from server.api.errors import ApiError
from server.app.context import Context
from server.app.requests import callers, cookies
from server.app.requests.observed import facts_of
from server.app.requests.pace import Pace
from server.domain.users import access, audit

_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class Link:
    """An ASGI application."""

    def __init__(self, context: Context, pace: Pace) -> None:
        self._context = context
        self._pace = pace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        facts_of(scope).endpoint = "link"
        try:
            async with self._pace.turn(request):
                response = await run_in_threadpool(self._answer, request)
        except ApiError as fault:
            response = Response(fault.message, fault.code, media_type="text/plain")
        response.headers.update(_HEADERS)
        await response(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        if request.method != "GET" or "prefetch" in request.headers.get("sec-purpose", ""):
            return Response("A link is opened with GET, and works once", 405, media_type="text/plain")
        context, now = self._context, datetime.now(timezone.utc)
        to = _place(request.query_params.get("next", ""))
        if not context.links.use(context.store, request.query_params.get("secret", ""), now):
            return self._used(request, to, now)
        client = request.client.host if request.client else ""
        made = audit.entry(audit.SIGN_IN, "auth.login", client=client, details={"by": "link"})
        with audit.Beside(context.store, now, made) as beside:
            identity = access.open_session(context.store, access.ensure_admin(context.store, now), now)
        beside.tell(user=identity.user, user_name=identity.name)
        token = context.tokens.sign(identity, now, access.SESSION_LIFE)
        response = RedirectResponse(context.settings.base_path + to, 303)
        life = int(access.SESSION_LIFE.total_seconds())
        cookies.set_on(
            response, request, context.settings, [(access.cookie(context.settings.port), token, life)]
        )
        return response

    def _used(self, request: Request, to: str, now: datetime) -> Response:
        """Opened again in the browser that it has let in, it leads there again; elsewhere to how to get a new one."""
        try:
            if callers.identified(request, self._context, self._pace, now):
                return RedirectResponse(self._context.settings.base_path + to, 303)
        except ApiError:
            pass
        client = request.client.host if request.client else ""
        self._context.failures.note(self._context.store, now, "", client, "a link that does not hold")
        return RedirectResponse(f"{self._context.settings.base_path}/login?link=used", 303)


def _place(asked: str) -> str:
    """A place of this page, and never another site."""
    inside = asked.startswith("/") and not asked.startswith(("//", "/\\")) and asked.isprintable()
    return asked if inside else "/"
