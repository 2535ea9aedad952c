"""Real receivers of alerts on this machine: a webhook's server and a mail server, which keep what comes."""

from __future__ import annotations

import email
import email.policy
import json
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


class Webhook:
    """`answers`: (status, body) of the next requests; 200 afterwards."""

    def __init__(self) -> None:
        self.came: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.answers: list[tuple[int, str]] = []
        self.url = ""


@contextmanager
def webhook() -> Iterator[Webhook]:
    kept = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kept.paths.append(self.path)
            kept.came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            status, body = kept.answers.pop(0) if kept.answers else (200, "ok")
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"{kept.url}/elsewhere")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server, _served(server):
        kept.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield kept


class Mails:
    def __init__(self) -> None:
        self.came: list[EmailMessage] = []
        self.port = 0
        self.refuses = ""
        self.logins: list[str] = []


@contextmanager
def mail_server() -> Iterator[Mails]:
    """As much of SMTP (RFC 5321) as a client needs that sends a mail."""
    kept = Mails()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 here")
            while line := self.rfile.readline().decode().strip():
                word = line.upper().split(":")[0].split(" ")[0]
                if word == "RCPT" and kept.refuses:
                    self.say(f"550 {kept.refuses}")
                elif word == "DATA":
                    self.say("354 go on")
                    kept.came.append(email.message_from_bytes(self.until_dot(), policy=email.policy.default))
                    self.say("250 kept")
                elif word == "QUIT":
                    return self.say("221 bye")
                else:
                    self.say("250 ok")
            return None

        def until_dot(self) -> bytes:
            lines = []
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                lines.append(line)
            return b"".join(lines)

        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server, _served(server):
        kept.port = server.server_address[1]
        yield kept


@contextmanager
def secure_mail_server(security: str, cert: Path, key: Path, user: str, password: str) -> Iterator[Mails]:
    """A mail server that takes nothing without encryption and a login. `security`: `starttls` or `tls`."""
    kept = Mails()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)

    class Handler:
        async def handle_RCPT(self, server: Any, session: Any, envelope: Any, to: str, options: Any) -> str:
            if kept.refuses:
                return f"550 {kept.refuses}"
            envelope.rcpt_tos.append(to)
            return "250 ok"

        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            kept.came.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
            return "250 kept"

    def known(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        kept.logins.append(data.login.decode())
        right = (data.login, data.password) == (user.encode(), password.encode())
        return AuthResult(success=right, handled=right)

    only_secret: dict[str, Any] = {"authenticator": known, "auth_required": True}
    if security == "starttls":
        only_secret |= {"tls_context": context, "require_starttls": True}
    else:
        only_secret |= {"ssl_context": context, "auth_require_tls": False}  # all of it is encrypted
    kept.port = _free_port()
    served = Controller(Handler(), hostname="127.0.0.1", port=kept.port, **only_secret)
    served.start()
    try:
        yield kept
    finally:
        served.stop()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def _served(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
