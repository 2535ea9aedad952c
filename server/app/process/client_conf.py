"""The client configuration we write is part of the product: the SDK's defaults hang or wait without it."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from server.api import whole
from server.domain.users import access
from server.settings import Settings
from server.store import Store

_TEMPLATE = """\
# Written by the embedded Soundyard server on its first start; it belongs to this checkout.
# `CLEARML_CONFIG_FILE=<this file>` makes any ClearML program use it. Your own ~/clearml.conf is never touched.
api {{
    web_server: "{url}"
    api_server: "{url}/api"
    files_server: "{url}/files"
    credentials {{ access_key: "{access_key}", secret_key: "{secret_key}" }}
    # A restarted server is found again within seconds instead of minutes.
    http.retries {{ backoff_factor: 0.2, backoff_max: 2.0 }}
}}
sdk {{
    # A forked reporter can deadlock with the repository detection and makes closing slow.
    development.report_use_subprocess: false
    development.report_period_sec: 1
    # Keep every debug sample: the default wraps after 100 of a kind.
    metrics.file_history_size: 1000000
}}
agent {{
    # Torch is in the environment already; the agent must not look for wheels of its own.
    package_manager.pytorch_resolve: "none"
    force_git_root_python_path: true
}}
"""
LABEL = "client configuration"
"""Of the key in it. It is the programs': what a task runs can manage nobody. One that an earlier version made for the
admin stays valid, and becomes theirs."""
ADDRESSES = "addresses"
"""The setting that lists the addresses clients were ever given."""
_ACCESS_KEY = re.compile(r'access_key:\s*"([^"]+)"')
_SECRET_KEY = re.compile(r'secret_key:\s*"([^"]+)"')
_SERVER = re.compile(r'web_server:\s*"([^"]+)"')


def ensure_client_conf(settings: Settings, store: Store, now: datetime) -> Path:
    """Write the configuration unless one is there whose address and keys still hold. Returns: its path."""
    path = settings.conf_path
    with store.transaction():
        _note_address(settings.url, store)
        access.ensure_admin(store, now)
        programs = access.ensure_programs(store, now)
        access_key, secret = _valid_keys(path, store) or store.users.create_credentials(programs, LABEL, now)
        store.users.give_credentials(access_key, LABEL, programs)
        text = path.read_text() if path.exists() else ""
        if address_in(text) != settings.url or access_key_in(text) != access_key:
            path.parent.mkdir(parents=True, exist_ok=True)
            whole.write(path, _TEMPLATE.format(url=settings.url, access_key=access_key, secret_key=secret))
    return path  # no key is left behind that is in no file: they are written together, or neither


def _note_address(url: str, store: Store) -> None:
    """Stored files are known by the address the server had then: all of them are remembered."""
    known = store.settings.get(ADDRESSES) or []
    if url not in known:
        store.settings.set(ADDRESSES, [*known, url])


def address_in(text: str) -> str | None:
    """The server's address in a configuration that was written here."""
    found = _SERVER.search(text)
    return found[1] if found else None


def access_key_in(text: str) -> str | None:
    found = _ACCESS_KEY.search(text)
    return found[1] if found else None


def _valid_keys(path: Path, store: Store) -> tuple[str, str] | None:
    if not path.exists():
        return None
    text = path.read_text()
    access_key, secret = _ACCESS_KEY.search(text), _SECRET_KEY.search(text)
    if access_key and secret and store.users.identity_of_key(access_key[1], secret[1]):
        return access_key[1], secret[1]
    return None
