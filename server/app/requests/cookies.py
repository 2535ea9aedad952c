"""Session cookies: out of reach of scripts, sent by this site's pages alone, and over TLS only when set over TLS."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from server.settings import Settings


def set_on(
    response: Response, request: Request, settings: Settings, cookies: Iterable[tuple[str, str, int]]
) -> None:
    """`cookies`: name, value, seconds to live (0 removes)."""
    public = urlsplit(settings.public_url)
    secure = request.url.scheme == "https" or (
        public.scheme == "https" and request.headers.get("host") == public.netloc
    )
    path = settings.base_path or "/"
    for name, value, life in cookies:
        response.set_cookie(
            name, value, max_age=life, path=path, httponly=True, samesite="strict", secure=secure
        )
