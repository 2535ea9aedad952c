"""The part of `doctor` that looks at what runs: the server itself, its ports, and where programs here look for one."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from server.app.process.announcement import Announcement
from server.app.process.client_conf import access_key_in
from server.commands.doctoring.finding import NOTE, OK, PROBLEM, Finding
from server.settings import PREFIX, ROOT, Settings, installed, state_folder
from server.store.upkeep.lock import holder

SECONDS = 5.0  # that something has to answer
READY_SECONDS = 15.0  # more than the server waits for its database
_API = re.compile(r'^[^#\n]*\bapi_server\s*[:=]\s*"?([^"\s}]+)', re.MULTILINE)


def running(asked: Settings, told: Announcement | None) -> Iterator[Finding]:
    """The server that holds the folder: whether it answers, with which settings, and what was asked for instead."""
    said = f"a server (process {holder(asked.data)}) is running on this folder"
    if told is None:
        yield Finding(
            PROBLEM,
            f"{said} and does not answer: it has not said where",
            "if it has just been started, wait; else look at its log, then restart it",
        )
        return
    fault = _fault(f"{told.local_url}/api/debug.ping")
    if fault:
        yield Finding(PROBLEM, f"{said} and does not answer: {fault}", "look at its log, then restart it")
    else:
        yield Finding(OK, f"{said} and answers at {told.local_url}{_options(told.settings)}")
        yield from _readiness(f"{told.local_url}/readyz")
    yield from _asked_otherwise(asked, told.settings)
    for name in ("api_port", "files_port"):
        number = getattr(told.settings, name)
        if number and number not in told.ports:
            yield Finding(
                NOTE,
                f"port {number} was taken when the server started: {_who(asked.host, number)} has it",
                f"{told.local_url} serves the same; or stop that, or give --{_option(name)} N, and restart the server",
            )


def _readiness(address: str) -> Iterator[Finding]:
    """What the server itself says it can't do."""
    try:
        with urllib.request.urlopen(address, timeout=READY_SECONDS, context=_unchecked()):
            return
    except urllib.error.HTTPError as fault:
        try:
            reasons = json.loads(fault.read(10_000))["reasons"]
        except (ValueError, KeyError, TypeError):
            return  # an earlier version, which has no such address
        yield Finding(
            PROBLEM,
            f"the server can't do its work: {'; '.join(map(str, reasons))}",
            "see what takes the room, or holds the database; its log has the details",
        )
    except OSError as fault:
        yield Finding(PROBLEM, f"{address} is not answered: {fault}", "look at its log, then restart it")


def _options(settings: Settings) -> str:
    """Those that aren't the defaults, as they would be typed."""
    plain = Settings(data=settings.data)
    given = [
        f"--{_option(one.name)} {getattr(settings, one.name)}"
        for one in dataclasses.fields(settings)
        if getattr(settings, one.name) != getattr(plain, one.name)
    ]
    return f", with {' '.join(given)}" if given else ""


def _asked_otherwise(asked: Settings, real: Settings) -> Iterator[Finding]:
    """Settings that were given here, on the command line or in the environment, and are not the running server's."""
    plain = Settings(data=asked.data)
    for one in dataclasses.fields(asked):
        here, there = getattr(asked, one.name), getattr(real, one.name)
        if here not in (getattr(plain, one.name), there):
            variable = PREFIX + one.name.upper()
            where = f"{variable} says" if os.environ.get(variable) == str(here) else "asked for was"
            yield Finding(
                NOTE,
                f"the server runs with --{_option(one.name)} {there}; {where} {here}",
                "restart the server if that is meant; what is told here is of the server as it runs",
            )


def ports(settings: Settings) -> Iterator[Finding]:
    """Whether the server could have its ports, as long as it does not run."""
    for name in ("port", "api_port", "files_port"):
        number = getattr(settings, name)
        if not number:
            continue
        try:
            with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as one:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                one.bind((settings.host, number))
        except OSError as fault:
            yield Finding(
                PROBLEM if name == "port" else NOTE,
                f"port {number} can't be used: {fault.strerror}: {_who(settings.host, number)} has it",
                f"stop what uses it, or --{_option(name)} N; is it a server on another folder, give its --data",
            )
        else:
            yield Finding(OK, f"port {number} is free")


def _who(host: str, port: int) -> str:
    """What answers at a port, as far as it can be told."""
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    if any(_fault(f"{address}{path}/debug.ping") == "" for path in ("/api", "")):
        return "a ClearML or Soundyard server"
    return "another program"


def programs(
    settings: Settings, key_is_known: Callable[[str], bool], environment: Mapping[str, str], home: Path
) -> Iterator[Finding]:
    """Where tasks, agents and pipelines that are started here look for their server, held against this server."""
    source, text, remedy = _configuration(settings, environment, home)
    if text is None:
        if source:
            yield Finding(PROBLEM, f"{source} names a configuration that can't be read", remedy)
        return
    api = environment.get("CLEARML_API_HOST") or (found[1] if (found := _API.search(text)) else "")
    if _normal(api) in _addresses(settings):
        key = environment.get("CLEARML_API_ACCESS_KEY") or access_key_in(text) or ""
        if key_is_known(key):
            yield Finding(OK, f"programs here find this server, by {source}")
        else:
            yield Finding(PROBLEM, f"the access key in {source} is not one of this server's", remedy)
        return
    fault = _fault(f"{api.rstrip('/')}/debug.ping")
    state = f"where nothing answers ({fault})" if fault else "where a server answers"
    yield Finding(
        PROBLEM if fault else NOTE,
        f"programs here do not use this server ({settings.url}): {source} points at {api or 'nothing'}, {state}",
        remedy,
    )


def _configuration(
    settings: Settings, environment: Mapping[str, str], home: Path
) -> tuple[str, str | None, str]:
    """What names the server of programs here, its text (None: unreadable, or nothing), and how to name this one.

    In the order of `tasks.client.connection`, which this room can't import.
    """
    use = f"if this server is meant: CLEARML_CONFIG_FILE={settings.conf_path}"
    named = environment.get("CLEARML_CONFIG_FILE")
    if named:
        source = f"CLEARML_CONFIG_FILE={named}"
        return source, _text(Path(named).expanduser()), f"{use}, or unset it"
    if environment.get("CLEARML_API_HOST"):
        return "CLEARML_API_HOST", "", f"{use}, and unset CLEARML_API_HOST"
    state, own = state_folder(environment), Path() if installed() else ROOT
    for path in (own / "clearml.conf", state / "clearml.conf", home / "clearml.conf"):
        if path.is_file():
            return str(path), _text(path), use
    return "", None, use


def _text(path: Path) -> str | None:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return None


def _addresses(settings: Settings) -> set[str]:
    """Where clients may find this server's API."""
    found = {f"{settings.url}/api", f"{settings.local_url}/api"}
    if settings.api_port:
        found.add(settings.local_url.replace(f":{settings.port}", f":{settings.api_port}"))
    return {_normal(one) for one in found}


def _normal(address: str) -> str:
    """An address so that two ways of writing it are equal."""
    parts = urlsplit(address)
    host = "127.0.0.1" if parts.hostname in ("localhost", "::1") else parts.hostname
    return f"{parts.scheme}://{host}:{parts.port or {'https': 443}.get(parts.scheme, 80)}{parts.path.rstrip('/')}"


def _unchecked() -> ssl.SSLContext:
    """Nothing is told to who answers, so it does not matter here who signed its certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _fault(address: str) -> str:
    """Why nothing that is a server answers there; empty when one does."""
    try:
        with urllib.request.urlopen(address, timeout=SECONDS, context=_unchecked()) as answer:
            return "" if b'"result_code"' in answer.read(10_000) else "what answers is no ClearML server"
    except urllib.error.HTTPError as fault:
        return f"it answers with status {fault.code}"
    except (OSError, ValueError) as fault:
        return str(getattr(fault, "reason", fault))


def _option(name: str) -> str:
    return name.replace("_", "-")
