"""Where alerts go: what an address consists of, how it is checked, and how it is shown without its secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from server.api.errors import ValidationFailed

WEBHOOKS = ("json", "slack", "discord", "feishu")
KINDS = (*WEBHOOKS, "mail")
_SECRET = frozenset({"url", "secret", "password"})
"""Fields that are never sent back: an empty one in a change means that it stays as it is."""
_FIELDS = {
    "mail": ("host", "port", "security", "user", "password", "sender", "recipients"),
    **dict.fromkeys(WEBHOOKS, ("url",)),
    "feishu": ("url", "secret"),
}
_PORTS = {"none": 25, "starttls": 587, "tls": 465}


def checked(kind: str, given: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """An address as it is kept. `before`: what stays of it where a secret is not given anew.

    Raises: ValidationFailed.
    """
    before = before or {}
    address: dict[str, Any] = {}
    for name in _FIELDS[kind]:
        value = given.get(name)
        address[name] = before.get(name) if name in _SECRET and value in (None, "") else value
    if kind == "mail":
        return _mail(address, before)
    url = str(address["url"] or "").strip()
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or any(one.isspace() for one in url) or not url.isascii():
        raise ValidationFailed("url: the webhook's address is expected, http:// or https://…")
    return {**address, "url": url}


def _mail(address: dict[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    security = address["security"] or "starttls"
    if security not in _PORTS:
        raise ValidationFailed(f"security is one of {', '.join(_PORTS)}, not {security!r}")
    host, port = str(address["host"] or "").strip(), address["port"] or _PORTS[security]
    if not host or any(one.isspace() for one in host):
        raise ValidationFailed("host: the name of the mail server (SMTP) is expected")
    if address["password"] and not address["user"]:
        raise ValidationFailed("user: a password goes with the name that signs in")
    moved = before and (before.get("host"), before.get("port")) != (host, port)
    if moved and before.get("password") and address["password"] == before["password"]:
        raise ValidationFailed("password: give it again, as it would be sent to another mail server")
    recipients = [one.strip() for one in address["recipients"] or [] if one.strip()]
    for name, mail in (("sender", address["sender"] or ""), *(("recipients", one) for one in recipients)):
        if mail.count("@") != 1 or any(one.isspace() or one in "<>," for one in mail):
            raise ValidationFailed(f"{name}: {mail!r} is no mail address")
    if not recipients:
        raise ValidationFailed("recipients: at least one mail address is expected")
    return {**address, "security": security, "host": host, "port": port, "recipients": recipients}


def shown(channel: Mapping[str, Any]) -> dict[str, Any]:
    """A channel without secrets: of a webhook's address the server alone; which secrets are set."""
    address = channel["address"]
    told = {name: value for name, value in address.items() if name not in _SECRET}
    if address.get("url"):
        told["where"] = host_of(channel)
    has = sorted(name for name in _SECRET if address.get(name))
    return {"id": channel["id"], "name": channel["name"], "kind": channel["kind"], **told, "kept_secret": has}


def host_of(channel: Mapping[str, Any]) -> str:
    """The server that a message goes to, as far as it may be told."""
    address = channel["address"]
    if channel["kind"] == "mail":
        return f"{address['host']}:{address['port']}"
    parts = urlsplit(address["url"])
    return (parts.hostname or "") + (f":{parts.port}" if parts.port else "")


def without_secrets(text: str, channel: Mapping[str, Any]) -> str:
    """What another server said, without what it may have quoted."""
    for secret in sorted(_secrets(channel["address"]), key=len, reverse=True):
        text = text.replace(secret, "(hidden)")
    return text


def _secrets(address: Mapping[str, Any]) -> Iterator[str]:
    for name in _SECRET:
        if value := str(address.get(name) or ""):
            yield value
    parts = urlsplit(str(address.get("url") or ""))
    yield from (one for one in (parts.password, parts.query, parts.path) if one and len(one) > 3)
    yield from (one for one in parts.path.split("/") if len(one) >= 6)
    yield from (value for _, value in parse_qsl(parts.query) if len(value) >= 4)
