"""What `doctor --bundle FILE` collects for a maintainer: versions, settings, findings, the shape of the database, the
newest lines of the log. No data, and no secrets: what is known to be one is taken out, and what looks like one."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import os
import platform
import re
import resource
import shutil
import sqlite3
import sys
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from pathlib import Path

from server import API_VERSION, SERVER_VERSION
from server.app.process import logs
from server.commands.doctoring.finding import Finding
from server.settings import PREFIX, Settings
from server.store.upkeep import checkup, inventory

_PACKAGES = (
    "starlette", "uvicorn", "httptools", "pydantic", "python-multipart", "PyJWT", "argon2-cffi", "orjson", "regex",
    "prometheus-client", "clearml", "clearml-agent", "torch", "numpy",
)  # fmt: skip
_LOG_BYTES = 1_000_000
"""Of the end of each log."""
_SHORTEST = 6
"""Characters: what is shorter is no secret that could be told from a word."""
_HIDDEN = "(hidden)"
_LOOKS_SECRET = (
    (re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*"), _HIDDEN),  # a token
    (re.compile(r"(?i)\b(basic|bearer)\s+[\w.~+/=-]{8,}"), rf"\1 {_HIDDEN}"),
    (re.compile(r"(?<=//)[^/\s@\"']+@"), f"{_HIDDEN}@"),  # a user and a password in an address
    (
        re.compile(
            r"(?i)(\b[\w-]*(?:passw(?:or)?d|passphrase|secret|token|api_?key|access_?key|credentials?|cookie)[\w-]*"
            r"[\"']?\s*[:=]\s*[\"']?)[^\s\"',;&}]+"
        ),
        rf"\1{_HIDDEN}",
    ),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_\w{20,}|\bhf_\w{20,}"), _HIDDEN),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END|\Z)", re.DOTALL), _HIDDEN),
)


def write(file: Path, settings: Settings, findings: Iterable[Finding]) -> list[str]:
    """Returns: the names of the parts. Raises: OSError; a half-written archive does not stay."""
    known = _known_secrets(settings)
    partial = file.with_name(file.name + ".partial")
    names = []
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with (
            os.fdopen(descriptor, "wb") as stream,
            zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            for name, part in _parts(settings, findings):
                clean = _within(part, known)
                archive.writestr(name, clean if isinstance(clean, str) else _json(clean))
                names.append(name)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
    return names


def cleaned(text: str, known: Iterable[str]) -> str:
    """The text without these secrets, and without what looks like one."""
    for secret in sorted(known, key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
    for pattern, instead in _LOOKS_SECRET:
        text = pattern.sub(instead, text)
    return text


def _within(value: object, known: Iterable[str]) -> object:
    """Every text within a value, cleaned; numbers and names stay."""
    if isinstance(value, dict):
        return {name: _within(inner, known) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_within(inner, known) for inner in value]
    return cleaned(str(value), known) if isinstance(value, str | Path) else value


def _parts(settings: Settings, findings: Iterable[Finding]) -> Iterator[tuple[str, object]]:
    """Name, and a text or what becomes JSON."""
    yield "versions.json", _versions()
    yield "settings.json", {**dataclasses.asdict(settings), "environment": _variables()}
    yield "doctor.txt", "\n".join(f"{one.level}: {one.what}\n  {one.advice}" for one in findings)
    yield "folder.json", _folder(settings.data)
    try:
        with checkup.reading(settings.data) as connection:
            yield "database.json", inventory.shape(connection)
    except (sqlite3.Error, OSError) as fault:
        yield "database.json", {"fault": str(fault)}
    for log in sorted((settings.data / logs.FOLDER).glob(f"{logs.NAME}*")):
        yield f"logs/{log.name}", _end(log)


def _versions() -> dict[str, object]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return {
        "made": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "soundyard": SERVER_VERSION,
        "api": API_VERSION,
        "python": sys.version,
        "platform": platform.platform(),
        "cpus": os.cpu_count(),
        "open_files": resource.getrlimit(resource.RLIMIT_NOFILE),
        "packages": found,
    }


def _variables() -> dict[str, str]:
    """The server's own, and the names alone of those that its clients look at."""
    ours = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    return ours | {name: _HIDDEN for name in os.environ if name.startswith(("CLEARML_", "TRAINS_"))}


def _folder(folder: Path) -> dict[str, object]:
    """What lies in the data folder, one level deep; never the names of uploaded files."""
    disk = shutil.disk_usage(folder) if folder.exists() else None
    entries = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        facts = path.lstat()
        entries[path.name] = {
            "bytes": facts.st_size,
            "mode": f"{facts.st_mode & 0o7777:o}",
            "uid": facts.st_uid,
        }
    return {"disk": disk._asdict() if disk else None, "uid": os.getuid(), "entries": entries}


def _end(log: Path) -> str:
    with log.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - _LOG_BYTES))
        return stream.read().decode("utf-8", "replace")


def _known_secrets(settings: Settings) -> list[str]:
    """Those that this server keeps."""
    found: list[str] = []
    for path in (settings.data / "token.key", settings.conf_path):
        try:
            text = path.read_text(errors="replace")
        except OSError:
            continue
        found += re.findall(r'"([^"]+)"', "\n".join(re.findall(r".*_key.*", text))) or [text.strip()]
    try:
        with checkup.reading(settings.data) as connection:
            found += inventory.secrets(connection)
    except (sqlite3.Error, OSError, ValueError):
        pass
    return [one for one in found if len(one) >= _SHORTEST]


def _json(value: object) -> str:
    return json.dumps(value, indent=2, default=str, ensure_ascii=False)
