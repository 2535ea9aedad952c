"""`alerts.*`: rules, the channels that their messages go to, and what became of each. Not in ClearML's API."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from server.api.call import Call
from server.api.errors import InvalidId, ValidationFailed
from server.api.registry import endpoint
from server.api.request import Nothing, Request
from server.domain.alerts import channels, rules, sending
from server.store.database import times

_Short = Field(max_length=200)


@endpoint("alerts.get_all", Nothing, role="admin")
def get_all(call: Call, request: Nothing) -> dict[str, Any]:
    """The rules, and the channels without their secrets. Not in ClearML's API."""
    found = call.store.alerts.rules()
    return {
        "rules": [{**one.pop("condition"), **one} for one in found],
        "channels": [channels.shown(one) for one in call.store.alerts.channels()],
    }


class SetRule(Request):
    """`id`: of a rule that is changed."""

    id: str | None = None
    name: str = _Short
    enabled: bool = True
    kind: Literal["status", "metric", "queue", "worker", "disk"]
    channels: list[str] = Field(default_factory=list)
    desktop: bool = False
    project: str | None = None
    tag: str | None = None
    statuses: list[str] | None = None
    metric: str | None = None
    variant: str | None = None
    comparison: Literal["below", "above"] | None = None
    value: float | None = None
    ended: bool = False
    queue: str | None = None
    minutes: float | None = None
    free_gb: float | None = None


@endpoint("alerts.set_rule", SetRule, role="admin")
def set_rule(call: Call, request: SetRule) -> dict[str, Any]:
    """Make a rule, or change one; it counts from now on. Not in ClearML's API."""
    alerts = call.store.alerts
    with call.store.transaction():
        if request.id is not None and not any(one["id"] == request.id for one in alerts.rules()):
            raise InvalidId(f"there is no alert rule {request.id!r}")
        unknown = set(request.channels) - {one["id"] for one in alerts.channels()}
        if unknown:
            raise ValidationFailed(f"there is no channel {', '.join(sorted(unknown))}")
        if not request.name.strip():
            raise ValidationFailed("name: what the rule is called")
        condition = rules.checked(call.store, request.kind, request.model_dump())
        told = request.model_dump(include={"name", "enabled", "kind", "channels", "desktop"})
        return {"id": alerts.set_rule(request.id, call.now, {**told, "condition": condition})}


class ById(Request):
    id: str


@endpoint("alerts.delete_rule", ById, role="admin")
def delete_rule(call: Call, request: ById) -> dict[str, Any]:
    """Delete a rule, with what it has told. Not in ClearML's API."""
    with call.store.transaction():
        return {"deleted": call.store.alerts.delete_rule(request.id)}


class SetChannel(Request):
    """`id`: of a channel that is changed; secrets (url, secret, password) that are not given stay as they are."""

    id: str | None = None
    name: str = _Short
    kind: Literal["json", "slack", "discord", "feishu", "mail"]
    url: str | None = None
    secret: str | None = None
    host: str | None = None
    port: int | None = Field(None, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] | None = None
    user: str | None = None
    password: str | None = None
    sender: str | None = None
    recipients: list[str] | None = Field(None, max_length=50)


@endpoint("alerts.set_channel", SetChannel, role="admin")
def set_channel(call: Call, request: SetChannel) -> dict[str, Any]:
    """Make a channel, or change one. Not in ClearML's API."""
    alerts = call.store.alerts
    with call.store.transaction():
        before = alerts.channel(request.id) if request.id is not None else None
        if request.id is not None and before is None:
            raise InvalidId(f"there is no channel {request.id!r}")
        name = request.name.strip()
        if not name or any(one["name"] == name and one["id"] != request.id for one in alerts.channels()):
            raise ValidationFailed("name: what the channel is called; each has another name")
        kept = before["address"] if before and before["kind"] == request.kind else None
        address = channels.checked(request.kind, request.model_dump(), kept)
        return {"id": alerts.set_channel(request.id, name, request.kind, address)}


@endpoint("alerts.delete_channel", ById, role="admin")
def delete_channel(call: Call, request: ById) -> dict[str, Any]:
    """Delete a channel, with the deliveries to it. Not in ClearML's API."""
    with call.store.transaction():
        for rule in call.store.alerts.rules():
            if request.id in rule["channels"]:
                raise ValidationFailed(f"the rule {rule['name']!r} uses this channel: change the rule first")
        return {"deleted": call.store.alerts.delete_channel(request.id)}


@endpoint("alerts.test_channel", ById, role="admin")
def test_channel(call: Call, request: ById) -> dict[str, Any]:
    """Send a message through a channel now; says whether that went well, or why not. Not in ClearML's API."""
    channel = call.store.alerts.channel(request.id)
    if channel is None:
        raise InvalidId(f"there is no channel {request.id!r}")
    alert = sending.Alert(
        "Test", times.text(call.now), "Test of Soundyard's alerts", channel["name"], call.settings.url
    )
    try:
        sending.send(channel, [alert], call.now)
    except sending.NotSent as fault:
        return {"sent": False, "error": str(fault)}
    return {"sent": True, "error": ""}


class GetDeliveries(Request):
    page: int = Field(0, ge=0, le=1_000_000)
    page_size: int = Field(50, ge=1, le=500)


@endpoint("alerts.get_deliveries", GetDeliveries, role="admin")
def get_deliveries(call: Call, request: GetDeliveries) -> dict[str, Any]:
    """What was sent, waits, or failed and why; the newest first. Not in ClearML's API."""
    found, total = call.store.alerts.deliveries(request.page, request.page_size)
    return {"deliveries": found, "total": total}


class Retry(Request):
    delivery: int


@endpoint("alerts.retry", Retry, role="admin")
def retry(call: Call, request: Retry) -> dict[str, Any]:
    """Have a delivery that was not made tried anew, at once. Not in ClearML's API."""
    with call.store.transaction():
        return {"updated": call.store.alerts.again(request.delivery, call.now)}


class GetRecent(Request):
    after: int = Field(0, ge=0, lt=2**63)
    """The number of the newest that is known."""
    limit: int = Field(20, ge=1, le=100)


@endpoint("alerts.get_recent", GetRecent, role="viewer")
def get_recent(call: Call, request: GetRecent) -> dict[str, Any]:
    """What rules tell to who looks at the page, of what the caller may see. Not in ClearML's API."""
    return {"events": call.store.alerts.recent(request.after, request.limit)}
