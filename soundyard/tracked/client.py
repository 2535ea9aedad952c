"""One call to the server's API, through the SDK's own session: its configuration, its keys, its retries."""

from functools import cache
from typing import Any

from tasks.client import connection
from tasks.errors import SoundyardError

PAGE = 500  # of what is asked for at once


class Refused(SoundyardError):
    """The server did not do what it was asked; the message is the server's."""


@cache
def _session() -> Any:
    from clearml.backend_api.session.client import APIClient

    return APIClient().session


def connect() -> connection.Connection:
    """The server that is configured here. Raises NotConfigured, Unreachable, WrongCredentials."""
    _session.cache_clear()
    return connection.use()


def call(endpoint: str, **body: Any) -> dict[str, Any]:
    """The data of an answer. Raises Refused."""
    service, _, action = endpoint.partition(".")
    answer = _session().send_request(service, action, json=body)
    try:
        content = answer.json()
    except ValueError:
        raise Refused(f"{endpoint}: the server answered {answer.status_code} and no JSON") from None
    if not answer.ok:
        raise Refused(f"{endpoint}: {content.get('meta', {}).get('result_msg') or answer.status_code}")
    return dict(content.get("data") or {})


def every(endpoint: str, key: str, most: int | None = None, **body: Any) -> list[dict[str, Any]]:
    """All that a listing has under `key`, page by page, each once; no more than `most`. Raises Refused."""
    found: dict[str, dict[str, Any]] = {}
    page = 0
    while most is None or len(found) < most:
        size = PAGE if most is None else min(PAGE, most)
        part = call(endpoint, page=page, page_size=size, **body).get(key) or []
        found.update((str(one["id"]), one) for one in part)
        page += 1
        if len(part) < size:
            break
    return list(found.values())[:most]
