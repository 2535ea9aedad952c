"""Rules of users: names are unique, one admin always remains, a password or role change ends sessions."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any

from server.api import limits
from server.api.call import ROLES, Call, Identity
from server.api.errors import (
    InvalidId,
    InvalidPreferences,
    InvalidUserId,
    NotAllowedForRole,
    UserExists,
    UserIdExists,
    ValidationFailed,
)
from server.domain.users import passwords
from server.store import Store
from server.store.database import patterns

COMPANY_NAME = "Soundyard"
_SHOWN = ("id", "name", "given_name", "family_name", "avatar", "email", "role", "created")


def existing(store: Store, user: str) -> dict[str, Any]:
    """Raises: InvalidUserId."""
    found = store.users.get(user)
    if found is None:
        raise InvalidUserId(user=user)
    return found


def require_company(call: Call, company: str | None, field: str) -> None:
    """Raises: InvalidId for another company than the one there is."""
    if company and company != call.company:
        raise InvalidId(f"there is one company, {call.company}", **{field: company[:100]})


def shown(user: dict[str, Any]) -> dict[str, Any]:
    """A user as the API shows it: never the password's hash, never another's preferences."""
    answer = {name: user[name] for name in _SHOWN}
    return {**answer, "company": {"id": user["company"], "name": COMPANY_NAME}}


def found(
    store: Store, ids: list[str] | str | None, name: str | None, only_fields: list[str] | str | None
) -> list[dict[str, Any]]:
    """Users by id and by a regular expression on the name, reduced to the fields asked for (and the id).

    Raises:
        ValidationFailed: a pattern that can't be read, or takes too long.
    """
    wanted = [ids] if isinstance(ids, str) else ids
    pattern = patterns.checked(name) if name else None
    try:
        listed = [
            shown(user)
            for user in store.users.all()
            if (not wanted or user["id"] in wanted)
            and (not pattern or patterns.matches(pattern, user["name"]))
        ]
    except TimeoutError as fault:
        raise ValidationFailed("the pattern takes too long to match") from fault
    if not only_fields:
        return listed
    asked = [only_fields] if isinstance(only_fields, str) else only_fields
    heads = {"id", *(field.partition(".")[0] for field in asked)}
    return [{key: value for key, value in user.items() if key in heads} for user in listed]


def create(store: Store, now: datetime, *, name: str, role: str, password: str | None, **fields: Any) -> str:
    """Returns: the new user's id.

    Raises:
        UserExists, UserIdExists: the name or the id is taken. ValidationFailed: no such role; an unfit password.
    """
    _require_role(role)
    name = name.strip()
    if not name or ":" in name:
        raise ValidationFailed("a user's name is not empty and has no colon (HTTP Basic splits there)")
    wanted = fields.pop("id", None)
    if store.users.by_name(name):
        raise UserExists(name=name)
    if wanted and store.users.get(wanted):
        raise UserIdExists(id=wanted)
    user = store.users.create(name, role, now, passwords.hashed(password) if password else None, wanted)
    given = {key: value for key, value in fields.items() if value is not None}
    if given:
        store.users.update(user, given)
    return user


def update(store: Store, caller: Identity, user: str, fields: dict[str, Any]) -> int:
    """Returns: users changed (0 or 1).

    Raises:
        NotAllowedForRole: somebody else's data, or a role, and the caller is no admin.
        ValidationFailed: no such role; an unfit password; the last admin would be gone.
    """
    if not caller.may("admin") and (user != caller.user or "role" in fields):
        raise NotAllowedForRole("others' data and all roles are an admin's to change")
    existing(store, user)
    changes = dict(fields)
    if "name" in changes and (other := store.users.by_name(changes["name"])) and other["id"] != user:
        raise UserExists(name=changes["name"])
    if "role" in changes:
        set_role(store, user, changes.pop("role"))
    if "password" in changes:
        set_password(store, user, changes.pop("password"), keep_session=caller.session)
    if changes:
        store.users.update(user, changes)
    return int(bool(fields))


def set_role(store: Store, user: str, role: str) -> None:
    """It counts from the next call on. Raises: ValidationFailed: no such role, or the last admin would be gone."""
    _require_role(role)
    _require_an_admin_left(store, existing(store, user), role)
    store.users.update(user, {"role": role})


def set_password(store: Store, user: str, password: str, keep_session: str = "") -> None:
    """Sign the user's browsers out, except for this session. Raises: ValidationFailed for an unfit password."""
    store.users.update(user, {"password": passwords.hashed(password)})
    store.users.close_sessions(user, but=keep_session)


def delete(store: Store, user: str) -> None:
    """Raises: InvalidUserId. ValidationFailed: this is the last admin."""
    _require_an_admin_left(store, existing(store, user), "")
    store.users.delete(user)


def with_preferences(current: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`changes` maps paths ("a.b") to values; each replaces whatever the path named before.

    Raises:
        InvalidPreferences: a part of a path is empty, or leads through something that is no object.
    """
    answer = copy.deepcopy(current)
    for path, value in changes.items():
        limits.require_name(path, "a path")
        *parents, last = path.split(".")
        place = answer
        for part in parents:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise InvalidPreferences(f"{part!r} in {path!r} is no object")
        if not all([*parents, last]):
            raise InvalidPreferences(f"a part of {path!r} is empty")
        place[last] = value
    limits.require_shallow(answer)
    return answer


def _require_role(role: str) -> None:
    if role not in ROLES:
        raise ValidationFailed(f"role is one of {', '.join(ROLES)}, not {role!r}")


def _require_an_admin_left(store: Store, user: dict[str, Any], new_role: str) -> None:
    if user["role"] != "admin" or new_role == "admin":
        return
    if not any(one["role"] == "admin" and one["id"] != user["id"] for one in store.users.all()):
        raise ValidationFailed("this is the last admin: make another one first")
