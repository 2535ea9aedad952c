"""Which file an address means: the many spellings of one name come to one key.

A file is named by `http://host:8080/files/a/b.bin`, by another of this server's host names, on the conventional port of
the files (`http://host:8081/a/b.bin`), below a proxy's sub-path; its name is quoted once, twice or not at all (the SDK
keeps a file under a name that it has quoted already). A key may stand for more than one file, which keeps one too
many; it never misses the file that is meant.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote, unquote, urlsplit

LONGEST_PART = 255
"""Bytes that Linux file systems allow between two slashes."""
_ADDRESS = re.compile(r"""https?://[^\s"'<>\\`]+""")
_PLAIN = re.compile(r"[^A-Za-z0-9._-]")
_AFTER = ".,;:!?)]}"
"""What may follow an address in a text, and is not part of it."""


def key(name: str) -> str:
    """What all spellings of a file's name have in common."""
    parts = [part for part in _plain(straight(name) or name).split("/") if part not in ("", ".")]
    while (
        parts and parts[0] == "files"
    ):  # a project's name, or where the files are on the web port: nobody knows
        parts = parts[1:]
    return "/".join(map(_short, parts))


def keys(address: object) -> set[str]:
    """The keys of the files that an address may mean; none when it is of another kind (`s3://…`)."""
    if not isinstance(address, str) or not address.startswith(("http://", "https://", "/")):
        return set()
    path = address if address.startswith("/") else address.partition("://")[2].partition("/")[2]
    found = set()
    for spelling in {
        path,
        re.split(r"[?#]", path, maxsplit=1)[0],
    }:  # in a name that isn't quoted they are letters
        found |= {key(spelling), key(spelling.partition("/files/")[2])}
    return found - {""}


def keys_in(text: object) -> set[str]:
    """The keys of the files whose addresses stand in a text: a plot's JSON, a parameter, a report."""
    if not isinstance(text, str) or "://" not in text:
        return set()
    return keys_of(one.rstrip(_AFTER) for one in _ADDRESS.findall(text.replace("\\/", "/")))


def keys_of(addresses: Iterable[object]) -> set[str]:
    return set().union(*map(keys, addresses))


def straight(name: str) -> str | None:
    """Without `.` and `..`, as clients ask for it (RFC 3986, 5.2.4): a metric may be called `..`.

    None when it leads out of the folder.
    """
    parts: list[str] = []
    for part in name.split("/"):
        if part == ".." and not parts:
            return None
        if part == "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def name_of(address: str) -> str:
    """The name that an address says, its quotes resolved once; a name stays as it is."""
    if not address.startswith(("http://", "https://")):
        return address
    path = unquote(urlsplit(address).path)
    return path.partition("/files/")[2] or path


def fitting(name: str) -> str:
    """The name under which a file is kept: itself, unless a part of it is longer than file systems allow.

    A name of eighty Chinese characters is 720 bytes once it is quoted. Its key is the same either way.
    """
    if all(len(part.encode(errors="replace")) <= LONGEST_PART for part in name.split("/")):
        return name
    return "/".join(map(_short, _plain(name).split("/")))


def _plain(name: str) -> str:
    """Without quotes, however often it was quoted."""
    while "%" in name:
        resolved = unquote(name)
        if resolved == name:
            break
        name = resolved
    return unicodedata.normalize("NFC", name)


def _short(part: str) -> str:
    """The part itself, or, where a spelling of it would be too long for a file system, a digest between its ends."""
    if part not in ("..", ".") and "\0" not in part and len(quote(part, errors="replace")) <= LONGEST_PART:
        return part
    digest = hashlib.sha256(part.encode(errors="replace")).hexdigest()[:16]
    ends = _PLAIN.sub("", part[:60]), _PLAIN.sub("", part[-60:])
    return f"{ends[0]}~{digest}{ends[1]}"
