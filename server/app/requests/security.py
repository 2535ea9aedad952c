"""May this request be made at all? Against foreign pages that reach for a server on loopback.

A browser sends a cookie wherever it is told to, and a foreign name can be made to resolve to 127.0.0.1 (DNS
rebinding). So on loopback the Host must be a loopback name, and a request that says it comes from another
origin is refused, whether it carries a cookie or not (https://owasp.org/www-community/attacks/csrf).
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from server.api.errors import ApiError, ForeignOrigin
from server.settings import Settings


def refusal(scope: Scope, settings: Settings) -> ApiError | None:
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    allowed = {urlsplit(settings.public_url).netloc} if settings.public_url else set()
    if settings.is_loopback and host and host not in allowed and not _is_loopback(_name(host)):
        return ForeignOrigin(f"host {host!r} is not this server's; start it with --public-url to allow it")
    origin = headers.get("origin")
    if (
        origin
        and urlsplit(origin).netloc not in {host, *allowed}
        and not _by_portless_proxy(origin, host, settings)
    ):
        return ForeignOrigin(f"origin {origin}")
    if headers.get("sec-fetch-site") in ("cross-site", "same-site") and not _is_navigation(headers, scope):
        return ForeignOrigin(f"a {headers['sec-fetch-site']} page asked")
    return None


def _by_portless_proxy(origin: str, host: str, settings: Settings) -> bool:
    """A proxy on this machine that passes the host's name on without its port, as that of ClearML's web page does.

    A browser that asks this server itself always names the port, unless it is a protocol's own.
    """
    own = {settings.port, settings.api_port, settings.files_port}
    if settings.public_url or own & {80, 443} or ":" in host.rpartition("]")[2]:
        return False
    return bool(host) and _is_loopback(_name(host)) and urlsplit(origin).hostname == _name(host)


def _is_navigation(headers: Headers, scope: Scope) -> bool:
    """A link followed from elsewhere to one of our pages."""
    return headers.get("sec-fetch-mode") == "navigate" and scope["method"] == "GET"


def _name(host: str) -> str:
    return urlsplit(f"//{host}").hostname or ""


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
