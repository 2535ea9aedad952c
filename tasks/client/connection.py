"""Which ClearML server this checkout talks to, and whether it answers.

The configuration is looked for in this order: `CLEARML_CONFIG_FILE`, `CLEARML_API_HOST` (with its siblings for the
keys), `clearml.conf` in the checkout (of an installed copy: in the current folder), `.soundyard/clearml.conf` (written
by the embedded server), and `~/clearml.conf`.
Call `use()` before anything of the SDK reads its configuration; it also asks the server for a token, because the SDK
itself retries a missing server for ever without a word.
"""

import ipaddress
import json
import os
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from audio.folders import ROOT as ROOT
from audio.folders import installed
from audio.folders import state as state
from tasks.errors import NotConfigured, Unreachable, WrongCredentials

OWN = (Path() if installed() else ROOT) / "clearml.conf"
PERSONAL = Path("~/clearml.conf")

ENVIRONMENT = {
    "api_server": "CLEARML_API_HOST",
    "web_server": "CLEARML_WEB_HOST",
    "files_server": "CLEARML_FILES_HOST",
    "access_key": "CLEARML_API_ACCESS_KEY",
    "secret_key": "CLEARML_API_SECRET_KEY",
}


def embedded() -> Path:
    """The configuration that the embedded server writes for its clients."""
    return state() / "clearml.conf"


@dataclass(frozen=True)
class Connection:
    """Addresses and keys of a server, and where they were found."""

    source: str  # for messages: a path, or the environment
    file: Path | None  # the configuration file, when there is one
    api_server: str
    web_server: str = ""
    files_server: str = ""
    access_key: str = ""
    secret_key: str = field(default="", repr=False)
    settings: dict[str, Any] = field(default_factory=dict, repr=False)  # the whole file, as plain dicts

    @property
    def is_local(self) -> bool:
        """True when the server's address can only mean this machine."""
        host = urlsplit(self.api_server).hostname or ""
        try:
            addresses = {info[4][0] for info in socket.getaddrinfo(host, None)}
        except OSError:
            return False
        return bool(addresses) and all(ipaddress.ip_address(a).is_loopback for a in addresses)


def find() -> Connection:
    """Read the configuration that applies here.

    Raises:
        NotConfigured: there is none, it can't be parsed, or it names no server or no keys.
    """
    named = os.environ.get("CLEARML_CONFIG_FILE")
    if named:
        return _read(Path(named).expanduser(), required_by="CLEARML_CONFIG_FILE")
    if os.environ.get("CLEARML_API_HOST"):
        return _checked(Connection("the environment (CLEARML_API_HOST)", None, "", settings={}))
    for candidate in (OWN, embedded(), PERSONAL.expanduser()):
        if candidate.is_file():
            return _read(candidate)
    raise NotConfigured(
        "No ClearML server is configured. Start the embedded one with `make serve`, or copy "
        "clearml.conf.example to clearml.conf and fill in the addresses and keys of your server."
    )


def use(timeout: float = 5.0, patient: bool = False) -> Connection:
    """Find the configuration, hand it to the SDK of this process and of its children, and ask the server for a token.

    `patient`: wait for a server that is away, as what an agent runs does.

    Raises:
        NotConfigured, Unreachable, WrongCredentials: with what to do about it.
    """
    connection = find()
    if connection.file is not None:
        os.environ["CLEARML_CONFIG_FILE"] = str(connection.file)
    if installed() or os.environ.get("SOUNDYARD_STATE"):
        os.environ["SOUNDYARD_STATE"] = str(state())  # what we start runs in other folders
    if cache := os.environ.get("CLEARML_CACHE_DIR"):
        os.environ["CLEARML_CACHE_DIR"] = str(Path(cache).expanduser().absolute())
    if not setting(connection.settings, "sdk", "storage", "cache", "default_base_dir"):
        os.environ.setdefault("CLEARML_CACHE_DIR", str(state() / "cache"))
    if not os.environ.get("CLEARML_OFFLINE_MODE"):
        if patient:
            from tasks.running.outages import Line

            Line(connection).wait("The task has not begun.")
        check(connection, timeout)
    return connection


def check(connection: Connection, timeout: float = 5.0) -> None:
    """Ask the server for a token, once, without retries.

    Raises:
        Unreachable: nothing answers within `timeout` seconds, or not as a ClearML server does.
        WrongCredentials: the keys are refused.
    """
    import requests

    where = f"{connection.api_server} (from {connection.source})"
    verify = setting(connection.settings, "api", "verify_certificate")
    try:
        answer = requests.get(  # GET, as the SDK does: every server knows it
            connection.api_server.rstrip("/") + "/auth.login",
            auth=(connection.access_key, connection.secret_key),
            timeout=timeout,
            verify=True if verify is None else verify,
        )
    except requests.exceptions.SSLError as fault:
        raise Unreachable(f"The certificate of {where} is not trusted: {fault}") from fault
    except requests.RequestException as fault:
        raise Unreachable(f"No ClearML server answers at {where}. {_how_to_start(connection)}") from fault
    if answer.status_code in (401, 403):
        raise WrongCredentials(
            f"The server at {where} refuses the access key {connection.access_key[:4]}…: "
            "make new keys on its settings page and write them there."
        )
    if answer.status_code != 200 or not _token(answer.text):
        raise Unreachable(
            f"What answers at {where} is not a ClearML API server (status {answer.status_code}): "
            "api_server has to be the API's address, not the web page's or the file server's."
        )


def call(connection: Connection, endpoint: str, timeout: float = 5.0, **body: Any) -> dict[str, Any]:
    """The data of one call, without the SDK and its retries. Raises Unreachable: it was not answered, or refused."""
    import requests

    api, verify = connection.api_server.rstrip("/"), setting(connection.settings, "api", "verify_certificate")
    keys = (connection.access_key, connection.secret_key)
    with requests.Session() as asking:
        asking.verify = True if verify is None else verify
        try:
            token = _token(asking.get(f"{api}/auth.login", auth=keys, timeout=timeout).text)
            headers = {"Authorization": f"Bearer {token}"}
            answer = asking.post(f"{api}/{endpoint}", headers=headers, json=body, timeout=timeout)
            answer.raise_for_status()
            return dict(answer.json()["data"])
        except (requests.RequestException, ValueError, KeyError) as fault:
            raise Unreachable(f"{api} did not take {endpoint}: {fault}") from fault


def _how_to_start(connection: Connection) -> str:
    if connection.file == embedded() or connection.is_local:
        return "Start it with `make serve`."
    return "Check the address, the network, and that the server runs."


def _token(text: str) -> str:
    try:
        return str(json.loads(text)["data"]["token"])
    except (ValueError, KeyError, TypeError):
        return ""


def _read(path: Path, required_by: str = "") -> Connection:
    from clearml.utilities.pyhocon import ConfigFactory

    if not path.is_file():
        raise NotConfigured(f"{required_by} names {path}, and there is no such file.")
    try:
        settings = _plain(ConfigFactory.parse_string(path.read_text()))
    except Exception as fault:  # pyhocon raises pyparsing's and its own errors, which share no base
        raise NotConfigured(f"{path} is not a valid ClearML configuration: {fault}") from fault
    return _checked(Connection(str(path), path.resolve(), "", settings=settings))


def _checked(connection: Connection) -> Connection:
    """With addresses and keys filled in: the environment over the file, as the SDK has it."""
    api = connection.settings.get("api") or {}
    credentials = api.get("credentials") or {}
    values = {
        name: os.environ.get(variable) or str((credentials if name.endswith("_key") else api).get(name) or "")
        for name, variable in ENVIRONMENT.items()
    }
    missing = [name for name in ("api_server", "access_key", "secret_key") if not values[name]]
    if missing:
        raise NotConfigured(
            f"{connection.source} lacks {', '.join(missing)}: see clearml.conf.example for what belongs there."
        )
    return Connection(connection.source, connection.file, settings=connection.settings, **values)


def setting(settings: dict[str, Any], *path: str) -> Any:
    """A value deep in a configuration; None when it is not there."""
    for key in path:
        settings = settings.get(key) if isinstance(settings, dict) else None  # type: ignore[assignment]
    return settings


def _plain(value: Any) -> Any:
    """pyhocon's trees as dicts, lists and scalars."""
    if isinstance(value, dict):
        return {key.strip('"'): _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
