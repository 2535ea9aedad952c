"""Which task is meant: by its id, by the beginning of one, or by its name."""

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from audio.named import printable
from soundyard.tracked.client import call
from soundyard.tracked.rows import FIELDS, WORDS
from tasks.client.names import TEMPLATE_TAG
from tasks.errors import NothingThere, SoundyardError

SHORTEST = 4  # letters of an id that are enough, when no other begins so
SOME = 5  # that are named in a message
KNOWN = 500  # names that are looked through for one that is near
TOLD = ("id", "name", "status", "tags", "parent")  # what has to be known of each
NEWEST: dict[str, Any] = {"order_by": ["-last_update"], "search_hidden": True}


class Ambiguous(SoundyardError):
    """Several tasks are called so."""


def tasks(named: Sequence[str], fields: Sequence[str] = FIELDS) -> list[dict[str, Any]]:
    """The tasks that are meant, in order, each once. Raises NothingThere, Ambiguous."""
    found = [task(one, fields) for one in named]
    return list({one["id"]: one for one in found}.values())


def task(named: str, fields: Sequence[str] = FIELDS, *, template: bool = False) -> dict[str, Any]:
    """The task that is meant. Where a template and others have a name, it is no template, or with `template` just that.

    Raises:
        NothingThere, Ambiguous: none is meant, or several are.
    """
    wanted = {"only_fields": [*{*fields, *TOLD}], "page": 0, "page_size": SOME + 2, **NEWEST}
    for query in _queries(named.strip()):
        found = call("tasks.get_all_ex", **query, **wanted)["tasks"]
        alike = [one for one in found if _is_template(one) == template] or found
        if len(alike) == 1:
            return dict(alike[0])
        if found:
            raise Ambiguous(_several(named, alike))
    raise NothingThere(_nothing(named))


def _is_template(one: dict[str, Any]) -> bool:
    return TEMPLATE_TAG in (one.get("tags") or []) and not one.get("parent")


def _queries(named: str) -> Iterable[dict[str, Any]]:
    if re.fullmatch(r"[0-9a-f]{32}", named):
        yield {"id": [named]}
    elif re.fullmatch(rf"[0-9a-f]{{{SHORTEST},31}}", named):
        yield {"_any_": {"pattern": f"^{named}", "fields": ["id"]}}
    if named:
        yield {"name": f"^{re.escape(named)}$"}


def _several(named: str, found: Sequence[dict[str, Any]]) -> str:
    lines = [
        f"  {one['id']}  {WORDS.get(one['status'], one['status'])}  {printable(one['name'])}"
        for one in found[:SOME]
    ]
    more = "\n  …" if len(found) > SOME else ""
    return (
        f"Several tasks are meant by {named!r}; give one of their ids, or the beginning of it:\n"
        + "\n".join(lines)
        + more
    )


def _nothing(named: str) -> str:
    known = call("tasks.get_all_ex", only_fields=["id", "name"], page=0, page_size=KNOWN, **NEWEST)["tasks"]
    near = get_close_matches(named, list(dict.fromkeys(one["name"] for one in known)), 3)
    if near:
        return f"There is no task {named!r}. Did you mean {' or '.join(map(repr, near))}?"
    newest = ", ".join(dict.fromkeys(repr(one["name"]) for one in known[: 2 * SOME]))
    there = f" The newest are {newest}." if newest else " There is no task at all."
    return f"There is no task {named!r}: neither an id, nor the beginning of one, nor a name.{there}"


def project(name: str) -> str:
    """The id of a project. Raises NothingThere."""
    fields = {"only_fields": ["id", "name"], "search_hidden": True}
    found = call("projects.get_all_ex", name=f"^{re.escape(name)}$", **fields)["projects"]
    if found:
        return str(found[0]["id"])
    known = [
        one["name"] for one in call("projects.get_all_ex", page=0, page_size=KNOWN, **fields)["projects"]
    ]
    raise NothingThere(unknown("project", name, known))


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """A sentence on what is not there, with what is near, or with what there is."""
    there = sorted(set(known))
    near = get_close_matches(name, there, 1) or [one for one in there if one.lower() == name.lower()]
    if near:
        return f"There is no {kind} {name!r}. Did you mean {near[0]!r}?"
    listed = ", ".join(there[:20]) + (", …" if len(there) > 20 else "")
    return f"There is no {kind} {name!r}. There are: {listed or 'none'}."
