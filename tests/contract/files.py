"""A client of the file server that uploads as the SDK does."""

from __future__ import annotations

import http.client
from urllib.parse import quote

import requests
from clearml.utilities.requests_toolbelt import MultipartEncoder

from tests.conftest import ServerProcess


class FileClient:
    """Uploads as the SDK does: one part, its field name and filename both the path."""

    def __init__(self, server: ServerProcess) -> None:
        self.server, self.root = server, f"{server.url}/files"
        token = requests.post(f"{server.url}/api/auth.login", auth=server.keys, timeout=30).json()["data"][
            "token"
        ]
        self.headers = {"Authorization": f"Bearer {token}"}

    def upload(self, name: str, content: bytes, at: str = "", **how) -> requests.Response:
        body = MultipartEncoder({name: (name, content, "application/octet-stream")})
        headers = {**self.headers, "Content-Type": body.content_type}
        return requests.post(
            self.root + at, data=body, headers=headers, timeout=60, allow_redirects=False, **how
        )

    def url(self, name: str) -> str:
        return f"{self.root}/{quote(name.lstrip('/'))}"

    def get(self, name: str, **headers: str) -> requests.Response:
        return requests.get(self.url(name), headers={**self.headers, **headers}, timeout=60)

    def raw(self, method: str, target: str) -> tuple[int, bytes]:
        """A request whose target is sent byte for byte, as no well-meaning client would."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        connection.putrequest(method, target, skip_accept_encoding=True)
        connection.putheader("Authorization", self.headers["Authorization"])
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body
