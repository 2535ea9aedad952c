"""The page's assets, as they lie in `web/`; npm's packages at `/vendor/`.

Any other path is an address within the page, so it gets `index.html`. Scripts run from files only; the one
inline script allowed is the import map, by its hash (https://www.w3.org/TR/CSP3/#script-src). Workers' scripts have a
policy of their own: they compute, and ask nobody; the one that runs models may compile the WebAssembly that it is
given.
"""

from __future__ import annotations

import base64
import hashlib
import html
import logging
import re
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from server.app import compressed
from server.settings import installed

log = logging.getLogger("soundyard.web")

ROOT = Path(__file__).resolve().parents[2] / "web"
_IMPORT_MAP = re.compile(r'<script type="importmap">(.*?)</script>', re.DOTALL)
_WORKER_POLICY = (
    "default-src 'none'; script-src 'self'"  # the page's does not hold in a worker: it has its script's
)
_COMPILING = "/workers/model.js"
_COMPILING_POLICY = f"{_WORKER_POLICY} 'wasm-unsafe-eval'"
_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
}
_IN_A_CHECKOUT = '<meta name="soundyard:installed" content="no">'


class Web:
    def __init__(self, root: Path = ROOT, base_path: str = "") -> None:
        self._root = root
        self._base = f'<base href="{html.escape(base_path)}/">'
        self._head = _IN_A_CHECKOUT
        if installed():  # the page then tells people the command `soundyard`
            self._head = _IN_A_CHECKOUT.replace('"no"', '"yes"')
        self._vendor = root / "node_modules"
        if not self._vendor.is_dir():
            log.warning("the page's packages are missing (run `make web`); the API works without them")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            response = Response("The page is read with GET", status_code=405)
        else:
            file = self._file(scope["path"])
            response = self._response(scope["path"], file)
            if file is not None and scope["method"] == "GET" and scope["path"].startswith("/vendor/"):
                response = await _packed(file, response, Headers(scope=scope))
        await response(scope, receive, send)

    def _response(self, path: str, file: Path | None) -> Response:
        if file is not None:
            headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
            if path.startswith("/vendor/"):
                headers["Cache-Control"] = "max-age=3600"
            if path.startswith("/workers/"):
                headers["Content-Security-Policy"] = (
                    _COMPILING_POLICY if path == _COMPILING else _WORKER_POLICY
                )
            return FileResponse(file, media_type=_TYPES.get(file.suffix), headers=headers)
        if path.startswith("/vendor/") or Path(path).suffix in (".js", ".mjs", ".css", ".map"):
            return Response(f"{path} is not here", status_code=404, media_type="text/plain")
        return self._index()

    def _file(self, path: str) -> Path | None:
        """The file behind an address, or None. Nothing outside the two roots is ever served."""
        root, relative = self._root, path.lstrip("/")
        if path.startswith("/vendor/"):
            root, relative = self._vendor, path[len("/vendor/") :]
        elif relative.startswith("node_modules"):
            return None
        if "\0" in relative:
            return None
        file = (root / relative).resolve()
        inside = file.is_relative_to(root.resolve())
        return file if inside and file.is_file() and file.name != "index.html" else None

    def _index(self) -> Response:
        index = self._root / "index.html"
        if not index.is_file():
            text = "Soundyard's server is running; its web page isn't installed. The API is at /api."
            return Response(text, media_type="text/plain")
        page = index.read_text().replace('<base href="/">', self._base)
        page = page.replace(_IN_A_CHECKOUT, self._head)
        hashes = " ".join(
            f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'"
            for one in _IMPORT_MAP.findall(page)
        )
        policy = (
            f"default-src 'self'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; "
            "img-src 'self' data: blob:; media-src 'self' data: blob:; worker-src 'self' blob:; "
            "connect-src 'self' data: blob:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'; "
            "form-action 'self'"
        )
        headers = {
            "Content-Security-Policy": policy,
            "Cache-Control": "no-cache",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
        }
        return Response(page, media_type="text/html", headers=headers)


async def _packed(file: Path, plain: Response, asked: Headers) -> Response:
    """The same answer with its body compressed, for who accepts that and where it is worth it."""
    if not compressed.worth(file, asked.get("accept-encoding", "")):
        return plain
    headers = dict(plain.headers) | {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    for name in ("content-length", "content-type", "accept-ranges", "etag", "last-modified"):
        headers.pop(name, None)
    return Response(
        await run_in_threadpool(compressed.gzipped, file), media_type=plain.media_type, headers=headers
    )
