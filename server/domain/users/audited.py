"""Which calls of the API the audit log keeps, and what of them: no secret, as only the fields named here are told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from server.api.call import Call
from server.api.registry import Endpoint
from server.domain.users import audit
from server.domain.users.access import ACT_AS
from server.store import Store

_KEPT = {
    **dict.fromkeys(("auth.logout", "login.logout", "auth.get_token_for_user"), audit.SIGN_IN),
    **dict.fromkeys(
        (
            "auth.create_credentials", "auth.edit_credentials", "auth.revoke_credentials", "auth.create_user",
            "auth.edit_user", "users.create", "users.update", "users.delete",
        ),
        audit.USERS,
    ),
    **dict.fromkeys(
        (
            "tasks.delete", "tasks.delete_many", "tasks.reset", "tasks.reset_many", "tasks.delete_artifacts",
            "tasks.delete_models", "models.delete", "models.delete_many", "projects.delete", "queues.delete",
            "queues.clear_queue", "reports.delete", "pipelines.delete_runs", "events.delete_for_task",
            "events.delete_for_model", "events.clear_task_log",
        ),
        audit.DELETION,
    ),
}  # fmt: skip
READ_BY_ADMINS = frozenset(
    {
        "server.config",
        "server.get_stats",
        "storage.get_settings",
        "storage.get_retention",
        "auth.validate_token",
        "audit.get_all",
        "projects.get_access",
        "alerts.get_all",
        "alerts.get_deliveries",
    }
)
"""What else only an admin may do changes the server, and is kept as that, without being named here."""
EDITS = frozenset(
    {
        "tasks.delete_hyper_params", "tasks.delete_configuration", "models.delete_metadata",
        "queues.delete_metadata",
    }
)  # fmt: skip
"""They have `delete` in their names, and change a text somewhere."""
_TOLD = frozenset(
    {
        "name",
        "role",
        "label",
        "force",
        "delete_contents",
        "delete_output_models",
        "delete_external_artifacts",
        "keys",
        "level",
    }
)
"""Fields of requests that are told as they are."""


def kind_of(endpoint: Endpoint) -> str:
    """Empty for what is not kept."""
    found = _KEPT.get(endpoint.name, "")
    admins = endpoint.role == "admin" and endpoint.name not in READ_BY_ADMINS
    return found or (audit.SETTINGS if admins else "")


@dataclass
class Deed:
    answer: object = None


@contextmanager
def watched(call: Call, endpoint: Endpoint, request: Any) -> Iterator[Deed]:
    """Keep what the block does, if it is of a kind that is kept, with what it commits first; one that fails before that
    is not kept."""
    kind = audit.SIGN_IN if endpoint.name == "auth.login" and _opens_the_page(call) else kind_of(endpoint)
    deed = Deed()
    if not kind:
        yield deed
        return
    named, more = _named(call.store, endpoint.name, request)
    details = {**_told(request), **more, **_acting(call)}
    made = audit.entry(kind, endpoint.name, client=call.client, what=named, details=details, **_who(call))
    with audit.Beside(call.store, call.now, made) as beside:
        yield deed
    answer = deed.answer if isinstance(deed.answer, dict) else {}
    told = {**_told(request), **_counts(answer), **more, **_acting(call)}
    beside.tell(what=named or _made(request, answer), details=told, **_who(call))


def _who(call: Call) -> dict[str, Any]:
    who = call.identity
    return {"user": who.user if who else "", "user_name": who.name if who else ""}


def _opens_the_page(call: Call) -> bool:
    """Programs sign in with their keys again and again; of those the key's own record tells."""
    key_alone = call.identity is not None and not call.identity.session and not call.headers.get(ACT_AS)
    return not key_alone or call.headers.get("x-clearml-client") == "soundyard-web"


_TABLES = {
    "task": "tasks", "tasks": "tasks", "model": "models", "project": "projects", "queue": "queues", "user": "users",
}  # fmt: skip
_IDS = {"tasks": "tasks", "pipelines": "tasks", "models": "models"}


def _named(store: Store, endpoint: str, request: Any) -> tuple[list[dict[str, str]], dict[str, Any]]:
    """What a request is about, as long as it is there: ids with their names; and how many more there are."""
    if getattr(request, "access_key", None):
        return [{"id": request.access_key, "name": getattr(request, "label", None) or ""}], {}
    fields = {**_TABLES, "ids": _IDS.get(endpoint.partition(".")[0], "tasks")}
    for name, table in fields.items():
        given = getattr(request, name, None)
        if given:
            ids = [given] if isinstance(given, str) else list(given)
            named = [{"id": id, "name": _name(store, table, id)} for id in ids[: audit.MOST_NAMED]]
            if endpoint == "projects.set_access":
                named.append({"id": request.user, "name": _name(store, "users", request.user)})
            return named, {"more": len(ids) - audit.MOST_NAMED} if len(ids) > audit.MOST_NAMED else {}
    return [], {}


def _name(store: Store, table: str, id: str) -> str:
    found = store.users.get(id) if table == "users" else getattr(store, table).get(id, ("name",))
    return str((found or {}).get("name") or "")


def _made(request: Any, answer: dict[str, Any]) -> list[dict[str, str]]:
    """What did not exist before."""
    key = answer.get("credentials")
    if isinstance(key, dict):
        return [{"id": key.get("access_key", ""), "name": key.get("label") or ""}]
    if isinstance(answer.get("id"), str):
        return [{"id": answer["id"], "name": getattr(request, "name", None) or ""}]
    return []


def _told(request: Any) -> dict[str, Any]:
    given = request.given() if hasattr(request, "given") else {}
    told = {name: value for name, value in given.items() if name in _TOLD and value is not None}
    hidden = sorted(
        name for name, value in given.items() if name in ("password", "aws", "google", "azure") and value
    )
    return {**told, **({"changed": hidden} if hidden else {})}


def _counts(answer: dict[str, Any]) -> dict[str, int]:
    """The numbers in an answer: how many were deleted, updated, revoked."""
    return {name: value for name, value in answer.items() if type(value) is int and value}


def _acting(call: Call) -> dict[str, str]:
    """Who it really was that acted for somebody else."""
    if call.identity is None or not call.headers.get(ACT_AS):
        return {}
    users = call.store.users
    identity = call.identity
    real = (
        users.identity_of_key(identity.key) if identity.key else users.identity_of_session(identity.session)
    )
    return {"acting": real.name} if real and real.user != identity.user else {}
