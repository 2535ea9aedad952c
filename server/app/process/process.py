"""The process: sockets, the lock on the data folder, the client's configuration, background jobs, a clean end."""

from __future__ import annotations

import logging
import signal
import socket
import sqlite3
import ssl
import sys
from contextlib import ExitStack
from datetime import datetime, timezone
from typing import Any

import uvicorn

from server.api import called, whole
from server.api.errors import StorageFull
from server.api.tokens import Tokens
from server.app import App
from server.app.context import Context
from server.app.jobs.jobs import Jobs, alerting, scheduled, upkeep
from server.app.process import beginning, browser, connections, handshakes, logs, memory
from server.app.process.announcement import announced
from server.app.process.beginning import CannotStart
from server.domain.users import links
from server.settings import Settings
from server.store import Store
from server.store.migrations import EmptiedDatabase, NewerDatabase
from server.store.upkeep import privacy
from server.store.upkeep.lock import FolderInUse, locked

log = logging.getLogger("soundyard")


def serve(settings: Settings) -> None:
    """Run until SIGINT or SIGTERM. Raises: CannotStart."""
    # Uvicorn ends in order and then raises the signal again; by itself SIGTERM would end the process there and then.
    signal.signal(signal.SIGTERM, _end)
    memory.bound()
    _check_certificate(settings)
    available = connections.descriptors()
    with ExitStack() as opened:
        store = _open(settings, opened)
        logs.also_to_file(settings.data, settings.log_file_mb, settings.log_format)
        if settings.access_log != "off":
            logs.of_requests(settings.access_log, settings.data, settings.log_file_mb, settings.log_format)
        sockets = [opened.enter_context(one) for one in _bind(settings)]
        for path in privacy.close(settings.data, [settings.conf_path]):
            log.warning("%s can be read by others, and belongs to somebody else", path)
        store.files.discard_unfinished()
        context = Context(settings, store, Tokens(settings.data / "token.key"))
        begun = beginning.begin(settings, store)
        if settings.auth == "password" and not any(user["password"] for user in store.users.all()):
            log.warning(
                called.spoken("nobody has a password yet: python -m server user add NAME --role admin")
            )
        opened.enter_context(Jobs(scheduled(context, begun)))
        opened.enter_context(Jobs(upkeep(context)))
        opened.enter_context(Jobs(alerting(context)))
        opened.enter_context(announced(settings, [one.getsockname()[1] for one in sockets]))
        app = App(context)
        most = connections.affordable(settings.max_connections, available)
        memory.collect_rarely()
        config = uvicorn.Config(
            app,
            http=_protocol(settings, connections.limited(most, settings.idle_seconds)),
            ws="none",
            log_config=None,
            access_log=False,
            timeout_keep_alive=90,  # above the clients' own 75 s, so that it is they who close
            timeout_graceful_shutdown=3,
            server_header=False,
            proxy_headers=bool(settings.proxies),
            forwarded_allow_ips=settings.proxies,
        )
        _Server(config, context, app).run(sockets=sockets)


def _protocol(settings: Settings, plain: type[connections.LimitedConnections]) -> Any:
    """What uvicorn takes for a class of protocols, with TLS where that is set."""
    if not settings.tls_cert:
        return plain
    return handshakes.with_tls(plain, settings.tls_cert, settings.tls_key)


def _check_certificate(settings: Settings) -> None:
    """Raises: CannotStart, when it can't be used."""
    if not settings.tls_cert:
        return
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
            settings.tls_cert, settings.tls_key, password=lambda: b""
        )
    except FileNotFoundError as fault:
        raise CannotStart(f"{settings.tls_cert} or {settings.tls_key} is not there") from fault
    except (OSError, ValueError) as fault:
        raise CannotStart(
            f"{settings.tls_cert} and {settings.tls_key} can't be used: {fault}. Both are PEM, the key is this "
            "certificate's and has no passphrase"
        ) from fault


def _end(*_: object) -> None:
    raise SystemExit(0)


def _open(settings: Settings, opened: ExitStack) -> Store:
    """The data folder, held by this process."""
    folder = settings.data
    try:
        opened.enter_context(locked(folder))
        store = Store(folder, settings.synchronous, settings.statement_seconds)
    except FolderInUse as fault:
        raise CannotStart(f"{fault}: stop it, or give another --data") from fault
    except StorageFull as fault:
        raise CannotStart(f"the disk of {folder} has no room to make or to upgrade the database") from fault
    except OSError as fault:
        raise CannotStart(f"the data folder {folder} can't be used: {fault.strerror or fault}") from fault
    except (NewerDatabase, EmptiedDatabase) as fault:
        raise CannotStart(called.spoken(str(fault))) from fault
    except sqlite3.Error as fault:
        raise CannotStart(
            f"the database in {folder} can't be opened: {fault}. "
            + called.spoken(
                "`python -m server doctor` looks closer; `python -m server restore` brings a backup back"
            )
        ) from fault
    opened.callback(store.close)
    return store


class _Server(uvicorn.Server):
    """Says that it is ready when it is, and ends what is held when it ends."""

    def __init__(self, config: uvicorn.Config, context: Context, app: App) -> None:
        super().__init__(config)
        self._context = context
        self._app = app

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(f"Soundyard server is ready: {self._context.settings.url}", flush=True)
        if self._context.settings.auth == "open":
            _offer_link(self._context)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.end()
        await super().shutdown(sockets)


def _offer_link(context: Context) -> None:
    """Where the server was started stands how to get in, and nowhere else."""
    secret = context.links.make(context.store, datetime.now(timezone.utc))
    address = links.address(context.settings.url, secret)
    print(f"Open it with this link, which works once: {address}", flush=True)
    print(called.spoken("Another one is printed by: python -m server link"), flush=True)
    if context.settings.browser == "auto" and sys.stdout.isatty() and browser.is_graphical():
        with whole.if_there_is_room():
            browser.show(address, context.settings.data)


def _bind(settings: Settings) -> list[socket.socket]:
    ports = {"port": settings.port, "api_port": settings.api_port, "files_port": settings.files_port}
    sockets: list[socket.socket] = []
    for name, port in ports.items():
        if not port:
            continue
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        # Named, not 0: asyncio turns Nagle's algorithm off for sockets it knows to be TCP, and each answer would
        # wait 40 ms for the client's delayed acknowledgement with it on.
        one = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((settings.host, port))
            one.listen(2048)
        except OSError as fault:
            one.close()
            if name != "port":
                log.warning(
                    "port %s (%s) is taken; the web port serves the same under /api and /files", port, name
                )
                continue
            raise CannotStart(
                f"{settings.host}:{port} can't be used: {fault.strerror}. "
                f"Stop what listens there, or choose another port (--port, SOUNDYARD_PORT)"
            ) from fault
        sockets.append(one)
    return sockets


def set_up_logging(settings: Settings) -> None:
    logs.set_up(settings.log_level, settings.log_format)
