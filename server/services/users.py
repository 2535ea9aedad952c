"""`users.*`: who works with this server."""

from __future__ import annotations

from typing import Any

from server.api.call import Call
from server.api.errors import InvalidUserId
from server.api.registry import endpoint
from server.api.request import Nothing, Request
from server.domain.users import users


class OfUser(Request):
    user: str


@endpoint("users.get_current_user", Nothing, role="viewer")
def get_current_user(call: Call, request: Nothing) -> dict[str, Any]:
    """Who calls."""
    user = users.existing(call.store, call.user)
    return {
        "user": users.shown(user),
        "getting_started": None,
        "settings": {"max_download_items": "1000"},
    }


@endpoint("users.get_by_id", OfUser, role="viewer")
def get_by_id(call: Call, request: OfUser) -> dict[str, Any]:
    """One user."""
    return {"user": users.shown(users.existing(call.store, request.user))}


class GetAll(Request):
    id: list[str] | str | None = None
    name: str | None = None
    only_fields: list[str] | str | None = None
    active_in_projects: list[str] | None = None


@endpoint("users.get_all", GetAll, role="viewer")
def get_all(call: Call, request: GetAll) -> dict[str, Any]:
    """Users by id or name; `active_in_projects` keeps those who have tasks or models there."""
    return {"users": _found(call, request)}


@endpoint("users.get_all_ex", GetAll, role="viewer")
def get_all_ex(call: Call, request: GetAll) -> dict[str, Any]:
    """The same, as the web page asks for it."""
    return {"users": _found(call, request)}


def _found(call: Call, request: GetAll) -> list[dict[str, Any]]:
    listed = users.found(call.store, request.id, request.name, request.only_fields)
    if request.active_in_projects is not None:
        active = call.store.users.active_in(request.active_in_projects)
        listed = [user for user in listed if user["id"] in active]
    return listed


# Preferences: whatever a web page wants to keep for a person


@endpoint("users.get_preferences", Nothing, role="viewer")
def get_preferences(call: Call, request: Nothing) -> dict[str, Any]:
    """The caller's preferences."""
    return {"preferences": users.existing(call.store, call.user)["preferences"]}


class SetPreferences(Request):
    preferences: dict[str, Any]


@endpoint("users.set_preferences", SetPreferences, role="viewer")
def set_preferences(call: Call, request: SetPreferences) -> dict[str, Any]:
    """Set some of the caller's preferences: `{"a.b": 1}` sets `b` in `a`, and replaces what was there."""
    with call.store.transaction():
        current = users.existing(call.store, call.user)["preferences"]
        merged = users.with_preferences(current, request.preferences)
        if merged == current:
            return {"updated": 0, "fields": {}}
        updated = call.store.users.update(call.user, {"preferences": merged})
    return {"updated": updated, "fields": {"preferences": merged}}


# Management


class Create(Request):
    id: str | None = None
    name: str
    given_name: str | None = None
    family_name: str | None = None
    avatar: str | None = None
    email: str | None = None
    role: str = "user"
    password: str | None = None


@endpoint("users.create", Create, role="admin")
def create(call: Call, request: Create) -> dict[str, Any]:
    """A new user. With a `password` it can sign in; with none it works by access keys alone."""
    with call.store.transaction():
        user = users.create(call.store, call.now, **request.model_dump())
    return {"id": user}


class Update(OfUser):
    name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    avatar: str | None = None
    email: str | None = None
    role: str | None = None
    password: str | None = None


@endpoint("users.update", Update, role="viewer")
def update(call: Call, request: Update) -> dict[str, Any]:
    """Change a user: oneself, or anybody as an admin. A role is an admin's to give."""
    fields = {key: value for key, value in request.given(exclude={"user"}).items() if value is not None}
    assert call.identity is not None
    with call.store.transaction():
        updated = users.update(call.store, call.identity, request.user, fields)
    fields.pop("password", None)
    return {"updated": updated, "fields": fields}


@endpoint("users.delete", OfUser, role="admin")
def delete(call: Call, request: OfUser) -> dict[str, Any]:
    """Remove a user with keys and sessions: all of them stop working at once. What was made stays."""
    with call.store.transaction():
        users.delete(call.store, request.user)
    return {"deleted": 1}


class CreateUser(Request):
    name: str
    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None
    role: str = "user"
    password: str | None = None


@endpoint("auth.create_user", CreateUser, role="admin")
def create_user(call: Call, request: CreateUser) -> dict[str, Any]:
    """A new user, under the name the older API has for it."""
    with call.store.transaction():
        return {"id": users.create(call.store, call.now, **request.model_dump())}


class EditUser(OfUser):
    role: str | None = None


@endpoint("auth.edit_user", EditUser, role="admin")
def edit_user(call: Call, request: EditUser) -> dict[str, Any]:
    """Change a user's role."""
    assert call.identity is not None
    fields = {"role": request.role} if request.role else {}
    with call.store.transaction():
        if not call.store.users.get(request.user):
            raise InvalidUserId(user=request.user)
        updated = users.update(call.store, call.identity, request.user, fields) if fields else 0
    return {"updated": updated, "fields": fields}
