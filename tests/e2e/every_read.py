"""What every reading endpoint answers, over all that a server holds: to be compared with another server's answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests
from pydantic import BaseModel

from server import services
from server.api import registry
from server.domain.users.audited import READ_BY_ADMINS
from tests.conftest import ServerProcess

assert services, "importing the services registers the endpoints"

WRITES = frozenset(
    {
        "auth.create_credentials", "auth.edit_credentials", "auth.revoke_credentials", "auth.login", "auth.logout",
        "login.logout", "events.clear_scroll", "server.report_stats_option", "users.set_preferences", "users.update",
    }
)  # fmt: skip
"""A viewer may call these, and they change something of their caller's own."""
OF_THE_PROCESS = frozenset({"login.supported_modes", "server.config", "auth.validate_token"})
"""They tell of the process, its settings or the caller, not of what is kept."""
OF_NOW = {
    "server.info": ("uid",),
    "server.get_stats": ("time", "process", "database", "disk"),
    "storage.get_usage": ("disk", "database"),
    "auth.get_credentials": ("credentials",),
    "audit.get_all": ("entries", "total"),
}
"""Parts of an answer that tell of the process, or that asking changes."""
READS = [
    one
    for one in registry.all_endpoints()
    if (one.role in ("viewer", None) or one.name in READ_BY_ADMINS)
    and one.name not in WRITES | OF_THE_PROCESS
]
_TIMES = {"from_date": 1_600_000_000, "to_date": 1_700_000_000, "interval": 100_000_000}
_METRIC = {"metric": "loss", "variants": ["train"]}


def bodies(endpoint: registry.Endpoint, ids: dict[str, list[str]]) -> Iterator[dict[str, Any]]:
    """One without anything that may be left out, and one for each thing that it can be asked about."""
    fields = endpoint.request.model_fields
    needed = {name for name, field in fields.items() if field.is_required()}
    if not needed:
        yield {}
    tables = {
        "task": "tasks", "tasks": "tasks", "project": "projects", "projects": "projects", "model": "models",
        "queue": "queues", "queue_ids": "queues", "user": "users", "metrics": "tasks",
        "ids": endpoint.name.partition(".")[0], "id": endpoint.name.partition(".")[0],
    }  # fmt: skip
    about = next((name for name in tables if name in fields), "")
    if endpoint.name == "organization.get_entities_count":
        yield {
            name: {"search_hidden": True}
            for name in needed or fields
            if "dict" in str(fields[name].annotation)
        }
        return
    for id in ids.get(tables.get(about, ""), []) if about else [""] if needed else []:
        body = {name: _value(name, fields[name].annotation, id) for name in needed}
        if about and about not in body:
            body[about] = _value(about, fields[about].annotation, id)
        yield body


def _value(name: str, kind: Any, id: str) -> Any:
    text = str(kind)
    if name in _TIMES:
        return _TIMES[name]
    if "TaskMetric" in text:
        return [{"task": id}]
    if "MetricVariants" in text:
        return [_METRIC] if "list" in text else _METRIC
    if "StatItem" in text:
        return [{"key": "cpu_usage", "category": "avg"}]
    known = {"metric": "loss", "variant": "train", "section": "Args", "name": "lr", "key": "accuracy"}
    if name in known:
        return known[name]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {}
    return [id] if "list" in text else id


def answers(server: ServerProcess) -> dict[str, list[Any]]:
    """Endpoint → what it answers to each of its `bodies`: the status, and the data."""
    ids = {
        name: sorted(one["id"] for one in server.admin(f"{name}.{ask}", only_fields=["id"], **more)[name])
        for name, ask, more in (
            ("tasks", "get_all", {"search_hidden": True, "type": ["__$not", "nothing"]}),
            ("projects", "get_all", {"search_hidden": True}),
            ("models", "get_all", {}),
            ("queues", "get_all", {}),
            ("users", "get_all", {}),
        )
    }
    ids["reports"] = ids["tasks"]
    found: dict[str, list[Any]] = {}
    with requests.Session() as session:
        session.auth = server._admin  # type: ignore[assignment]
        for endpoint in READS:
            for body in bodies(endpoint, ids):
                asked = session.post(f"{server.url}/api/{endpoint.name}", json=body, timeout=60)
                found.setdefault(endpoint.name, []).append((asked.status_code, _told(endpoint.name, asked)))
    return found


def _told(name: str, answer: requests.Response) -> Any:
    if "json" not in answer.headers.get("Content-Type", ""):
        return answer.text
    data = answer.json()["data"]
    for key in OF_NOW.get(name, ()):
        data.pop(key, None)
    return data
