"""Messages on their way: to a webhook, in the form that its service reads, or as a mail."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Any, NamedTuple

import orjson

from server import SERVER_VERSION
from server.domain.alerts import channels

SECONDS = 10
"""That another server may take for one answer."""
_MOST = 20
"""Alerts that a message tells of one by one."""


class Alert(NamedTuple):
    rule: str
    at: str
    title: str
    text: str
    link: str


class NotSent(Exception):
    """With a sentence that names no secret."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """A webhook is where it was said to be: what is sent there goes nowhere else."""


_opener = urllib.request.build_opener(_NoRedirect)


def send(channel: Mapping[str, Any], alerts: Sequence[Alert], now: datetime) -> None:
    """One message about all of these. Raises: NotSent."""
    try:
        if channel["kind"] == "mail":
            _mail(channel["address"], alerts, now)
        else:
            _post(channel, alerts, now)
    except urllib.error.HTTPError as fault:
        said = fault.read(300).decode("utf-8", "replace").strip()
        raise _failed(channel, f"answered {fault.code} {said}") from None
    except urllib.error.URLError as fault:
        raise _failed(channel, f"can't be reached: {fault.reason}{_unknown(fault.reason)}") from None
    except smtplib.SMTPException as fault:
        raise _failed(channel, f"did not take it: {fault}") from None
    except (OSError, ValueError, http.client.HTTPException) as fault:
        raise _failed(
            channel, f"can't be reached: {fault or type(fault).__name__}{_unknown(fault)}"
        ) from None


def _unknown(fault: object) -> str:
    """What to do about a certificate of one's own."""
    if not isinstance(fault, ssl.SSLCertVerificationError):
        return ""
    return "; a certificate that no authority has signed is made known by SSL_CERT_FILE in the server's environment"


def _failed(channel: Mapping[str, Any], why: str) -> NotSent:
    words = " ".join(channels.without_secrets(why, channel).split())[:300]
    return NotSent(f"{channels.host_of(channel)} {words}")


def _post(channel: Mapping[str, Any], alerts: Sequence[Alert], now: datetime) -> None:
    address = channel["address"]
    body = orjson.dumps(_FORMS[channel["kind"]](address, alerts, now))
    headers = {"Content-Type": "application/json", "User-Agent": f"soundyard/{SERVER_VERSION}"}
    request = urllib.request.Request(address["url"], body, headers, method="POST")
    with _opener.open(request, timeout=SECONDS) as answer:
        said = answer.read(10_000)
    if channel["kind"] == "feishu":
        _check_feishu(channel, said)


def _check_feishu(channel: Mapping[str, Any], said: bytes) -> None:
    """It answers 200 whatever happens; a code other than 0 means that it did not take the message."""
    try:
        answer = orjson.loads(said)
    except orjson.JSONDecodeError:
        return
    if isinstance(answer, dict) and answer.get("code", answer.get("StatusCode", 0)) != 0:
        raise _failed(channel, f"answered {answer.get('code')} {answer.get('msg', '')}")


def _json(address: Mapping[str, Any], alerts: Sequence[Alert], now: datetime) -> dict[str, Any]:
    return {"source": "soundyard", "text": _text(alerts), "alerts": [one._asdict() for one in alerts]}


def _slack(address: Mapping[str, Any], alerts: Sequence[Alert], now: datetime) -> dict[str, Any]:
    text = _text(alerts).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": text}


def _discord(address: Mapping[str, Any], alerts: Sequence[Alert], now: datetime) -> dict[str, Any]:
    return {"content": _text(alerts)[:2000], "allowed_mentions": {"parse": []}}


def _feishu(address: Mapping[str, Any], alerts: Sequence[Alert], now: datetime) -> dict[str, Any]:
    body: dict[str, Any] = {"msg_type": "text", "content": {"text": _text(alerts).replace("<", "‹")}}
    if address.get("secret"):
        stamp = str(int(now.timestamp()))
        made = hmac.new(f"{stamp}\n{address['secret']}".encode(), digestmod=hashlib.sha256).digest()
        body |= {"timestamp": stamp, "sign": base64.b64encode(made).decode()}
    return body


_FORMS = {"json": _json, "slack": _slack, "discord": _discord, "feishu": _feishu}


def _text(alerts: Sequence[Alert]) -> str:
    parts = ["\n".join(line for line in (one.title, one.text, one.link) if line) for one in alerts[:_MOST]]
    if len(alerts) > _MOST:
        parts.append(f"and {len(alerts) - _MOST} more")
    return "\n\n".join(parts)


def _mail(address: Mapping[str, Any], alerts: Sequence[Alert], now: datetime) -> None:
    message = EmailMessage()
    subject = " ".join(alerts[0].title.split())[:200]
    more = f" (and {len(alerts) - 1} more)" if len(alerts) > 1 else ""
    message["Subject"] = f"[Soundyard] {subject}{more}"
    message["From"] = address["sender"]
    message["To"] = ", ".join(address["recipients"])
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain="soundyard.invalid")
    message.set_content(_text(alerts))
    secure = ssl.create_default_context()
    where = (address["host"], int(address["port"]))
    smtp = (
        smtplib.SMTP_SSL(*where, timeout=SECONDS, context=secure)
        if address["security"] == "tls"
        else smtplib.SMTP(*where, timeout=SECONDS)
    )
    with smtp:
        if address["security"] == "starttls":
            smtp.starttls(context=secure)
        if address.get("user"):
            _sign_in(smtp, address["user"], address.get("password") or "")
        smtp.send_message(message)


def _sign_in(smtp: smtplib.SMTP, user: str, password: str) -> None:
    """As `smtplib` does; what is no ASCII it refuses, which RFC 4616 sends as UTF-8. Raises: SMTPException."""
    if user.isascii() and password.isascii():
        smtp.login(user, password)
        return
    smtp.ehlo_or_helo_if_needed()
    given = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
    code, said = smtp.docmd("AUTH", f"PLAIN {given}")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, said)
