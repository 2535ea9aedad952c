"""Every setting of the server, in one table: its name, default and meaning.

A setting is given on the command line (`--watchdog-minutes 30`) or in the environment
(`SOUNDYARD_WATCHDOG_MINUTES=30`); the command line wins. Nothing reads the environment at import.
"""

from __future__ import annotations

import argparse
import dataclasses
import ipaddress
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PREFIX = "SOUNDYARD_"
ROOT = Path(__file__).resolve().parent.parent


def setting(default: Any, text: str, **more: Any) -> Any:
    return field(default=default, metadata={"help": text, **more})


@dataclass(frozen=True)
class Settings:
    data: Path = setting(
        Path(".soundyard/server"),
        "folder of the database, the files and the secrets: in the checkout; when installed, in the current "
        "folder where it has a .soundyard, else in the home folder",
    )
    host: str = setting("127.0.0.1", "address to bind; other than loopback requires --auth password")
    port: int = setting(8080, "web port; the API is on it too, at /api, and the files at /files")
    api_port: int = setting(8008, "additional port with the API at its root; 0: none")
    files_port: int = setting(8081, "additional port with the files at its root; 0: none")
    public_url: str = setting(
        "", "address clients should use when it isn't http[s]://HOST:PORT (behind a proxy)"
    )
    tls_cert: str = setting("", "file with the certificate (and its chain), to serve https without a proxy")
    tls_key: str = setting("", "file with the certificate's key")
    trusted_proxies: str = setting(
        "",
        "addresses or networks of the proxies whose X-Forwarded-For and -Proto are believed, with commas between",
    )
    client_conf: str = setting("", "where to write the client configuration; default: DATA/../clearml.conf")
    auth: str = setting(
        "open",
        "open: a browser gets in by a one-time link; password: users sign in; "
        "none: by being on this machine, as everybody with an account on it is",
        choices=("open", "password", "none"),
    )
    browser: str = setting(
        "auto",
        "auto: a server that is started at a terminal with a screen opens its page",
        choices=("auto", "no"),
    )
    token_days: float = setting(30.0, "life of an access token; the agent logs in again below 12 hours")
    watchdog_minutes: float = setting(
        120.0, "a running task silent for longer than this is stopped; 0: never"
    )
    lost_task_minutes: float = setting(
        5.0, "a silent task is lost sooner when its worker runs something else, or is gone for sure; 0: never"
    )
    worker_timeout_seconds: float = setting(
        600.0,
        "a worker silent for longer than this is gone, and the task that it ran is lost when that was silent, too; a "
        "queue's metadata lost_seconds goes before it",
    )
    lost_retries: int = setting(
        1,
        "how often a task that is lost with its worker goes back to its queue before it has failed; a queue's metadata "
        "lost_retries goes before it",
    )
    hold_seconds: float = setting(
        25.0,
        "how long an agent's poll of empty queues waits for a task at most, and at least half of it (below its own "
        "30 s); 0: not at all",
    )
    synchronous: str = setting(
        "FULL",
        "SQLite's synchronous mode; FULL survives a power cut, NORMAL a killed process",
        choices=("FULL", "NORMAL"),
    )
    max_body_mb: float = setting(64.0, "largest API request accepted, in MB (uploads have no such limit)")
    max_bodies_mb: float = setting(512.0, "memory for the API requests that come in at one time, in MB")
    max_connections: int = setting(
        2000, "open connections; fewer where the system allows few open files (ulimit -n)"
    )
    idle_seconds: float = setting(20.0, "a connection that has asked for nothing by then is closed")
    requests_per_second: float = setting(
        1000.0, "of one caller; who asks faster waits, then is refused (429); 0: any number"
    )
    statement_seconds: float = setting(10.0, "a query that takes longer is refused; 0: never")
    audit_days: float = setting(365.0, "how long the audit log is kept (100,000 entries at most)")
    log_file_mb: float = setting(
        10.0, "the log is also in DATA/logs; a file of this size is set aside, five are kept; 0: none"
    )
    log_level: str = setting(
        "info", "what is logged to stderr", choices=("debug", "info", "warning", "error")
    )
    log_format: str = setting(
        "text", "of a line in the log; json: one object a line", choices=("text", "json")
    )
    access_log: str = setting(
        "off",
        "a line for each request; file: in DATA/logs/access.log, rotated as the log is; stderr: with the log",
        choices=("off", "file", "stderr"),
    )

    backup_every: float = setting(0.0, "hours between backups that the server makes by itself; 0: none")
    backup_keep: int = setting(7, "how many of these are kept, the newest")
    backup_folder: str = setting("", "where these are; better on another disk; default: DATA/backups")
    retention_minutes: float = setting(
        60.0,
        "minutes between two rounds of retention, which is off until `python -m server retention` sets it; 0: none",
    )
    check_seconds: float = setting(
        30.0,
        "seconds between two looks whether the database is damaged; a large one is looked at more rarely; 0: none",
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "data", Path(os.path.abspath(self.data.expanduser())))  # noqa: PTH100  links stay
        for one in dataclasses.fields(self):
            choices = one.metadata.get("choices")
            if choices and getattr(self, one.name) not in choices:
                raise ValueError(f"{one.name} is {getattr(self, one.name)!r}; expected one of {choices}")
        if not self.is_loopback and self.auth != "password":
            raise ValueError(
                f"host {self.host} can be reached from other machines, and authentication is off: "
                "add --auth password, or bind 127.0.0.1"
            )
        if self.lost_retries < 0 or self.worker_timeout_seconds < 0:
            raise ValueError("lost_retries and worker_timeout_seconds are 0 or more")
        if self.backup_every < 0 or self.backup_keep < 1:
            raise ValueError("backup_every is a number of hours (0: none), and backup_keep at least 1")
        for proxy in self.proxies:
            try:
                ipaddress.ip_network(proxy, strict=False)
            except ValueError as fault:
                raise ValueError(f"trusted_proxies: {proxy!r} is no address and no network") from fault
        if bool(self.tls_cert) != bool(self.tls_key):
            raise ValueError("tls_cert and tls_key belong together: give both, or neither")
        if self.public_url:
            self._check_public_url()

    def _check_public_url(self) -> None:
        parts = urlsplit(self.public_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"public_url is {self.public_url!r}; expected http[s]://host[:port][/path]")
        if self.auth != "password" and not _is_loopback(parts.hostname):
            raise ValueError(
                f"public_url {self.public_url} says that others reach this server, and authentication is off: "
                "add --auth password"
            )

    @property
    def proxies(self) -> list[str]:
        return [one.strip() for one in self.trusted_proxies.split(",") if one.strip()]

    @property
    def is_loopback(self) -> bool:
        return _is_loopback(self.host)

    @property
    def base_path(self) -> str:
        """The sub-path below which a proxy offers this server: "" or "/soundyard"."""
        return urlsplit(self.public_url).path.rstrip("/")

    @property
    def conf_path(self) -> Path:
        return Path(self.client_conf).expanduser() if self.client_conf else self.data.parent / "clearml.conf"

    @property
    def backups(self) -> Path:
        return (
            Path(self.backup_folder).expanduser().absolute() if self.backup_folder else self.data / "backups"
        )

    @property
    def url(self) -> str:
        """The address clients use."""
        return self.public_url.rstrip("/") or self.local_url

    @property
    def local_url(self) -> str:
        """The address on this machine, whatever lies before it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        host = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)
        return f"{'https' if self.tls_cert else 'http'}://{host}:{self.port}"


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def add_arguments(parser: argparse.ArgumentParser, only: Sequence[str] = ()) -> None:
    """Add an option for each setting (or for those named). Absent options stay absent in the namespace."""
    for one in dataclasses.fields(Settings):
        if only and one.name not in only:
            continue
        shown = one.default if one.default != "" else "none"
        about = one.metadata["help"].replace("python -m server", parser.prog)
        parser.add_argument(
            "--" + one.name.replace("_", "-"),
            type=_kind(one),
            choices=one.metadata.get("choices"),
            default=argparse.SUPPRESS,
            help=f"{about} (default: {shown})".replace("%", "%%"),
        )


def from_sources(arguments: Mapping[str, Any], environment: Mapping[str, str]) -> Settings:
    """Command line over environment over defaults.

    Raises:
        ValueError: a value can't be read, or contradicts another; the message names the setting.
    """
    values: dict[str, Any] = {}
    for one in dataclasses.fields(Settings):
        variable = PREFIX + one.name.upper()
        if one.name in arguments:
            values[one.name] = arguments[one.name]
        elif environment.get(variable):
            try:
                values[one.name] = _kind(one)(environment[variable])
            except ValueError as fault:
                raise ValueError(f"{variable}={environment[variable]!r}: {fault}") from fault
    values.setdefault("data", state_folder(environment) / "server")
    return Settings(**values)


def installed(root: Path = ROOT) -> bool:
    """Whether the server was installed from a wheel, which leaves its metadata beside it; False in a checkout."""
    return any(root.glob("soundyard-*.dist-info"))


def state_folder(environment: Mapping[str, str]) -> Path:
    """The folder of everything that is written here, as `audio.folders` has it, which this room can't import."""
    usual = ROOT / ".soundyard"
    if installed():
        usual = here if (here := Path(".soundyard")).is_dir() else Path("~/.soundyard")
    return Path(environment.get(PREFIX + "STATE") or usual).expanduser()


def _kind(one: dataclasses.Field[Any]) -> type:
    """What a setting's text is converted with: the type of its default."""
    return type(one.default)
