"""A ClearML Server as its public API: calls in the envelope, events as JSON lines, files as multipart."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

_PATIENCE = (0.5, 1, 2, 5, 10, 20)
"""Seconds between tries when the server can't be reached or is overloaded."""
_PIECE = 1 << 20


class TargetError(Exception):
    """The other server refused, or can't be reached."""

    def __init__(self, message: str, code: int = 0, subcode: int = 0) -> None:
        self.code, self.subcode = code, subcode
        super().__init__(message)


@dataclass(frozen=True)
class Addresses:
    api: str
    files: str
    access_key: str
    secret_key: str


def read_conf(path: Path) -> Addresses:
    """Addresses and keys of a clearml.conf. Raises: TargetError: the file lacks one of them."""
    text = re.sub(r"^\s*(#|//).*$", "", path.read_text(), flags=re.MULTILINE)
    found = {}
    for name in ("api_server", "files_server", "access_key", "secret_key"):
        matched = re.search(rf'["\']?\b{name}["\']?\s*[:=]\s*["\']?([^"\'\s,}}]+)', text)
        if not matched or matched[1].startswith("${"):
            raise TargetError(
                f"{path} has no {name}: copy it from the other server's settings page, Credentials"
            )
        found[name] = matched[1]
    return Addresses(
        found["api_server"].rstrip("/"),
        found["files_server"].rstrip("/"),
        found["access_key"],
        found["secret_key"],
    )


class Target:
    """Keeps one connection an address; for one thread."""

    def __init__(self, addresses: Addresses, *, verify: bool = True) -> None:
        self.addresses = addresses
        self._tls = ssl.create_default_context()
        if not verify:
            self._tls.check_hostname, self._tls.verify_mode = False, ssl.CERT_NONE
        self._connections: dict[str, http.client.HTTPConnection] = {}
        self._token = ""

    def call(self, endpoint: str, **body: Any) -> dict[str, Any]:
        """One API call. Returns: its data. Raises: TargetError."""
        return self._api(endpoint, json.dumps(body).encode(), "application/json")

    def add_events(self, events: Iterable[dict[str, Any]]) -> int:
        """One batch. Returns: how many were added. Raises: TargetError: some were refused."""
        lines = b"\n".join(json.dumps(event).encode() for event in events)
        answer = self._api("events.add_batch", lines, "application/json-lines")
        if answer.get("errors"):
            raise TargetError(f"{answer['errors']} events were refused: {answer.get('errors_info')}")
        return answer["added"]

    def upload(self, name: str, file: Path) -> str:
        """Upload a file under a name (a path). Returns: its address. Raises: TargetError."""
        boundary = os.urandom(16).hex()
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{escaped}"; filename="{escaped}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        tail = f"\r\n--{boundary}--\r\n".encode()
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(head) + file.stat().st_size + len(tail)),
        }

        def body() -> Iterator[bytes]:
            yield head
            with file.open("rb") as content:
                while piece := content.read(_PIECE):
                    yield piece
            yield tail

        status, _ = self._patiently(self.addresses.files, "POST", "", headers, body)
        if status != 200:
            raise TargetError(f"the file server answered {status} to {name}", status)
        return f"{self.addresses.files}/{quote(name)}"

    def sign_in(self) -> None:
        """Raises: TargetError: the address or the keys are wrong."""
        pair = f"{self.addresses.access_key}:{self.addresses.secret_key}".encode()
        headers = {"Authorization": f"Basic {base64.b64encode(pair).decode()}", "Content-Length": "0"}
        status, answer = self._patiently(self.addresses.api, "POST", "/auth.login", headers, lambda: b"")
        self._token = _data("auth.login", status, answer)["token"]

    def _api(self, endpoint: str, body: bytes, content_type: str) -> dict[str, Any]:
        headers = {"Content-Type": content_type, "Content-Length": str(len(body))}
        for _ in range(2):
            status, answer = self._patiently(
                self.addresses.api, "POST", f"/{endpoint}", headers, lambda: body
            )
            if status != 401:
                break
            self.sign_in()
        return _data(endpoint, status, answer)

    def _patiently(
        self, address: str, method: str, path: str, headers: dict[str, str], body: Callable[[], Any]
    ) -> tuple[int, bytes]:
        """One request, tried again while the server is away or overloaded."""
        fault: Exception | None = None
        for wait in (0.0, *_PATIENCE):
            time.sleep(wait)
            try:
                status, answer = self._once(address, method, path, headers, body())
            except (OSError, http.client.HTTPException) as caught:
                self._connections.pop(address, None)
                fault = caught
                continue
            if status not in (429, 502, 503, 504):
                return status, answer
            fault = TargetError(f"it answers {status}")
        raise TargetError(f"{address} can't be reached: {fault}") from fault

    def _once(
        self, address: str, method: str, path: str, headers: dict[str, str], body: Any
    ) -> tuple[int, bytes]:
        parts = urlsplit(address)
        connection = self._connections.get(address)
        if connection is None:
            if parts.scheme == "https":
                connection = http.client.HTTPSConnection(parts.netloc, timeout=120, context=self._tls)
            else:
                connection = http.client.HTTPConnection(parts.netloc, timeout=120)
            self._connections[address] = connection
        token = {} if "Authorization" in headers else {"Authorization": f"Bearer {self._token}"}
        connection.request(method, (parts.path + path) or "/", body=body, headers={**headers, **token})
        response = connection.getresponse()
        return response.status, response.read()


def _data(endpoint: str, status: int, answer: bytes) -> dict[str, Any]:
    try:
        envelope = json.loads(answer)
        meta = envelope["meta"]
    except (ValueError, KeyError, TypeError) as fault:
        raise TargetError(f"{endpoint}: not an answer of a ClearML API (HTTP {status})", status) from fault
    if status != 200:
        raise TargetError(f"{endpoint}: {meta.get('result_msg')}", status, meta.get("result_subcode", 0))
    return envelope.get("data") or {}
