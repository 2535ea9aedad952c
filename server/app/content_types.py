"""How an uploaded file may be shown: by its name's extension, and never so that it runs in the page's origin.

Images, sounds, videos and text keep their type, so that the page can show them. HTML, SVG and XML are shown
without scripts, forms or an origin of their own (CSP `sandbox`); scripts and style sheets are plain text, which
`nosniff` keeps a browser from loading as code (https://fetch.spec.whatwg.org/#x-content-type-options-header).
"""

from __future__ import annotations

import mimetypes
from pathlib import PurePosixPath
from urllib.parse import quote

_TYPES = mimetypes.MimeTypes()  # the standard table, not this machine's /etc/mime.types
_MORE = {
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".oga": "audio/ogg",
    ".m4a": "audio/mp4",
    ".wav": "audio/wav",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".webm": "video/webm",
    ".md": "text/plain",
    ".log": "text/plain",
    ".yaml": "text/plain",
    ".yml": "text/plain",
    ".jsonl": "text/plain",
    ".parquet": "application/vnd.apache.parquet",
}
_SANDBOXED = {"text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml"}
_SHOWN = _SANDBOXED | {"application/json", "text/plain", "text/csv", "text/tab-separated-values"}
_POLICY = (
    "default-src 'none'; img-src 'self' data:; media-src 'self' data:; style-src 'unsafe-inline'; "
    "frame-ancestors 'self'; sandbox"
)


def headers(name: str) -> dict[str, str]:
    """Content-Type and the safety headers for a file of this name."""
    kind = content_type(name)
    answer = {
        "Content-Type": f"{kind}; charset=utf-8" if kind.startswith("text/") else kind,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": _POLICY,
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-cache",
    }
    if not _may_be_shown(kind):
        answer["Content-Disposition"] = (
            f"attachment; filename*=UTF-8''{quote(PurePosixPath(name).name, safe='')}"
        )
    return answer


def content_type(name: str) -> str:
    suffix = PurePosixPath(name).suffix.lower()
    kind, encoding = _TYPES.guess_type("x" + suffix)
    kind = _MORE.get(suffix, kind or "application/octet-stream")
    if encoding:  # `.csv.gz` is sent as it lies: a zipped file, not a zipped transfer
        return f"application/{encoding}" if encoding != "gzip" else "application/gzip"
    if kind.startswith("text/") and kind not in _SHOWN:
        return "text/plain"
    return "text/plain" if kind in ("application/javascript", "application/x-javascript") else kind


def _may_be_shown(kind: str) -> bool:
    return kind in _SHOWN or kind.split("/")[0] in ("image", "audio", "video")
