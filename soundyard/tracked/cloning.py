"""`soundyard tasks clone`: a copy with edited parameters, as a draft or on a queue."""

import argparse
import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from difflib import get_close_matches
from typing import Any

from audio.parameters.parameter import NO_LIMIT, Declared, Kind, wrong_with
from soundyard import completion
from soundyard.tracked import acting
from soundyard.tracked.client import call, connect
from soundyard.tracked.finding import project, task, unknown
from soundyard.tracked.output import plain, print_json
from tasks.arguments import schema
from tasks.arguments.parameters import SECTION, read
from tasks.client import names
from tasks.errors import BadParameter

NAME, ABOUT = "clone", "a copy with edited parameters, as a draft or on a queue"
FIELDS = [
    *("id", "name", "status", "project.id", "tags", "hyperparams", f"configuration.{schema.NAME}"),
    "execution.queue.id",
]
BASES = {word: base for base, word in schema.TYPES.items()}

Hyperparams = dict[str, dict[str, dict[str, Any]]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    completion.takes_tasks(parser, "id, the beginning of one, or a name")
    parser.add_argument(
        "edits", nargs="*", metavar="NAME=VALUE", help="Args/lr=0.1, or lr=0.1 where that is clear"
    )
    parser.add_argument("--name", help="of the copy (Clone of …)")
    completion.by(
        parser.add_argument("--project", metavar="NAME", help="of the copy (the same)"), completion.projects
    )
    completion.by(
        parser.add_argument("--queue", metavar="NAME", help="put it on this queue"), completion.queues
    )
    parser.add_argument(
        "--new", action="store_true", help="let an edit add a parameter that the task does not have"
    )
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(args: argparse.Namespace) -> int:
    connect()
    found = task(args.task, FIELDS, template=True)
    edits = edited(found, args.edits, new=args.new)
    queue = acting.queue_of(args.queue) if args.queue else None
    target = project(args.project) if args.project else (found.get("project") or {}).get("id")
    name = args.name or f"Clone of {found['name']}"
    made = clone(found, edits, name, target)
    done = acting.enqueue({**found, "id": made}, queue) if queue else "is a draft"
    if args.json:
        print_json({"id": made, "name": name, "done": done})
    else:
        print(f"{plain(name)} ({made}) {done}")
    return 0


def clone(found: Mapping[str, Any], hyperparams: Hyperparams | None, name: str, target: str | None) -> str:
    """The id of a copy. Raises Refused."""
    more = {"new_task_hyperparams": hyperparams} if hyperparams is not None else {}
    tags = [one for one in found.get("tags") or [] if one != names.TEMPLATE_TAG]
    made = call(
        "tasks.clone", task=found["id"], new_task_name=name, new_task_project=target, new_task_parent=found["id"],
        new_task_tags=tags, **more,
    )  # fmt: skip
    return str(made["id"])


def edited(found: Mapping[str, Any], edits: Sequence[str], *, new: bool = False) -> Hyperparams | None:
    """The parameters with the edits in them; None without edits. Raises BadParameter, for all that is wrong."""
    return _with_changes(found, edits, new)[0] if edits else None


def changes(found: Mapping[str, Any], edits: Sequence[str], *, new: bool = False) -> dict[str, str]:
    """The edits alone: `Args/lr` → its text. Raises BadParameter, for all that is wrong."""
    return _with_changes(found, edits, new)[1]


def _with_changes(
    found: Mapping[str, Any], edits: Sequence[str], new: bool
) -> tuple[Hyperparams, dict[str, str]]:
    there: Hyperparams = deepcopy(found.get("hyperparams") or {})
    rules = _rules(found)
    wrong, made = [], {}
    for edit in edits:
        try:
            made[_edit(there, edit, rules, new)] = edit.partition("=")[2]
        except BadParameter as fault:
            wrong.append(str(fault))
    if wrong:
        raise BadParameter("\n       ".join(wrong))
    return there, made


def _edit(there: Hyperparams, edit: str, rules: Mapping[str, Any], new: bool) -> str:
    """Gives which one it was."""
    path, equals, value = edit.partition("=")
    if not equals or not path:
        raise BadParameter(f"{edit!r} is no edit; write NAME=VALUE, such as Args/lr=0.1")
    section, name = _place(there, path, new)
    if section == SECTION and name in rules and (said := _problem(f"{section}/{name}", value, rules[name])):
        raise BadParameter(said)
    kept = there.setdefault(section, {}).setdefault(
        name, {"section": section, "name": name, "type": "", "description": ""}
    )
    kept["value"] = value
    return f"{section}/{name}"


def _place(there: Hyperparams, path: str, new: bool) -> tuple[str, str]:
    """Section and name; a name alone is looked for in all sections. Raises BadParameter."""
    section, slash, name = path.partition("/")
    if slash and (new or name in there.get(section, {})):
        return section, name
    inside = [one for one, names_in in there.items() if path in names_in]
    if len(inside) == 1:
        return inside[0], path
    if inside:
        raise BadParameter(f"{path!r} is in several sections: {', '.join(f'{one}/{path}' for one in inside)}")
    known = [f"{one}/{name}" for one, names_in in there.items() for name in names_in]
    bare = {one.partition("/")[2]: one for one in known}
    near = [] if slash else get_close_matches(path, bare, 1)
    said = (
        f"There is no parameter {path!r}. Did you mean {bare[near[0]]!r}?"
        if near
        else unknown("parameter", path, known)
    )
    raise BadParameter(said + ("" if new else " --new adds one."))


def _rules(found: Mapping[str, Any]) -> dict[str, Any]:
    """What the parameters may be, as the task itself tells it; empty for a task that is not ours."""
    kept = (found.get("configuration") or {}).get(schema.NAME) or {}
    try:
        return dict(json.loads(kept.get("value") or "{}").get("properties") or {})
    except (ValueError, AttributeError):
        return {}


def _types(rule: Mapping[str, Any]) -> list[str]:
    """The types that a property may have: a schema tells one as it is, and several as a list."""
    told = rule.get("type")
    return [str(one) for one in told] if isinstance(told, list) else [str(told)]


def _problem(name: str, text: str, rule: Mapping[str, Any]) -> str:
    """What is wrong with a text, by a property of the task's schema; empty when nothing is."""
    types = _types(rule)
    many = "array" in types
    one = rule.get("items", {}) if many else rule
    base = BASES[next((word for word in _types(one) if word in BASES), "string")]
    kind = Kind(base, "null" in types, many)
    allowed = Declared(
        low=one.get("minimum", -NO_LIMIT),
        high=one.get("maximum", NO_LIMIT),
        choices=tuple(one.get("enum") or ()),
    )
    try:
        return wrong_with(name, read(text, kind), allowed, kind)
    except ValueError as fault:
        return f"{name}: {fault}"
